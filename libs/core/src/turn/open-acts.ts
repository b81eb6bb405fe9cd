/** Counts the acts of a turn that are under way: their outcomes are recorded even if nobody awaits them. */
export class OpenActs {
  count = 0;
  private whenNone: (() => void) | null = null;

  /** Resolves when none is under way. */
  settled(): Promise<void> {
    return this.count === 0 ? Promise.resolve() : new Promise((resolve) => (this.whenNone = resolve));
  }

  oneSettled(): void {
    if (--this.count > 0) return;
    const resolve = this.whenNone;
    this.whenNone = null;
    resolve?.();
  }
}
