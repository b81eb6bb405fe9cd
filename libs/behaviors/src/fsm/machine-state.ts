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
  /** Events that were sent again, and the last of them that has been handled: what comes meanwhile goes behind them. */
  readonly sent: number;
  readonly handled: number;
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
