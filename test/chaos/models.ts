import type { ActorModel, ModelCall } from '../../libs/testing/src/history';

interface AccountState {
  readonly value: number;
  readonly forwarded: number;
  readonly paid: number;
}

/** What the actors of `programs/bank.ts` ought to do. */
export const account: ActorModel<AccountState> = {
  initial: { value: 0, forwarded: 0, paid: 0 },
  apply(state, call) {
    const { value, forwarded } = state;
    if (call.method === 'forward') return { state: { ...state, forwarded: forwarded + 1 }, answer: forwarded };
    if (call.method === 'current') return { state, answer: value };
    const next = { ...state, value: value + added(call.method, call.args) };
    // What the other account answered is recorded with the turn that asked it.
    if (call.method === 'move') return { state: next, answer: call.effects[0]?.value };
    return { state: { ...next, paid: next.paid + paidIn(call) }, answer: next.value };
  },
  read: ({ value }) => value,
  tally: { of: (read) => read as number, adds: added },
};

function added(method: string, args: readonly unknown[]): number {
  if (method === 'forward' || method === 'current' || method === 'poison') return 0;
  return method === 'move' ? -(args[1] as number) : (args[0] as number);
}

function paidIn({ effects }: ModelCall): number {
  return effects.reduce((sum, { name, value }) => sum + (name === 'pay' ? (value as number) : 0), 0);
}

type Lines = Readonly<Record<string, readonly number[]>>;

export const book: ActorModel<{ readonly lines: Lines }> = {
  initial: { lines: {} },
  apply(state, { method, args }) {
    if (method === 'read') return { state, answer: state.lines };
    const [from, line] = args as [string, number];
    return { state: { lines: { ...state.lines, [from]: [...(state.lines[from] ?? []), line] } } };
  },
  read: ({ lines }) => lines,
};

export const visitor: ActorModel<{ readonly greeted: number }> = {
  initial: { greeted: 0 },
  apply: ({ greeted }, { method, args }) => ({
    state: { greeted: greeted + (method === 'greet' ? (args[0] as number) : 0) },
  }),
};
