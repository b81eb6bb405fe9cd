import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ActorModel, LedgerLine } from 'plexspaces/testing';

/** The outside world of the effects. It ignores keys, and answers every call anew. */
export const outside: LedgerLine[] = [];

/** More starts than a test can provoke. */
const retry = { maxAttempts: 30, initialDelay: 1, factor: 1 };

@Actor({ type: 'book' })
@UseFacets(durability({ checkpointEvery: 4 }), virtualActor())
export class Book {
  @State() lines: Record<string, number[]> = {};

  @Handle({ retry }) note(from: string, line: number): void {
    (this.lines[from] ??= []).push(line);
  }
}

@Actor({ type: 'account' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
export class Account {
  @State() value = 0;
  @State() forwarded = 0;
  @State() receipts: number[] = [];

  @Handle({ retry }) add(by: number): number {
    return (this.value += by);
  }

  @Handle({ retry }) async charge(by: number): Promise<number> {
    const receipt = await this.pay();
    this.receipts.push(receipt);
    this.value += by;
    return receipt;
  }

  /** Fails at its first run, and goes through on the effect that it has recorded. */
  @Handle({ retry }) async flaky(@Ctx() ctx: ActorContext, by: number): Promise<number> {
    const isFirstRun = !ctx.isReplay;
    this.receipts.push(await this.pay());
    this.value += by;
    if (isFirstRun) throw new Error('not yet');
    return this.value;
  }

  @Handle({ retry }) async forward(@Ctx() ctx: ActorContext): Promise<number> {
    await ctx.actor(Book, 'main').tell.note(ctx.self.key, this.forwarded);
    return this.forwarded++;
  }

  @Handle({ retry }) async move(@Ctx() ctx: ActorContext, to: string, by: number): Promise<number> {
    this.value -= by;
    return ctx.actor(Account, to).ask.add(by);
  }

  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    this.value = -1_000_000;
    throw new Error('poison');
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect() protected async pay(): Promise<number> {
    const value = outside.length * 7 + 3;
    outside.push({ key: currentEffect().idempotencyKey, name: 'pay', at: outside.length, value });
    return value;
  }
}

export interface AccountState {
  readonly value: number;
  readonly forwarded: number;
  readonly receipts: readonly unknown[];
}

const account: ActorModel<AccountState> = {
  initial: { value: 0, forwarded: 0, receipts: [] },
  apply(state, { method, args, effects }) {
    const by = args.at(-1) as number;
    const receipts = [...state.receipts, effects[0]?.value];
    switch (method) {
      case 'add':
        return { state: { ...state, value: state.value + by }, answer: state.value + by };
      case 'charge':
        return { state: { ...state, value: state.value + by, receipts }, answer: effects[0]?.value };
      case 'flaky':
        return { state: { ...state, value: state.value + by, receipts }, answer: state.value + by };
      case 'forward':
        return { state: { ...state, forwarded: state.forwarded + 1 }, answer: state.forwarded };
      case 'move':
        return { state: { ...state, value: state.value - by }, answer: effects[0]?.value };
      case 'current':
        return { state, answer: state.value };
      default:
        throw new Error(`an account refuses ${method}`);
    }
  },
  read: ({ value }) => value,
  tally: {
    of: (read: number) => read,
    adds: (method, args) =>
      method === 'forward' || method === 'poison' ? 0 : (method === 'move' ? -1 : 1) * (args.at(-1) as number),
  },
};

const book: ActorModel<{ readonly lines: Readonly<Record<string, readonly number[]>> }> = {
  initial: { lines: {} },
  apply({ lines }, { args }) {
    const [from, line] = args as [string, number];
    return { state: { lines: { ...lines, [from]: [...(lines[from] ?? []), line] } }, answer: undefined };
  },
};

export const models = { account, book };
