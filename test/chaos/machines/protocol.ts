/** What the machine has done: taken an event, left or entered a state; with the event's id, or a number of its own. */
export type Step = readonly [kind: 'event' | 'entry' | 'exit', name: string, id: string];

/** All that can be said of a machine afterwards. */
export interface Observed {
  /** The state it ended in. */
  readonly state: string;
  readonly steps: readonly Step[];
  /** As the client got them, in order; of one event perhaps several times. */
  readonly answers: readonly (readonly [id: string, answer: number])[];
  /** What the world outside saw of entries and exits. */
  readonly ledger: readonly { readonly step: Step; readonly key: string }[];
}

const EVERY = 8;

/** The script of the client: work, and every now and then an event that begins it; the first comes too early. */
export function eventOf(index: number): { readonly id: string; readonly name: 'begin' | 'work' } {
  return { id: `e${index}`, name: index % EVERY === EVERY / 2 ? 'begin' : 'work' };
}
