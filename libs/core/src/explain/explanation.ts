import type { ActorState } from '../runtime/lifecycle-events';

/**
 * What may keep an actor from moving.
 * Of the node: `standBy`, `stopping`, `storeFailing`, `commitUnknown`.
 * Of the actor: `notInMemory`, `absent`, `loading`, `terminated`, `failed`, `restarting`, `down`.
 * Of its line: `busy`, `waitsFor`, `effects`, `sleeps`, `retry`, `held`, `stalled`, `commit`, `queue`, `mailboxFull`.
 * Of what comes by itself: `timer`, `planned`, `delayed`, `due`. Of messages given up: `parked`. A contributor may have kinds of its own.
 * @publicApi
 */
export type CauseKind =
  | 'standBy'
  | 'stopping'
  | 'storeFailing'
  | 'commitUnknown'
  | 'notInMemory'
  | 'absent'
  | 'loading'
  | 'terminated'
  | 'failed'
  | 'restarting'
  | 'down'
  | 'busy'
  | 'waitsFor'
  | 'effects'
  | 'sleeps'
  | 'retry'
  | 'held'
  | 'stalled'
  | 'commit'
  | 'queue'
  | 'mailboxFull'
  | 'parked'
  | 'timer'
  | 'planned'
  | 'delayed'
  | 'due'
  | (string & {});

/** One cause: what is so, and what can be done about it. @publicApi */
export interface Cause {
  readonly kind: CauseKind;
  /** One sentence. */
  readonly says: string;
  /** What ends it: by itself, or what to do. */
  readonly remedy: string;
  /** The same in data: times are wall-clock milliseconds. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Why an actor is not moving, as far as this node can tell. Made by `ref.explain()`; printing it gives text for people. @publicApi */
export class Explanation {
  /** @internal */
  constructor(
    /** Encoded id. */
    readonly actor: string,
    readonly node: string,
    /** `null`: it could not be read. */
    readonly state: ActorState | null,
    /** Wall clock. */
    readonly at: number,
    /** Causes outside the actor first. None: nothing keeps it from taking a message. */
    readonly causes: readonly Cause[],
  ) {}

  /** The cause of this kind, if it is one. */
  cause(kind: CauseKind): Cause | undefined {
    return this.causes.find((cause) => cause.kind === kind);
  }

  toString(): string {
    const head = `${this.actor} on ${this.node}: ${this.state ?? 'state unknown'}`;
    if (this.causes.length === 0) return `${head}\n  Nothing keeps it from taking a message.`;
    const lines = this.causes.map(({ kind, says, remedy }) => `  ${kind}: ${says}\n    ${remedy}`);
    return [head, ...lines].join('\n');
  }
}
