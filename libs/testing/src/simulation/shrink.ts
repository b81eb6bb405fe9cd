import type { Decision } from './choices';

export type KeptDecision = Pick<Decision, 'label' | 'rank' | 'value'>;

export interface ShrinkOptions {
  /** Runs it may take. Default 400. */
  readonly maxRuns?: number;
}

/**
 * The fewest decisions with which the run still fails, each as tame as can be: first whole stretches of them are made
 * tame, then smaller ones, then what is left is brought nearer to the tame choice.
 */
export async function shrink<D extends KeptDecision>(
  decisions: readonly D[],
  stillFails: (kept: readonly D[]) => Promise<boolean>,
  { maxRuns = 400 }: ShrinkOptions = {},
): Promise<readonly D[]> {
  let left = maxRuns;
  const fails = async (kept: readonly D[]): Promise<boolean> => left-- > 0 && (await stillFails(kept));
  if (decisions.length === 0 || (await fails([]))) return [];
  const fewest = await dropChunks(decisions, fails, () => left > 0);
  return tame(fewest, fails);
}

/** Takes away stretches, halving their length whenever none of that length can go. */
async function dropChunks<D>(
  decisions: readonly D[],
  fails: (kept: readonly D[]) => Promise<boolean>,
  mayGoOn: () => boolean,
): Promise<readonly D[]> {
  let kept = decisions;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && mayGoOn(); ) {
    let isSmaller = false;
    for (let at = 0; at < kept.length && mayGoOn(); ) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await fails(rest)) {
        kept = rest;
        isSmaller = true;
      } else at += size;
    }
    if (size === 1 && !isSmaller) break;
    if (size > 1) size = Math.min(Math.ceil(size / 2), Math.max(1, Math.ceil(kept.length / 2)));
  }
  return kept;
}

/** Brings each value down: to 1 at once, else by halves. */
async function tame<D extends KeptDecision>(
  decisions: readonly D[],
  fails: (kept: readonly D[]) => Promise<boolean>,
): Promise<readonly D[]> {
  const kept = [...decisions];
  for (const [index, decision] of kept.entries()) {
    let low = 0; // known not to do, or 0
    let best = decision;
    for (let next = 1; next < best.value && next > low; next = low + Math.floor((best.value - low) / 2)) {
      const tried = { ...best, value: next };
      if (await fails(kept.map((other, i) => (i === index ? tried : other)))) best = tried;
      else low = next;
    }
    kept[index] = best;
  }
  return kept;
}
