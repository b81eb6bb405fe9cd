/** What can expire: the earliest comes out first. A binary heap, so that a sweep costs what it removes. */
export class ExpiryQueue<T> {
  private readonly heap: { readonly at: number; readonly item: T }[] = [];

  add(at: number, item: T): void {
    const { heap } = this;
    let index = heap.push({ at, item }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.at(parent) <= this.at(index)) return;
      this.swap(parent, index);
      index = parent;
    }
  }

  /** @returns the earliest item with `at <= nowMs`, removed, or `undefined`. */
  take(nowMs: number): T | undefined {
    const { heap } = this;
    if (heap.length === 0 || this.at(0) > nowMs) return undefined;
    this.swap(0, heap.length - 1);
    const { item } = heap.pop() as { item: T };
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const smaller = this.at(left + 1) < this.at(left) ? left + 1 : left;
      if (this.at(index) <= this.at(smaller)) return item;
      this.swap(index, smaller);
      index = smaller;
    }
  }

  private at(index: number): number {
    return this.heap[index]?.at ?? Infinity;
  }

  private swap(a: number, b: number): void {
    const { heap } = this;
    [heap[a], heap[b]] = [heap[b] as (typeof heap)[number], heap[a] as (typeof heap)[number]];
  }
}
