import { type LinearEvent, PlacedWrites, callsOf, compareGuess, eventsOf } from './linear-events';

/** An operation on one object, as its clients saw it. */
export interface LinearOperation<S> {
  readonly name: string;
  /** When it was sent: it takes effect at some time after. */
  readonly invoked: number;
  /** When its outcome was known: it took effect before. `null`: at any time up to the end. */
  readonly ended: number | null;
  /** It may also never have taken effect; only such of unknown outcome. */
  readonly isOptional: boolean;
  /** It leaves the state as it is. */
  readonly isRead: boolean;
  /** Where a good guess puts it: operations are tried in this order first. It steers the search and decides nothing. `null`: no guess. */
  readonly rank: number | null;
  /** The state after it, as `{ state }`; `null` when the outcome its client saw does not fit. */
  apply(state: S): { readonly state: S } | null;
}

export interface LinearHistory<S> {
  readonly initial: S;
  readonly operations: readonly LinearOperation<S>[];
  /** Text that equal states share and others do not. */
  key(state: S): string;
  /** Configurations visited before the search gives up. Default: 200,000. */
  readonly maxConfigurations?: number;
}

export type Linearization<S> =
  | { readonly kind: 'linearizable'; readonly configurations: number }
  /** `name`: the operation that no order could explain; `state`: one that was reached before it. */
  | { readonly kind: 'violated'; readonly configurations: number; readonly name: string; readonly state: S }
  /** The search gave up. Whoever asked must take that for a failure. */
  | { readonly kind: 'unknown'; readonly configurations: number };

/**
 * Is there one order of all operations, each between its sending and its outcome, that gives every client what it saw?
 *
 * Wing and Gong's search (Testing and verifying concurrent objects, JPDC 17, 1993) with the two improvements of Lowe (Testing for
 * linearizability, Concurrency and Computation 29, 2017): an operation is put in its place only when the outcome of some operation demands
 * it, and a configuration (operations placed, state) that led nowhere is never entered again. Per object, since linearizability
 * is local (Herlihy and Wing, TOPLAS 12, 1990; Horn and Kroening, Faster linearizability checking via P-compositionality, 2015).
 *
 * The history is not cut into windows: at any moment only operations under way are undecided, so that a long history of few
 * clients costs little more than its length, and no cut can hide what crosses it.
 */
export function checkLinearizable<S>(history: LinearHistory<S>): Linearization<S> {
  return new Search(history).run();
}

/** A configuration: what has been placed before event `event`, and the state it gives. */
interface Configuration<S> {
  readonly event: number;
  readonly state: S;
  readonly writes: PlacedWrites;
  /** Reads under way that have not seen their answer yet. */
  readonly reads: readonly number[];
}

interface Frame<S> extends Configuration<S> {
  readonly candidates: Iterator<number, undefined>;
}

class Search<S> {
  /** In the order they are tried. */
  private readonly operations: readonly LinearOperation<S>[];
  private readonly events: readonly LinearEvent[];
  private readonly callAt: readonly number[];
  private readonly visited = new Set<string>();
  private readonly max: number;
  private furthest: { readonly event: number; readonly name: string; readonly state: S };

  constructor(private readonly history: LinearHistory<S>) {
    this.operations = history.operations.toSorted(compareGuess);
    this.events = eventsOf(this.operations);
    this.callAt = callsOf(this.events, this.operations.length);
    this.furthest = { event: -1, name: '', state: history.initial };
    this.max = history.maxConfigurations ?? 200_000;
  }

  run(): Linearization<S> {
    const stack: Frame<S>[] = [];
    const enter = (configuration: Configuration<S>): boolean => {
      const next = this.advance(configuration);
      if (next.event === this.events.length) return true;
      const key = `${next.event}|${next.writes.key}|${next.reads.join()}|${this.history.key(next.state)}`;
      if (this.visited.has(key)) return false;
      this.visited.add(key);
      this.note(next);
      stack.push({ ...next, candidates: this.candidatesAt(next) });
      return false;
    };
    const initial = {
      event: 0,
      state: this.history.initial,
      writes: new PlacedWrites(0, [], (index) => this.operations[index]?.isRead ?? false),
      reads: [],
    };
    if (enter(initial)) return this.verdict('linearizable');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (this.visited.size > this.max) return this.verdict('unknown');
      const next = top.candidates.next();
      if (next.done === true) {
        stack.pop();
        continue;
      }
      const index = next.value;
      const step = this.operation(index).apply(top.state);
      if (step === null) continue;
      const reads = top.reads.filter((read) => !this.fits(read, step.state));
      if (enter({ event: top.event, state: step.state, writes: top.writes.with(index), reads }))
        return this.verdict('linearizable');
    }
    return this.verdict('violated');
  }

  /** Passes the events that leave no choice. A read is placed as soon as its answer fits: it stands in nobody's way. */
  private advance({ event, state, writes, reads }: Configuration<S>): Configuration<S> {
    let open = reads;
    for (; event < this.events.length; event++) {
      const { isReturn, index } = this.events[event] as LinearEvent;
      if (!this.operation(index).isRead) {
        if (isReturn && !writes.has(index)) break;
      } else if (isReturn) {
        if (open.includes(index)) break;
      } else if (!this.fits(index, state)) {
        open = [...open, index];
      }
    }
    return { event, state, writes, reads: open };
  }

  /** What may come next: writes that were sent and are not placed. Without a guess, the one whose outcome is due comes first. */
  private *candidatesAt({ event, writes }: Configuration<S>): Generator<number, undefined> {
    const { index: due } = this.events[event] as LinearEvent;
    const { rank, isRead } = this.operation(due);
    const dueFirst = !isRead && rank === null;
    if (dueFirst) yield due;
    for (let index = writes.from; index < this.operations.length; index++) {
      if (writes.has(index) || this.operation(index).isRead || (dueFirst && index === due)) continue;
      if ((this.callAt[index] as number) < event) yield index;
    }
    return undefined;
  }

  private fits(read: number, state: S): boolean {
    return this.operation(read).apply(state) !== null;
  }

  private operation(index: number): LinearOperation<S> {
    return this.operations[index] as LinearOperation<S>;
  }

  private note({ event, state }: Configuration<S>): void {
    if (event < this.furthest.event) return;
    const { name } = this.operation((this.events[event] as LinearEvent).index);
    this.furthest = { event, name, state };
  }

  private verdict(kind: Linearization<S>['kind']): Linearization<S> {
    const configurations = this.visited.size;
    if (kind !== 'violated') return { kind, configurations };
    return { kind, configurations, name: this.furthest.name, state: this.furthest.state };
  }
}
