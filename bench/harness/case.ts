/** Named numbers that one run of a case yields. The unit is part of the name: `opsPerSecond`, `p50Ms`, `bytesPerActor`. */
export type Figures = Readonly<Record<string, number>>;

/** What a case is given. */
export interface Bench {
  /** A folder of its own on the disk of the repository, removed afterwards. */
  readonly folder: string;
  /** How often to do something that a full run does `full` times; at least `least`. */
  times(full: number, least?: number): number;
}

/** Runs alone in a process of its own; whatever it warms up or leaves behind disturbs no other case. */
export type Case = (bench: Bench) => Promise<Figures>;

export function makeBench(folder: string, scale: number): Bench {
  return { folder, times: (full, least = 1) => Math.max(least, Math.round(full * scale)) };
}
