import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Actor,
  Handle,
  SideEffect,
  State,
  UseFacets,
  actorContext,
  currentEffect,
  durability,
  virtualActor,
} from '#core';
import { SqliteStorage } from '#storage/sqlite';
import { type CrashFacts, type CrashScenario, everyCrashPoint } from './index';
import type { TestApp } from '../app/test-app';

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
  @Handle() take(count: number): void {
    this.left -= count;
    if (this.bank.refusals++ < 2) throw new Error('not now');
    actorContext().actor(Order, 'o-1').tell.shipped();
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
    actorContext().actor(Stock, 'tea').tell.take(1);
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
    const order = app.client(Order).ref('o-1');
    await order.with({ idempotencyKey: 'pay-1' }).ask.pay(10);
    await app.client(Stock).ref('tea').with({ idempotencyKey: 'sample' }).tell.take(2);
    await order.with({ idempotencyKey: 'pay-2' }).ask.pay(20);
  },
};

async function nothingIsLostOrDone2(app: TestApp, { world: bank }: CrashFacts<Bank>): Promise<void> {
  expect(bank.total).toBe(30);
  expect(await app.client(Order).ref('o-1').ask.view()).toEqual({ receipts: ['receipt-1', 'receipt-2'], parcels: 3 });
  expect(await app.client(Stock).ref('tea').ask.count()).toBe(6);
}

describe('everyCrashPoint, on actors that are right', () => {
  it('dies before and after each write, and finds nothing', async () => {
    const { boundaries, runs } = await everyCrashPoint(shop, nothingIsLostOrDone2);
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
    expect(ids.some((id) => /^flush#\d+\.afterWrite1$/.test(id))).toBe(true);
    const words = boundaries.map((boundary) => boundary.words);
    expect(words).toContain(
      'before the commit of order/o-1 seq 1–2 [ActivationStarted epoch 1, MessageReceived pay key/0//pay-1]',
    );
    expect(words).toContainEqual(
      expect.stringMatching(
        /^after the commit of order\/o-1 seq 3–6 \[SideEffectExecuted charge, StateChanged receipts parcels, MessageSent take to stock\/tea, MessageProcessed .+\] with sends to stock\/tea, before its answer$/,
      ),
    );
    expect(words).toContainEqual(expect.stringContaining('message key/0//sample in the inbox of stock/tea'));
    expect(words).toContainEqual(expect.stringMatching(/\[attempt .*\]/));
    expect(words).toContainEqual(expect.stringMatching(/^before the checkpoint of stock\/tea at seq \d+ was saved$/));
  });

  it('finds the same boundaries each time', async () => {
    const first = await everyCrashPoint(shop, nothingIsLostOrDone2);
    expect(await everyCrashPoint(shop, nothingIsLostOrDone2)).toEqual(first);
  });

  it('depth 2: dies again at each boundary of each recovery, and finds nothing', async () => {
    const { boundaries } = await everyCrashPoint(shop, nothingIsLostOrDone2, { depth: 2 });
    const twice = boundaries.filter(({ id }) => id.includes(' > '));
    expect(twice.length).toBeGreaterThan(100);
    expect(twice[0]?.words).toContain(', and then during recovery ');
  });

  it('works on SQLite as well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plexspaces-crash-points-'));
    let files = 0;
    try {
      const storage = (): Promise<SqliteStorage> => SqliteStorage.open(join(folder, `${++files}.db`));
      const onMemory = await everyCrashPoint(shop, nothingIsLostOrDone2);
      const onSqlite = await everyCrashPoint(shop, nothingIsLostOrDone2, { storage });
      expect(files).toBe(onSqlite.runs);
      expect(onSqlite).toEqual(onMemory);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('a crash in the middle of a batch: what one flush gathers may be applied in part', async () => {
    const { boundaries } = await everyCrashPoint(
      {
        ...shop,
        run: (app) =>
          Promise.all(['a', 'b', 'c'].map((key) => app.client(Stock).ref(key).with({ idempotencyKey: key }).tell.take(1))),
      },
      async (app) => {
        for (const key of ['a', 'b', 'c']) expect(await app.client(Stock).ref(key).ask.count()).toBe(9);
      },
    );
    expect(boundaries.map(({ id }) => id)).toEqual(expect.arrayContaining(['flush#1.afterWrite1', 'flush#1.afterWrite2']));
  });
});
