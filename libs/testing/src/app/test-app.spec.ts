import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  Ctx,
  Handle,
  InjectActor,
  PlexSpacesModule,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from '#core';
import { STORAGE, type Storage } from '#spi';
import { MemoryStorage, MemoryStorageModule } from '#storage/memory';
import { TypeormStorageModule } from '#storage/typeorm';
import { ManualClock } from '../clock/manual-clock';
import { expectJournal } from '../journal/expect-journal';
import { ActorTestingModule } from './actor-testing-module';
import type { TestApp } from './test-app';
import type { TestParts } from './test-parts';

@Injectable()
class Rates {
  today(): Promise<number> {
    return Promise.resolve(2);
  }
}

@Actor({ type: 'counter' })
@UseFacets(durability(), virtualActor())
class Counter {
  @State() value = 0;

  constructor(private readonly rates: Rates) {}

  @Handle()
  async increment(by: number): Promise<number> {
    this.value += by * (await this.rate());
    return this.value;
  }

  @Handle()
  async nap(@Ctx() ctx: ActorContext): Promise<number> {
    await ctx.sleep('1m');
    return ++this.value;
  }

  @Handle({ retry: { maxAttempts: 3 } })
  async audited(@Ctx() ctx: ActorContext): Promise<string> {
    return ctx.sideEffect('audit', () => 'for real');
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }

  @SideEffect({ retry: { maxAttempts: 3, initialDelay: '1s' } })
  protected rate(): Promise<number> {
    return this.rates.today();
  }
}

@Injectable()
class Till {
  constructor(@InjectActor(Counter) readonly counters: ActorClient<Counter>) {}
}

const parts: TestParts = { actors: [Counter], providers: [Rates, Till] };
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-kit-'));
let files = 0;

const STORES: readonly [string, () => Partial<TestParts>][] = [
  ['memory', () => ({})],
  ['a storage of the test', () => ({ storage: new MemoryStorage() })],
  ['a SQLite file', () => ({ storage: TypeormStorageModule.sqlite(join(folder, `${files++}.db`)) })],
];

let app: TestApp;

afterEach(() => app.close());
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(STORES)('TestApp on %s', (_, store) => {
  it('runs actors with their dependencies', async () => {
    app = await ActorTestingModule.create({ ...parts, ...store() }).start();
    expect(await app.ref(Counter, 'a').ask.increment(3)).toBe(6);
    expect(await app.get(Till).counters.ref('a').ask.current()).toBe(6);
    expect(await app.client(Counter).ref('a').ask.current()).toBe(6);
    expect(await app.system.ref('counter', 'a').ask('current')).toBe(6);
  });

  it('crashes in the middle of a turn, and finishes it after restart() (K2)', async () => {
    app = await ActorTestingModule.create({ ...parts, ...store(), inlineFakes: { audit: 'seen' } }).start();
    const before = app.ref(Counter, 'a');
    let crashed: Promise<void> | undefined;
    const fake = app.fakes.effect('rate', () => ((crashed ??= app.crash()), 7));
    before.tell.increment(1).catch(() => undefined); // whether it was accepted it may not hear any more
    await until(() => crashed !== undefined);
    await crashed;
    expect(fake.times).toBe(1);
    await expect(before.ask.current()).rejects.toMatchObject({ code: 'PS_TEST_APP_CRASHED' });

    await app.restart();
    await app.drain();
    expect(fake.times).toBe(2); // its first outcome never reached the journal
    expect(new Set(fake.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(await app.ref(Counter, 'a').ask.current()).toBe(7);
    expect(await app.ref(Counter, 'a').ask.audited()).toBe('seen');
    await expect(before.ask.current()).rejects.toMatchObject({ code: 'PS_TEST_APP_CRASHED' });
    await expect(before.history.entries()).rejects.toMatchObject({ code: 'PS_TEST_APP_CRASHED' });
  });

  it('lets nothing of the old life reach the store, an effect or the clock', async () => {
    const clock = new ManualClock();
    app = await ActorTestingModule.create({ ...parts, ...store(), clock }).start();
    const fake = app.fakes.effect('rate', 1).failing(1);
    const pending = app.ref(Counter, 'a').ask.increment(1);
    const napping = app.ref(Counter, 'b').ask.nap();
    await clock.settle();
    expect(fake.times).toBe(1); // it waits for its retry
    const crashed = app.crash();
    await expect(pending).rejects.toMatchObject({ code: 'PS_TEST_APP_CRASHED' });
    await expect(napping).rejects.toMatchObject({ code: 'PS_TEST_APP_CRASHED' });
    await crashed;
    expect(clock.pendingTimers).toBe(0);
    await clock.advance('2h');
    expect(fake.times).toBe(1);
    await app.restart();
    await clock.settle();
    expect(fake.times).toBe(2);
  });

  it('moves virtual time in drain() as far as accepted work needs it', async () => {
    const clock = new ManualClock();
    app = await ActorTestingModule.create({ ...parts, ...store(), clock }).start();
    const began = clock.now();
    await app.ref(Counter, 'a').tell.nap();
    await app.ref(Counter, 'a').with({ delay: '2h' }).tell.increment(1);
    await app.drain();
    expect(await app.ref(Counter, 'a').ask.current()).toBe(3);
    expect(clock.now() - began).toBe(7_200_000);
    await app.ref(Counter, 'a').with({ delay: '2d' }).tell.increment(1);
    await expect(app.drain()).rejects.toMatchObject({
      code: 'PS_TEST_APP_NOT_DRAINED',
      actors: ['default/default/counter/a'],
    });
  });

  it('waits in drain() in real time, and names what is left', async () => {
    app = await ActorTestingModule.create({ ...parts, ...store() }).start();
    await app.ref(Counter, 'a').tell.increment(1);
    await app.drain();
    expect(await app.ref(Counter, 'a').ask.current()).toBe(2);
    await app.ref(Counter, 'a').with({ delay: '1h' }).tell.increment(1);
    await expect(app.drain({ within: 10 })).rejects.toThrow(/messages of default\/default\/counter\/a have not ended/);
  });

  it('goes on after stop() and restart(), with other parts where they are given', async () => {
    const clock = new ManualClock();
    app = await ActorTestingModule.create({ ...parts, ...store(), clock }).start();
    await app.ref(Counter, 'a').ask.increment(1);
    await app.stop();
    await app.restart({ providers: [Till, { provide: Rates, useValue: { today: async () => 100 } }] });
    expect(await app.ref(Counter, 'a').ask.increment(1)).toBe(102);
  });
});

describe('TestApp', () => {
  it('does what the README shows', async () => {
    const fakeMailer = { send: async () => undefined };
    const RatesClient = Rates;
    const Mailer = Till;
    const clock = new ManualClock();
    app = await ActorTestingModule.create({ actors: [Counter], providers: [RatesClient, Mailer], clock })
      .overrideProvider(Mailer)
      .useValue(fakeMailer)
      .start();
    expect(app.get<unknown>(Mailer)).toBe(fakeMailer);
    const rate = app.fakes.effect('Counter.rate', 7).failing(1);
    const answer = app.ref(Counter, 'a').ask.increment(2);
    await clock.advance('1s');
    expect(await answer).toBe(14);
    await app.crash();
    await app.restart();
    expect(await app.ref(Counter, 'a').ask.current()).toBe(14);
    expect(rate.times).toBe(2);
    await expectJournal(app.ref(Counter, 'a')).toHaveEffectOnce('rate');
    await app.close();
  });

  it('takes the forRoot of an application module, on the store and clock of the test', async () => {
    @Module({
      imports: [
        PlexSpacesModule.forRoot({
          askTimeout: '2s',
          storage: TypeormStorageModule.sqlite('/nowhere/that/can/be/written.db'),
        }),
        PlexSpacesModule.forFeature([Counter, Rates, Till]),
      ],
    })
    class AppModule {}
    const clock = new ManualClock();
    app = await ActorTestingModule.create({ imports: [AppModule], clock }).start();
    expect(await app.ref(Counter, 'a').ask.increment(1)).toBe(2);
    const slow = app.ref(Counter, 'a').ask.nap();
    slow.catch(() => undefined);
    await clock.advance('2s');
    await expect(slow).rejects.toMatchObject({ code: 'PS_ASK_TIMEOUT' });
    await app.crash();
    await app.restart();
    await app.drain();
    expect(await app.ref(Counter, 'a').ask.current()).toBe(3);
    await app.close();
    await expect(
      ActorTestingModule.create({ imports: [AppModule], options: { askTimeout: 1 } }).start(),
    ).rejects.toMatchObject({ code: 'PS_INVALID_TEST_OPTION', option: 'options' });
  });

  it('leaves a storage of the test open, whoever thinks it is its own', async () => {
    const runtime = PlexSpacesModule.forRoot({ storage: MemoryStorageModule });
    app = await ActorTestingModule.create({ ...parts, imports: [runtime], storage: new MemoryStorage() }).start();
    await app.ref(Counter, 'a').ask.increment(1);
    await app.stop();
    await app.restart();
    expect(await app.ref(Counter, 'a').ask.increment(1)).toBe(4);
  });

  it('lets go of the file that its own storage module opened, when it crashes', async () => {
    const storage = TypeormStorageModule.sqlite(join(folder, 'let-go.db'));
    app = await ActorTestingModule.create({ ...parts, storage }).start();
    const opened = app.get<Storage>(STORAGE);
    await app.crash();
    await expect(opened.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
  });

  it('waits in drain() for actors that keep no inbox, too', async () => {
    @Actor({ type: 'plain' })
    @UseFacets(virtualActor())
    class Plain {
      static done = 0;

      @Handle() async work(): Promise<void> {
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
        Plain.done++;
      }
    }
    app = await ActorTestingModule.create({ actors: [Plain] }).start();
    await app.ref(Plain, 'a').tell.work();
    await app.ref(Plain, 'a').tell.work();
    await app.drain();
    expect(Plain.done).toBe(2);
  });

  it('runs no handler after a crash, not even of an actor that needs no store', async () => {
    const ran: number[] = [];
    let leave = (): void => undefined;
    @Actor({ type: 'plain' })
    @UseFacets(virtualActor())
    class Plain {
      @Handle() async work(n: number): Promise<void> {
        ran.push(n);
        await new Promise<void>((resolve) => (leave = resolve));
      }
    }
    app = await ActorTestingModule.create({ actors: [Plain] }).start();
    await app.ref(Plain, 'a').tell.work(1);
    await app.ref(Plain, 'a').tell.work(2);
    await until(() => ran.length === 1);
    await app.crash();
    leave();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toEqual([1]);
  });

  it('repeats overrides in every life', async () => {
    app = await ActorTestingModule.create(parts)
      .overrideProvider(Rates)
      .useValue({ today: () => Promise.resolve(10) })
      .compile();
    expect(app.state).toBe('made');
    await app.start();
    expect(await app.ref(Counter, 'a').ask.increment(1)).toBe(10);
    await app.crash();
    await app.restart();
    expect(await app.ref(Counter, 'a').ask.increment(1)).toBe(20);
  });

  it('refuses what its state does not allow, saying what to do', async () => {
    app = await ActorTestingModule.create(parts).compile();
    await expect(app.drain()).rejects.toThrow(
      'drain() is not possible: the application under test is not started yet.',
    );
    await app.start();
    await expect(app.restart()).rejects.toMatchObject({ code: 'PS_TEST_APP_STATE', state: 'is running' });
    await expect(app.start()).rejects.toMatchObject({ code: 'PS_TEST_APP_STATE' });
    expect(() => app.clock).toThrow(/clock: new ManualClock\(\)/);
    await app.crash();
    expect(() => app.crash()).toThrow(/has crashed/);
    expect(() => app.ref(Counter, 'a')).toThrow('has crashed. Call restart() first.');
    expect(() => app.get(Till)).toThrow(/has crashed/);
    await expect(app.stop()).rejects.toMatchObject({ code: 'PS_TEST_APP_STATE' });
    expect((await app.journal.replayFrom('default/default/counter/a', 1).toArray()).length).toBe(0);
    await app.close();
    await app.close();
    expect(() => app.ref(Counter, 'a')).toThrow('is closed. Make another one.');
    await expect(app.restart()).rejects.toThrow(/is closed/);
  });

  it.each<[string, object, RegExp]>([
    ['clock', { clock: 5 }, /^clock must be a ManualClock/],
    ['clock', { clock: { now: () => 1 } }, /^clock must be a ManualClock/],
    ['storage', { storage: 'memory' }, /^storage must be a Storage/],
    ['codecCheck', { codecCheck: 'no' }, /^codecCheck must be true or false/],
    ['actor', { actor: [Counter] }, /^actor is no option of ActorTestingModule; it has actors/],
  ])('refuses option %s: %j', (option, given, message) => {
    const create = () => ActorTestingModule.create(given);
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ code: 'PS_INVALID_TEST_OPTION', option }) as Error);
  });

  it('refuses a fake for an effect that no class has, naming those there are', async () => {
    await expect(ActorTestingModule.create({ ...parts, fakes: { 'Counter.rat': 1 } }).start()).rejects.toThrow(
      /no side effect Counter\.rat\. Side effects here: Counter\.rate/,
    );
    app = await ActorTestingModule.create(parts).start();
    expect(() => app.fakes.effect('rote', 1)).toThrow(expect.objectContaining({ code: 'PS_UNKNOWN_EFFECT' }) as Error);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
