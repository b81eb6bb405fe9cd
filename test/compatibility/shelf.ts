import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  StateList,
  StateMap,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';

// Actors whose journals are kept. A class stays as it was when a journal of it was written, but for what is said to be new.

/** The world outside: what was asked of it, and what it does. */
export const outside = {
  calls: [] as string[],
  order: (): Promise<number> => Promise.resolve(40),
};

@Actor({ type: 'shelf' })
@UseFacets(durability({ checkpointEvery: 10 }), virtualActor())
export class Shelf {
  @State() stock = 0;
  @State() last: unknown = null;
  @State() readonly byItem = new StateMap<string, number>();
  @State() readonly log = new StateList<string>();

  @Handle() put(item: string, count: number): number {
    this.byItem.set(item, (this.byItem.get(item) ?? 0) + count);
    this.log.push(`${item} ${count}`);
    return (this.stock += count);
  }

  /** Values that have types of their own in the codec. */
  @Handle() keep(value: unknown): unknown {
    this.last = value;
    return value;
  }

  @Handle() async price(item: string): Promise<number> {
    const price = await this.quote(item);
    this.log.push(`${item} at ${price}`);
    return price;
  }

  /** Two effects in a row: between them a process may die. */
  @Handle() async restock(item: string): Promise<number> {
    const price = await this.quote(item);
    const count = await this.order(item);
    this.put(item, count);
    return price * count;
  }

  @Handle() async ship(@Ctx() ctx: ActorContext, to: string, count: number): Promise<number> {
    await ctx.actor(Shelf, to).tell.put('shipped', count);
    return (this.stock -= count);
  }

  @Handle() refuse(why: string): void {
    throw new TerminalError(why);
  }

  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    throw new Error('poison');
  }

  @Handle({ readOnly: true }) total(): number {
    return this.stock;
  }

  @Handle({ readOnly: true }) lines(): string[] {
    return [...this.log];
  }

  @Handle({ readOnly: true }) kept(): unknown {
    return this.last;
  }

  @SideEffect() protected quote(item: string): Promise<number> {
    outside.calls.push(`quote ${item}`);
    return Promise.resolve(item.length);
  }

  @SideEffect() protected order(item: string): Promise<number> {
    outside.calls.push(`order ${item}`);
    return outside.order();
  }
}

/** Lives from its creation to its stop. */
@Actor({ type: 'crate' })
@UseFacets(durability())
export class Crate {
  @State() owner = '';

  onCreate(owner: string): void {
    this.owner = owner;
  }

  @Handle() whose(): string {
    return this.owner;
  }
}

/** When stores were written, whenever that was. */
export const WRITTEN_AT = Date.UTC(2026, 0, 15, 12);

export const KEPT = {
  map: new Map([['k', new Set([1, 2])]]),
  date: new Date(0),
  big: 12_345_678_901_234_567_890n,
  bytes: new Uint8Array([0, 255]),
  text: 'NUL \0, emoji 🦊',
  minusZero: -0,
  nothing: [undefined, null, NaN],
};
