import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import {
  Actor,
  Handle,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  actorContext,
  currentEffect,
  durability,
  virtualActor,
} from '#core';
import { SqliteStorage } from '#storage/sqlite';
import type { TestApp } from '../app/test-app';
import { type CrashFacts, type CrashReport, type CrashScenario, everyCrashPoint } from './index';

/** Services outside: a bank that heeds idempotency keys, and one that is down at first. */
class Bank {
  readonly charges = new Map<string, number>();
  calls = 0;
  refusals = 0;

  charge(key: string, amount: number): Promise<string> {
    this.calls++;
    this.charges.set(key, amount);
    return Promise.resolve(`receipt-${[...this.charges.keys()].indexOf(key) + 1}`);
  }

  get total(): number {
    return [...this.charges.values()].reduce((sum, amount) => sum + amount, 0);
  }
}

@Actor({ type: 'stock' })
@UseFacets(durability({ checkpointEvery: 1 }), virtualActor())
class Stock {
  @State() left = 10;

  constructor(private readonly bank: Bank) {}

  /** Its first turns in each run fail, after they changed the state. */
  @Handle() async take(count: number): Promise<void> {
    this.left -= count;
    if (this.bank.refusals++ < 2) throw new Error('not now');
    await actorContext().actor(Order, 'o-1').tell.shipped();
  }
  @Handle({ readOnly: true }) count(): number {
    return this.left;
  }
}

@Actor({ type: 'order' })
@UseFacets(durability({ checkpointEvery: 2 }), virtualActor())
class Order {
  @State() receipts: string[] = [];
  @State() parcels = 0;

  constructor(private readonly bank: Bank) {}

  @Handle() async pay(amount: number): Promise<string> {
    const receipt = await this.charge(amount);
    this.receipts.push(receipt);
    await actorContext().actor(Stock, 'tea').tell.take(1);
    return receipt;
  }
  @Handle() shipped(): void {
    this.parcels++;
  }
  @Handle({ readOnly: true }) view(): { receipts: string[]; parcels: number } {
    return { receipts: this.receipts, parcels: this.parcels };
  }
  @SideEffect({ retry: { maxAttempts: 3 } }) protected charge(amount: number): Promise<string> {
    return this.bank.charge(currentEffect().idempotencyKey, amount);
  }
}

/** Effects, sends in both directions, checkpoints, turns that fail and are retried, an accepted tell. */
const shop: CrashScenario<Bank> = {
  world: () => new Bank(),
  app: (bank) => ({ actors: [Order, Stock], providers: [{ provide: Bank, useValue: bank }] }),
  run: async (app) => {
    const order = app.ref(Order, 'o-1');
    await order.with({ idempotencyKey: 'pay-1' }).ask.pay(10);
    await app.ref(Stock, 'tea').with({ idempotencyKey: 'sample' }).tell.take(2);
    await order.with({ idempotencyKey: 'pay-2' }).ask.pay(20);
  },
};

async function nothingIsLostOrDoneTwice(app: TestApp, { world: bank }: CrashFacts<Bank>): Promise<void> {
  expect(bank.total).toBe(30);
  expect(await app.ref(Order, 'o-1').ask.view()).toEqual({ receipts: ['receipt-1', 'receipt-2'], parcels: 3 });
  expect(await app.ref(Stock, 'tea').ask.count()).toBe(6);
}

jest.setTimeout(180_000); // hundreds of applications, on whatever machine

describe('everyCrashPoint, on actors that are right', () => {
  let onMemory: CrashReport;
  beforeAll(async () => {
    onMemory = await everyCrashPoint(shop, nothingIsLostOrDoneTwice);
  });

  it('dies before and after each write, and finds nothing', () => {
    const { boundaries, runs } = onMemory;
    const ids = boundaries.map(({ id }) => id);
    expect(runs).toBe(boundaries.length + 1);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'flush#1.beforeApply',
        'flush#1.afterApply',
        'checkpoint#1.beforeSave',
        'checkpoint#1.afterSave',
        'scenario.ended',
      ]),
    );
    const flushes = ids.filter((id) => /^flush#\d+\.beforeApply$/.test(id));
    expect(ids.filter((id) => /^flush#\d+\.afterApply$/.test(id))).toHaveLength(flushes.length);
    expect(ids.filter((id) => /^flush#\d+\.afterWrite1$/.test(id))).not.toHaveLength(0);
  });

  it('says of each boundary what was being written', () => {
    const words = onMemory.boundaries.map((boundary) => boundary.words);
    expect(words).toEqual(
      expect.arrayContaining([
        'before the commit of order/o-1 seq 1–2 [ActivationStarted epoch 1, MessageReceived pay key/0//pay-1]',
        'after the commit of order/o-1 seq 3–6 [SideEffectExecuted charge, StateChanged receipts parcels, ' +
          'MessageSent take to stock/tea, MessageProcessed key/0//pay-1] with sends to stock/tea, before its answer',
        expect.stringContaining('message key/0//sample in the inbox of stock/tea'),
        expect.stringMatching(
          /stock\/tea \[attempt from\/25\/default\/default\/order\/o-1\/\d+\/12\/key\/0\/\/pay-1\/1\]/,
        ),
        expect.stringMatching(/^before the checkpoint of stock\/tea at seq \d+ was saved$/),
        'after the scenario had ended',
      ]),
    );
  });

  it('finds the same boundaries on SQLite, which answers in its own time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plexspaces-crash-points-'));
    let files = 0;
    try {
      const storage = (): Promise<SqliteStorage> => SqliteStorage.open(join(folder, `${++files}.db`));
      expect(await everyCrashPoint(shop, nothingIsLostOrDoneTwice, { storage })).toEqual(onMemory);
      expect(files).toBe(onMemory.runs);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('depth 2: dies again at each boundary of each recovery, and finds nothing', async () => {
    const { boundaries } = await everyCrashPoint(
      { ...shop, run: (app) => app.ref(Order, 'o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(30) },
      (_, { world: bank, effects }) => {
        expect(bank.total).toBe(30);
        expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
      },
      { depth: 2 },
    );
    const twice = boundaries.filter(({ id }) => id.includes(' > '));
    expect(twice.length).toBeGreaterThan(boundaries.length - twice.length);
    expect(twice.every(({ words }) => words.includes(', and then during recovery '))).toBe(true);
    const first = boundaries.findIndex(({ id }) => id === 'flush#1.beforeApply');
    expect(boundaries[first + 1]?.id).toBe('flush#1.beforeApply > flush#1.beforeApply');
  });

  it('only: tests one boundary, also one in a recovery', async () => {
    const one = await everyCrashPoint(shop, nothingIsLostOrDoneTwice, { only: 'flush#2.afterApply' });
    expect(one).toEqual({ boundaries: [onMemory.boundaries.find(({ id }) => id === 'flush#2.afterApply')], runs: 2 });
    const only = 'flush#2.beforeApply > flush#1.afterApply';
    const two = await everyCrashPoint(shop, nothingIsLostOrDoneTwice, { only });
    expect(two.boundaries.map(({ id }) => id)).toEqual([only]);
  });

  it('takes an application as it is, with overrides and fakes', async () => {
    const sent: unknown[] = [];
    @Module({
      imports: [
        PlexSpacesModule.forRoot({ scope: { namespace: 'shop' } }),
        PlexSpacesModule.forFeature([Order, Stock, Bank]),
      ],
    })
    class AppModule {}
    const { boundaries } = await everyCrashPoint<Bank>(
      {
        world: () => new Bank(),
        app: () => ({ imports: [AppModule], fakes: { 'Order.charge': (amount: number) => sent.push(amount) } }),
        override: (module, bank) => module.overrideProvider(Bank).useValue(bank),
        run: (app) => app.ref(Order, 'o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(10),
      },
      async (app, { world: bank }) => {
        expect(bank.calls).toBe(0);
        expect(bank.refusals).toBeGreaterThan(0);
        expect((await app.ref(Order, 'o-1').ask.view()).receipts).toHaveLength(1);
      },
    );
    expect(new Set(sent)).toEqual(new Set([10]));
    expect(boundaries[0]?.words).toContain('default/shop/order/o-1');
  });

  it('a crash in the middle of a batch: what one flush gathers may be applied in part', async () => {
    const { boundaries } = await everyCrashPoint(
      {
        ...shop,
        run: (app) =>
          Promise.all(['a', 'b', 'c'].map((key) => app.ref(Stock, key).with({ idempotencyKey: key }).tell.take(1))),
      },
      async (app) => {
        for (const key of ['a', 'b', 'c']) expect(await app.ref(Stock, key).ask.count()).toBe(9);
      },
    );
    expect(boundaries.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['flush#1.afterWrite1', 'flush#1.afterWrite2']),
    );
  });
});
