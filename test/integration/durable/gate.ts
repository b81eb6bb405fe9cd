/** Holds whoever comes until it is opened, and tells when somebody has come: races are held open, never slept for. */
export class Gate {
  private isOpen = false;
  private count = 0;
  private readonly held: (() => void)[] = [];
  private readonly watchers: { readonly count: number; readonly tell: () => void }[] = [];

  /** How many came so far. */
  get arrivals(): number {
    return this.count;
  }

  pass(): Promise<void> {
    this.count++;
    for (const { count, tell } of this.watchers) if (this.count >= count) tell();
    if (this.isOpen) return Promise.resolve();
    return new Promise((resolve) => this.held.push(resolve));
  }

  /** Resolves when `count` have come. */
  reached(count = 1): Promise<void> {
    if (this.count >= count) return Promise.resolve();
    return new Promise((tell) => this.watchers.push({ count, tell }));
  }

  open(): void {
    this.isOpen = true;
    for (const go of this.held.splice(0)) go();
  }

  /** Lets the next `count` of those who wait go on. */
  release(count = 1): void {
    for (const go of this.held.splice(0, count)) go();
  }

  close(): void {
    this.isOpen = false;
  }
}

/** Lets everything that needs no clock and no disk run to its end. */
export async function settle(rounds = 30): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Looks again, turn by turn of the event loop, until it is so; the test's own time limit bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await settle(1);
}

/** The error a promise rejects with. */
export async function failureOf(outcome: Promise<unknown>): Promise<Error & { code?: string }> {
  return outcome.then(
    (value) => {
      throw new Error(`it resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as Error & { code?: string },
  );
}

/** For an outcome nobody waits for: its node dies first. */
export function abandoned(outcome: Promise<unknown>): void {
  outcome.catch(() => undefined);
}
