/** The acts of a turn that are under way: their outcomes are recorded even if nobody awaits them. */
export class OpenActs {
  count = 0;
  /** An act came to nothing, so the turn cannot succeed (U5). */
  lost: { readonly error: unknown } | null = null;
  private readonly hanging: ((error: unknown) => void)[] = [];
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

  /** Whoever waits for that act hears nothing while the turn runs: what it did then would be a path without a record. */
  lose(error: unknown, reject: (error: unknown) => void): void {
    this.lost ??= { error };
    this.hanging.push(reject);
  }

  /** The turn is over, and nothing that is done now counts: handlers and facets get to their `finally`. */
  release(): void {
    for (const reject of this.hanging) reject(this.lost?.error);
    this.hanging.length = 0;
  }
}
