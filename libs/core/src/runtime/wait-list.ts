import type { Waiter } from './message';

/** Those who wait for one thing to happen. Made when the first comes; each is told once. */
export class WaitList {
  private waiters: Waiter[] | null = null;

  wait(): Promise<void> {
    return new Promise((resolve, reject) =>
      (this.waiters ??= []).push({
        resolve: () => {
          resolve();
        },
        reject,
      }),
    );
  }

  resolve(): void {
    for (const waiter of this.take()) waiter.resolve(undefined);
  }

  reject(error: unknown): void {
    for (const waiter of this.take()) waiter.reject(error);
  }

  private take(): Waiter[] {
    const waiters = this.waiters ?? [];
    this.waiters = null;
    return waiters;
  }
}
