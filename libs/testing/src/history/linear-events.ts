/** An operation was sent, or its outcome was known. */
export interface LinearEvent {
  readonly isReturn: boolean;
  readonly index: number;
}

interface Timed {
  readonly invoked: number;
  readonly ended: number | null;
  readonly isOptional: boolean;
  readonly rank: number | null;
}

/** In the order of time. What happened at the same time was concurrent. What must have taken effect by the end returns there. */
export function eventsOf(operations: readonly Timed[]): LinearEvent[] {
  const events: (LinearEvent & { readonly time: number })[] = [];
  operations.forEach(({ invoked, ended, isOptional }, index) => {
    events.push({ isReturn: false, index, time: invoked });
    if (ended !== null || !isOptional) events.push({ isReturn: true, index, time: ended ?? Infinity });
  });
  return events.sort((a, b) => compare(a.time, b.time) || Number(a.isReturn) - Number(b.isReturn) || a.index - b.index);
}

/** Index of the event at which each operation was sent. */
export function callsOf(events: readonly LinearEvent[], count: number): number[] {
  const calls = new Array<number>(count).fill(0);
  events.forEach(({ isReturn, index }, at) => {
    if (!isReturn) calls[index] = at;
  });
  return calls;
}

/** By rank; those without one after the others, in the order in which their outcomes were known. */
export function compareGuess(a: Timed, b: Timed): number {
  return (
    compare(a.rank ?? Infinity, b.rank ?? Infinity) ||
    compare(a.ended ?? Infinity, b.ended ?? Infinity) ||
    compare(a.invoked, b.invoked)
  );
}

/** `Infinity - Infinity` is not 0. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A set of operations, most of which lie in one row from the first: a good guess is placed in its own order. */
export class PlacedWrites {
  constructor(
    /** All below are in. */
    readonly from: number,
    /** In as well, rising. */
    private readonly others: readonly number[],
    private readonly isSkipped: (index: number) => boolean,
  ) {}

  get key(): string {
    return `${this.from}:${this.others.join()}`;
  }

  has(index: number): boolean {
    return index < this.from || this.others.includes(index);
  }

  with(index: number): PlacedWrites {
    const others = [...this.others, index].sort((a, b) => a - b);
    let { from } = this;
    for (; others[0] === from || this.isSkipped(from); from++) if (others[0] === from) others.shift();
    return new PlacedWrites(from, others, this.isSkipped);
  }
}
