import 'reflect-metadata';
import {
  type ActorContext,
  type FacetSpec,
  Actor,
  Ctx,
  Handle,
  State,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';

const START = Date.UTC(2030, 0, 1);

function makeSession(type: string, facets: readonly FacetSpec[]) {
  @Actor({ type })
  @UseFacets(...facets)
  class Session {
    @State() log: string[] = [];
    @State() failures = 0;
    @State() settings = { copies: 1 };

    @Handle()
    every(@Ctx() ctx: ActorContext, name: string, period: string | undefined, note = name): void {
      timers<Session>(ctx).schedulePeriodic(name, period, 'tick', note);
    }

    @Handle()
    once(@Ctx() ctx: ActorContext, name: string, delay: string | number, note = name): void {
      timers<Session>(ctx).scheduleOnce(name, delay, 'tick', note);
    }

    @Handle()
    everyThenFail(@Ctx() ctx: ActorContext, name: string): void {
      timers<Session>(ctx).schedulePeriodic(name, '1s', 'tick', name);
      throw new TerminalError('after scheduling');
    }

    @Handle()
    print(@Ctx() ctx: ActorContext): void {
      timers<Session>(ctx).schedulePeriodic('print', '1s', 'printed', this.settings);
      this.settings.copies++;
    }

    @Handle()
    printed(settings: { copies: number }): void {
      this.log.push(`${settings.copies++} copies`);
    }

    @Handle()
    cancel(@Ctx() ctx: ActorContext, name: string, ifExists = false): boolean {
      return timers<Session>(ctx).cancel(name, { ifExists });
    }

    @Handle()
    list(@Ctx() ctx: ActorContext) {
      return timers<Session>(ctx).list();
    }

    @Handle({ readOnly: true })
    look(@Ctx() ctx: ActorContext): string[] {
      return timers<Session>(ctx)
        .list()
        .map(({ name }) => name);
    }

    @Handle()
    call(@Ctx() ctx: ActorContext, name: string, period: string): void {
      timers<Session>(ctx).schedulePeriodic(name, period, (self) => void self.log.push(`${name} called`));
    }

    @Handle()
    tick(@Ctx() ctx: ActorContext, note: string): void {
      if (note === 'fails once' && this.failures === 0) throw new TerminalError('a bad tick');
      if (note === 'last') timers<Session>(ctx).cancel('last');
      this.log.push(`${note} at ${(ctx.now() - START) / 1000}`);
    }

    @Handle()
    heal(): void {
      this.failures = 1;
    }

    @Handle({ readOnly: true })
    read(): string[] {
      return this.log;
    }
  }
  return Session;
}

const Durable = makeSession('durable-session', [
  durability(),
  virtualActor(),
  timer({ maxTimers: 3, defaultPeriod: '10s' }),
]);
const Plain = makeSession('plain-session', [virtualActor({ idleTimeout: '1h' }), timer({ maxTimers: 3 })]);

let app: TestApp;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock({ start: START });
  app = await ActorTestingModule.create({ actors: [Durable, Plain], providers: [TimerFacet], clock }).start();
});
afterEach(() => app.close());

describe.each([
  ['with durability', () => Durable],
  ['in memory', () => Plain],
])('timers %s', (_, cls) => {
  const session = () => app.ref(cls(), 'a');

  it('[FI-TI04] [EX20] tick every period as turns of their own', async () => {
    await session().ask.every('cleanup', '60s');
    await clock.advance('5m');
    expect(await session().ask.read()).toEqual([60, 120, 180, 240, 300].map((at) => `cleanup at ${at}`));
  });

  it('[FI-TI03] fire once where that was asked for', async () => {
    await session().ask.once('greet', '90s');
    await clock.advance('1h');
    expect(await session().ask.read()).toEqual(['greet at 90']);
    expect(await session().ask.list()).toEqual([]);
  });

  it('[FI-TI05] never fire once cancelled, and say which there are when one is unknown', async () => {
    await session().ask.every('cleanup', '60s');
    await clock.advance('61s');
    expect(await session().ask.cancel('cleanup')).toBe(true);
    await clock.advance('10m');
    expect(await session().ask.read()).toEqual(['cleanup at 60']);
    expect(await session().ask.cancel('cleanup', true)).toBe(false);
    await expect(session().ask.cancel('cleanup')).rejects.toMatchObject({ code: 'PS_TIMER_NOT_FOUND', known: [] });
  });

  it('[FI-TI07] are told apart by name; the same name again begins anew', async () => {
    await session().ask.every('a', '40s');
    await session().ask.every('b', '60s');
    await clock.advance('30s');
    await session().ask.every('a', '40s', 'a again');
    await clock.advance('45s');
    expect(await session().ask.read()).toEqual(['b at 60', 'a again at 70']);
  });

  it('[FI-TI02] are refused beyond the limit by name, and the others go on', async () => {
    for (const name of ['a', 'b', 'c']) await session().ask.every(name, '60s');
    await expect(session().ask.every('d', '60s')).rejects.toMatchObject({
      code: 'PS_TIMER_LIMIT',
      limit: 3,
      timer: 'd',
    });
    await session().ask.every('c', '30s'); // not one more
    await clock.advance('60s');
    expect((await session().ask.read()).sort()).toEqual(['a at 60', 'b at 60', 'c at 30', 'c at 60']);
  });

  it('[P7] leave nothing when the turn that schedules them fails', async () => {
    await expect(session().ask.everyThenFail('x')).rejects.toThrow('after scheduling');
    await clock.advance('1m');
    expect(await session().ask.read()).toEqual([]);
    expect(await session().ask.look()).toEqual([]);
  });

  it('go on after a tick that fails', async () => {
    await session().ask.every('job', '10s', 'fails once');
    await clock.advance('15s');
    await session().ask.heal();
    await clock.advance('20s');
    expect(await session().ask.read()).toEqual(['fails once at 20', 'fails once at 30']);
  });

  it('tick with their arguments as they were when they were scheduled', async () => {
    await session().ask.print();
    await clock.advance('3s');
    expect(await session().ask.read()).toEqual(['1 copies', '1 copies', '1 copies']);
  });

  it('may be cancelled by their own tick', async () => {
    await session().ask.every('last', '10s');
    await clock.advance('1m');
    expect(await session().ask.read()).toEqual(['last at 10']);
  });

  it.each([
    ['every', ['', '1s'], 'PS_INVALID_TIMER'],
    ['every', ['x', '0s'], 'PS_INVALID_TIMER'],
    ['every', ['x', 'soon'], 'PS_INVALID_TIMER'],
    ['every', ['a\0b', '1s'], 'PS_INVALID_TIMER'],
    ['every', ['x'.repeat(129), '1s'], 'PS_INVALID_TIMER'],
    ['once', ['x', Number.NaN], 'PS_INVALID_TIMER'],
    ['once', ['x', -1], 'PS_INVALID_TIMER'],
    ['once', ['x', Number.MAX_SAFE_INTEGER], 'PS_INVALID_TIMER'],
    ['every', ['x', 8.64e15], 'PS_INVALID_TIMER'],
    ['once', ['x', Number.POSITIVE_INFINITY], 'PS_INVALID_TIMER'],
  ] as const)('refuse %s(%j)', async (method, args, code) => {
    const send = session().ask as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await expect(send[method]!(...args)).rejects.toMatchObject({ code });
  });

  it('wait longer than 2^31 ms without firing early', async () => {
    await session().ask.once('next-year', 2 ** 31 + 5_000);
    await clock.advance('50m'); // beyond what an overflowing setTimeout would wait
    expect(await session().ask.read()).toEqual([]);
    expect((await session().ask.list())[0]).toMatchObject({
      name: 'next-year',
      nextAt: new Date(START + 2 ** 31 + 5_000),
    });
  });
});

describe('timers with durability', () => {
  const session = () => app.ref(Durable, 'a');

  it('[FI-TI01] use the default period where none is given', async () => {
    await session().ask.every('cleanup', undefined);
    await clock.advance('25s');
    expect(await session().ask.read()).toEqual(['cleanup at 10', 'cleanup at 20']);
    await expect(app.ref(Plain, 'a').ask.every('cleanup', undefined)).rejects.toMatchObject({
      code: 'PS_INVALID_TIMER',
    });
  });

  it('survive a crash: one that fell due meanwhile fires once, when the actor is back, and wakes nobody (Q34)', async () => {
    await session().ask.every('cleanup', '60s');
    await session().ask.once('greet', '90s');
    await clock.advance('70s');
    await app.crash();
    await clock.advance('10m');
    await app.restart();
    await clock.advance('10m');
    expect(await session().info()).toMatchObject({ state: 'Inactive' });

    await session().ask.heal(); // brings it back
    await clock.advance('1s');
    expect(await session().ask.read()).toEqual(['cleanup at 60', 'cleanup at 1270', 'greet at 1270']);
    await clock.advance('60s');
    expect((await session().ask.read()).length).toBe(4);
  });

  it('refuse a function, which cannot be stored', async () => {
    await expect(session().ask.call('x', '1s')).rejects.toMatchObject({ code: 'PS_INVALID_TIMER' });
  });

  it('verify', async () => {
    await session().ask.every('cleanup', '60s');
    await clock.advance('3m');
    await session().ask.cancel('cleanup');
    expect(await session().history.verify()).toMatchObject({ ok: true, divergences: [] });
  });
});

describe('timers in memory', () => {
  it('may call a function, on the instance of then', async () => {
    const ref = app.ref(Plain, 'a');
    await ref.ask.call('cleanup', '10s');
    await clock.advance('15s');
    await expect(ref.ask.everyThenFail('x')).rejects.toThrow(); // makes the instance anew
    await clock.advance('10s');
    expect(await ref.ask.read()).toEqual(['cleanup called', 'cleanup called']);
  });

  it('are gone after a crash', async () => {
    await app.ref(Plain, 'a').ask.every('cleanup', '10s');
    await app.crash();
    await app.restart();
    await clock.advance('1m');
    expect(await app.ref(Plain, 'a').ask.look()).toEqual([]);
    expect(await app.ref(Plain, 'a').ask.read()).toEqual([]);
  });
});
