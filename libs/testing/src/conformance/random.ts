/** A seeded source of choices (mulberry32): the same seed, the same run, on any machine. */
export class Random {
  constructor(private state: number) {}

  /** 0 ≤ n < limit. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** `PLEXSPACES_SEED` repeats the run that printed it. */
export function seedOfRun(makeUp: () => number): number {
  const given = process.env['PLEXSPACES_SEED'];
  return given === undefined || given === '' ? makeUp() : Number(given);
}
