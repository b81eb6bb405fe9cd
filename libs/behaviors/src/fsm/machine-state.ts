import type { ReplyToken } from '#core';

/** The field that keeps the machine's state with the actor's. */
export const MACHINE_FIELD = 'fsmState';
/** Messages a machine sends to itself. */
export const MACHINE_MESSAGES = ['fsmTimeout', 'fsmAgain'] as const;

/** An event that waits for another state. */
export interface Postponed {
  readonly event: string;
  readonly args: readonly unknown[];
  /** Its answer is owed. */
  readonly token: ReplyToken;
  /** When it came, among the events of this machine. */
  readonly arrival: number;
  readonly bytes: number;
}

/** An event on its way as a message of the machine's to itself. */
export interface Place {
  /** Of the message: they come in the order of their ranks, if at all. */
  readonly rank: number;
  readonly arrival: number;
}

/** Where a machine stands. Replaced as a whole, never modified. */
export interface MachineState {
  readonly name: string;
  /** Rises with each entry: a timeout of an earlier stay is known by it. */
  readonly entered: number;
  /** Rises with each event, for the same reason. */
  readonly events: number;
  /** In the order they came. */
  readonly postponed: readonly Postponed[];
  /** The last number that was given to an event for its arrival. */
  readonly arrivals: number;
  /** The last rank that was given. */
  readonly sent: number;
  /** Events that were sent again and have not come yet, by rank. */
  readonly underWay: readonly Place[];
}

type Kept = Record<typeof MACHINE_FIELD, MachineState | undefined>;

export function kept(instance: object): MachineState | undefined {
  return (instance as Kept)[MACHINE_FIELD];
}

export function keep(instance: object, state: MachineState): MachineState {
  (instance as Kept)[MACHINE_FIELD] = state;
  return state;
}

/** The state a machine is in; `undefined` before its first event or its creation. @publicApi */
export function stateOf(instance: object): string | undefined {
  return kept(instance)?.name;
}
