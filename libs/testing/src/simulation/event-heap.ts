/** Something that will happen at a virtual time. */
export interface Queued {
  readonly at: number;
  /** Decides between events of one time; then the order of scheduling does. */
  readonly tie: number;
  readonly seq: number;
}

/** A binary heap of events, earliest first. */
export class EventHeap<E extends Queued> {
  private readonly items: E[] = [];

  get size(): number {
    return this.items.length;
  }

  peek(): E | undefined {
    return this.items[0];
  }

  push(item: E): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, items[parent] as E)) break;
      items[at] = items[parent] as E;
      at = parent;
    }
    items[at] = item;
  }

  pop(): E | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1] as E, items[child] as E)) child++;
      if (!isBefore(items[child] as E, last)) break;
      items[at] = items[child] as E;
      at = child;
    }
    items[at] = last;
    return first;
  }

  *[Symbol.iterator](): IterableIterator<E> {
    yield* this.items;
  }
}

function isBefore(a: Queued, b: Queued): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.tie === b.tie ? a.seq < b.seq : a.tie < b.tie;
}
