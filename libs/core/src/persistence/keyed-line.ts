/** Runs tasks of one key one after another, in the order of the calls, and those of different keys side by side. */
export class KeyedLine {
  private readonly tails = new Map<string, Promise<unknown>>();

  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    const result = before === undefined ? task() : before.then(task);
    const tail: Promise<void> = result.then(
      () => this.leave(key, tail),
      () => this.leave(key, tail), // the line goes on after a failure
    );
    this.tails.set(key, tail);
    return result;
  }

  private leave(key: string, tail: Promise<void>): void {
    if (this.tails.get(key) === tail) this.tails.delete(key);
  }
}
