import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
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
import type { ActorModel } from '../../../libs/testing/src/history';
import type { Totals } from './expected-totals';
import type { OrderLine } from './read-orders';

/** More starts than any message can meet deaths of its node. */
const retry = { maxAttempts: 1_000, initialDelay: 1, factor: 1 };

/** What the outside answers: each call has a number of its own, so that it shows which call an actor took for the one. */
export interface Receipt {
  readonly receipt: number;
  readonly amount: number;
}

const agent = new Agent({ keepAlive: true });
let serviceUrl = '';

/** Where the effects go. */
export function useOutside(url: string): void {
  serviceUrl = url;
}

async function askService(what: 'price' | 'invoice', { quantity, priceMills }: OrderLine): Promise<Receipt> {
  const { idempotencyKey, signal } = currentEffect();
  const headers = { 'Idempotency-Key': encodeURI(idempotencyKey) };
  const url = `${serviceUrl}/${what}?quantity=${quantity}&mills=${priceMills}`;
  return new Promise((resolve, reject) => {
    request(url, { agent, headers, signal })
      .once('response', (response) => {
        text(response).then((body) => resolve(JSON.parse(body) as Receipt), reject);
      })
      .once('error', reject)
      .end();
  });
}

/** Hears what was sold to it, from the items. */
@Actor({ type: 'customer' })
@UseFacets(durability({ checkpointEvery: 7 }), virtualActor({ idleTimeout: 400 }))
export class Customer {
  @State() lines = 0;
  @State() quantity = 0;
  @State() amount = 0;

  @Handle({ retry }) bought(quantity: number, amount: number): void {
    this.lines += 1;
    this.quantity += quantity;
    this.amount += amount;
  }

  @Handle({ readOnly: true }) totals(): Totals {
    return { lines: this.lines, quantity: this.quantity, amount: this.amount };
  }
}

/**
 * Each order line is a message; its price is made outside, once. Who is named gets an invoice: a second effect, before which the
 * record of the first is durable, so that a death in between leaves a recorded effect in a turn that is not committed.
 */
@Actor({ type: 'stock-item' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor({ idleTimeout: 300 }))
export class StockItem {
  @State() lines = 0;
  @State() quantity = 0;
  @State() amount = 0;

  @Handle({ retry }) async order(@Ctx() ctx: ActorContext, line: OrderLine): Promise<number> {
    const { receipt, amount } = await this.price(line);
    this.lines += 1;
    this.quantity += line.quantity;
    this.amount += amount;
    if (line.customer === null) return receipt;
    const invoice = await this.invoice(line);
    await ctx.actor(Customer, line.customer).tell.bought(line.quantity, amount);
    return invoice.receipt;
  }

  @Handle({ readOnly: true }) totals(): Totals {
    return { lines: this.lines, quantity: this.quantity, amount: this.amount };
  }

  @SideEffect({ timeout: '60s' }) protected price(line: OrderLine): Promise<Receipt> {
    return askService('price', line);
  }

  @SideEffect({ timeout: '60s' }) protected invoice(line: OrderLine): Promise<Receipt> {
    return askService('invoice', line);
  }
}

const nothing: Totals = { lines: 0, quantity: 0, amount: 0 };

function plus(state: Totals, quantity: number, amount: number): Totals {
  return { lines: state.lines + 1, quantity: state.quantity + quantity, amount: state.amount + amount };
}

/** What they ought to do, for the history checker. */
export const models: Readonly<Record<string, ActorModel<Totals>>> = {
  'stock-item': {
    initial: nothing,
    apply(state, { args, effects }) {
      const [{ quantity }] = args as [OrderLine];
      const { amount } = effects[0]?.value as Receipt;
      return { state: plus(state, quantity, amount), answer: (effects.at(-1)?.value as Receipt).receipt };
    },
    tally: { of: (read) => (read as Totals).quantity, adds: (_, [line]) => (line as OrderLine).quantity },
  },
  customer: {
    initial: nothing,
    apply(state, { args }) {
      const [quantity, amount] = args as [number, number];
      return { state: plus(state, quantity, amount), answer: undefined };
    },
  },
};
