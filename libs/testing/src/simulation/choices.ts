/** Every random decision of a run, so that it can be replayed, and made tamer bit by bit until only what matters is left. */
export interface Choices {
  /** 0 ≤ result < bound. 0 is always the tamest choice: no fault, first in line, shortest wait. `label` names the decision, e.g. 'flush.failsApplied'. */
  below(bound: number, label: string): number;
  /** True with this probability; false is the tame choice. */
  chance(probability: number, label: string): boolean;
}

/** A decision that was not the tame one: the `rank`-th (from 0) under its label. */
export interface Decision {
  readonly label: string;
  readonly rank: number;
  readonly bound: number;
  readonly value: number;
}

interface Stream {
  state: number;
  rank: number;
  readonly kept: ReadonlyMap<number, number> | null;
}

const NONE: ReadonlyMap<number, number> = new Map();

/**
 * Choices from a seed. Each label has a stream of its own, so that one decision more or less under one label changes
 * nothing under the others: that is what keeps a run recognisable while it is being shrunk.
 *
 * With `kept` it replays: those decisions fall as given, every other one is the tame one.
 */
export class SeededChoices implements Choices {
  private readonly streams = new Map<string, Stream>();
  private readonly kept: Map<string, Map<number, number>> | null;

  constructor(
    readonly seed: number,
    private readonly onDecision: ((decision: Decision) => void) | null = null,
    kept: readonly Pick<Decision, 'label' | 'rank' | 'value'>[] | null = null,
  ) {
    this.kept = kept === null ? null : byLabel(kept);
  }

  below(bound: number, label: string): number {
    const stream = this.streams.get(label) ?? this.open(label);
    const rank = stream.rank++;
    const drawn = Math.floor(draw(stream) * bound);
    const value = stream.kept === null ? drawn : Math.min(stream.kept.get(rank) ?? 0, bound - 1);
    if (value !== 0 && this.onDecision !== null) this.onDecision({ label, rank, bound, value });
    return value;
  }

  chance(probability: number, label: string): boolean {
    const stream = this.streams.get(label) ?? this.open(label);
    const rank = stream.rank++;
    const drawn = draw(stream) < probability;
    const isSo = stream.kept === null ? drawn : (stream.kept.get(rank) ?? 0) !== 0;
    if (isSo && this.onDecision !== null) this.onDecision({ label, rank, bound: 2, value: 1 });
    return isSo;
  }

  private open(label: string): Stream {
    const kept = this.kept === null ? null : (this.kept.get(label) ?? NONE);
    const stream: Stream = { state: hashOf(this.seed, label), rank: 0, kept };
    this.streams.set(label, stream);
    return stream;
  }
}

/** One of a list; the first is the tame one. */
export function pick<T>(choices: Choices, from: readonly T[], label: string): T {
  return from[choices.below(from.length, label)] as T;
}

/** Randomness that is no decision: ids, jitter. Never shrunk. 0 ≤ x < 1. */
export function seededRandom(seed: number, purpose: string): () => number {
  const stream = { state: hashOf(seed, purpose) };
  return () => draw(stream);
}

/** mulberry32. */
function draw(stream: { state: number }): number {
  stream.state = (stream.state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(stream.state ^ (stream.state >>> 15), 1 | stream.state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** FNV-1a over the label, then over both halves of the seed. */
function hashOf(seed: number, label: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (seed >>> 0), 0x01000193);
  hash = Math.imul(hash ^ (Math.floor(seed / 2 ** 32) >>> 0), 0x01000193);
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
}

function byLabel(kept: readonly Pick<Decision, 'label' | 'rank' | 'value'>[]): Map<string, Map<number, number>> {
  const labels = new Map<string, Map<number, number>>();
  for (const { label, rank, value } of kept) {
    let ranks = labels.get(label);
    if (ranks === undefined) labels.set(label, (ranks = new Map()));
    ranks.set(rank, value);
  }
  return labels;
}
