/** The same counters in one of the systems that are compared. */
export interface Counters {
  /** Adds to counter `key` and answers its value once that is durable. */
  add(key: number, by: number): Promise<number>;
  /** The same by an amount that is multiplied by the recorded outcome of an effect. */
  addRated(key: number, by: number): Promise<number>;
  /** Commits and fsyncs so far. */
  counts(): Promise<{ readonly commits?: number; readonly fsyncs?: number }>;
  close(): Promise<void>;
}

export const METHODS = ['add', 'addRated'] as const;
export const LOADS = [1, 50, 200] as const;

/** `add/50/opsPerSecond`, and so on. */
export type LoadFigure = `${(typeof METHODS)[number]}/${(typeof LOADS)[number]}/${LoadMeasure}`;

export type LoadMeasure = 'opsPerSecond' | 'p50Ms' | 'p99Ms' | 'commitsPerOp' | 'fsyncsPerOp';

/** What an effect yields: the same everywhere, so that sums can be checked. */
export const rate = (): Promise<number> => Promise.resolve(1);
