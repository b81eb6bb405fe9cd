import type { ActorModel, ModelCall } from '../../libs/testing/src/history';

// What the actors of bank.ts ought to do, as plainly as can be.

interface AccountState {
  readonly value: number;
  readonly forwarded: number;
  readonly receipts: readonly number[];
  readonly caught: number;
}

const account: ActorModel<AccountState> = {
  initial: { value: 0, forwarded: 0, receipts: [], caught: 0 },
  apply(state, call) {
    const by = call.args.at(-1) as number;
    const grown = { ...state, value: state.value + by };
    const paid = receiptsOf(call);
    const receipts = [...state.receipts, ...paid];
    switch (call.method) {
      case 'add':
        return { state: grown, answer: grown.value };
      case 'charge':
        return { state: { ...grown, receipts }, answer: paid[0] };
      case 'chargeOften':
        return { state: { ...grown, receipts }, answer: paid };
      case 'race': {
        const came = call.effects.slice(0, 3).map(({ value }) => value as number);
        return { state: { ...grown, receipts: [...state.receipts, ...came] }, answer: came };
      }
      case 'tryOnce': {
        const tries = inOrder(call).filter(({ name }) => name === 'payOnce');
        const good = tries.filter(({ error }) => error === null).map(({ value }) => value as number);
        const caught = state.caught + tries.length - good.length;
        const answer = tries.map(({ error }) => (error === null ? 'paid' : 'caught')).join();
        return { state: { ...grown, receipts: [...state.receipts, ...good], caught }, answer };
      }
      case 'flaky':
      case 'slowly':
        return { state: { ...grown, receipts }, answer: grown.value };
      case 'forward':
        return { state: { ...state, forwarded: state.forwarded + 1 }, answer: state.forwarded };
      case 'move':
        return { state: { ...state, value: state.value - by }, answer: inOrder(call)[0]?.value };
      case 'current':
        return { state, answer: state.value };
      default:
        throw new Error(`an account refuses ${call.method}`);
    }
  },
  read: ({ value }) => value,
  tally: { of: (read: number) => read, adds: (method, args) => addedBy(method, args) },
};

const book: ActorModel<{ readonly lines: Readonly<Record<string, readonly number[]>> }> = {
  initial: { lines: {} },
  apply({ lines }, { method, args }) {
    if (method === 'read') return { state: { lines }, answer: lines };
    const [from, line] = args as [string, number];
    return { state: { lines: { ...lines, [from]: [...(lines[from] ?? []), line] } }, answer: undefined };
  },
};

const till: ActorModel<{ readonly sum: number }> = {
  initial: { sum: 0 },
  apply({ sum }, { method, args }) {
    const [by] = args as [number];
    switch (method) {
      case '$create':
        return { state: { sum: by } };
      case 'put':
        return { state: { sum: sum + by }, answer: sum + by };
      default:
        return { state: { sum }, answer: sum };
    }
  },
};

export const models = { account, book, till };

function addedBy(method: string, args: readonly unknown[]): number {
  if (method === 'forward' || method === 'poison' || method === 'fatal' || method === 'refuse') return 0;
  return (method === 'move' ? -1 : 1) * (args.at(-1) as number);
}

/** As the handler called them; they are recorded as they settled. */
function inOrder({ effects }: ModelCall): ModelCall['effects'] {
  return [...effects].sort((a, b) => a.ordinal - b.ordinal);
}

function receiptsOf(call: ModelCall): number[] {
  return inOrder(call)
    .filter(({ name }) => name === 'pay')
    .map(({ value }) => value as number);
}
