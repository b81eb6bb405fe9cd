import {
  type ActorContext,
  Actor,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { settle, until } from '../durable/gate';
import { Invoice, Seller, Shop, Stock, removeFolder } from '../rows/shop';

// Many messages at once, some of whose rows the database refuses, two ways of refusing at that: what is stored is what was answered.

let ran = 0;

@Actor({ type: 'storm' })
@UseFacets(durability({ checkpointEvery: 7 }), virtualActor())
class Storm {
  @State() sold = 0;
  @State() ids: string[] = [];

  @Handle() async sell(sku: string, id: string, effects: number, @Ctx() ctx: ActorContext): Promise<number> {
    this.sold++;
    this.ids.push(id);
    for (let i = 0; i < effects; i++) await this.pay(id, i);
    ctx.rows.update(Stock, { sku }, { quantity: () => 'in_stock - 1' }, { expect: 1 });
    ctx.rows.insert(Invoice, { id });
    await ctx.actor(Seller, 'archive').tell.bump();
    if (id.startsWith('crash')) throw new Error('boom');
    return this.sold;
  }
  @Handle({ readOnly: true }) seen(): string[] {
    return this.ids;
  }
  @SideEffect() protected async pay(_id: string, step: number): Promise<void> {
    ran++;
    if (step % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

afterAll(removeFolder);

describe('a storm of messages with rows', () => {
  it.each([1, 2, 3, 4])(
    'leaves what was answered and nothing else, seed %d',
    async (seed) => {
      let x = seed * 7919;
      const below = (n: number): number => (x = (x * 1103515245 + 12345) % 2147483648) % n;
      const shop = await Shop.open(undefined, { actors: [Seller, Storm] });
      await shop.dataSource.query(
        "CREATE TRIGGER refuse BEFORE INSERT ON invoices WHEN NEW.id LIKE 'rollback%' BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
      );
      await shop.dataSource.getRepository(Stock).insert({ sku: 'a', quantity: 10_000 });
      const outcomes = new Map<string, string[]>();
      const asks: Promise<void>[] = [];
      for (let i = 0; i < 250; i++) {
        const key = ['p', 'q', 'r'][below(3)] as string;
        const kind = ['ok', 'ok', 'ok', 'missing', 'rollback', 'crash', 'twice'][below(7)] as string;
        const id = kind === 'twice' ? `dup${below(4)}-${key}` : `${kind}-${i}`;
        const args = [kind === 'missing' ? 'nowhere' : 'a', id, below(3)] as const;
        const ref = shop.ref(Storm, key).with({ idempotencyKey: kind === 'twice' ? id : `k${i}` });
        const times = below(4) === 0 && kind !== 'twice' ? 2 : 1;
        if (kind === 'twice') (args as unknown as unknown[])[2] = 1;
        for (let t = 0; t < times; t++)
          asks.push(
            ref.ask.sell(...args).then(
              (value) => note(id, `ok ${value}`),
              (error: { code?: string; message: string }) => note(id, error.code ?? error.message),
            ),
          );
        if (below(5) === 0) await settle(below(3));
      }
      function note(id: string, outcome: string): void {
        outcomes.set(id, [...(outcomes.get(id) ?? []), outcome]);
      }
      await Promise.all(asks);
      const good = [...outcomes].filter(([, [first]]) => first?.startsWith('ok'));
      for (const [id, all] of outcomes) {
        if (id.startsWith('crash')) continue;
        expect({ id, different: new Set(all).size }).toEqual({ id, different: 1 });
      }
      const expected = good.map(([id]) => id).sort();
      await expect(shop.invoices()).resolves.toEqual(expected);
      const seen = (await Promise.all(['p', 'q', 'r'].map((key) => shop.ref(Storm, key).ask.seen()))).flat().sort();
      expect(seen).toEqual(expected);
      expect((await shop.stock())['a']).toBe(10_000 - expected.length);
      await until(async () => (await shop.ref(Seller, 'archive').ask.total()) >= expected.length);
      await settle(50);
      await expect(shop.ref(Seller, 'archive').ask.total()).resolves.toBe(expected.length);
      expect(good.length).toBeGreaterThan(50);
      expect(ran).toBeGreaterThan(0);
      await shop.close();
    },
    60_000,
  );
});
