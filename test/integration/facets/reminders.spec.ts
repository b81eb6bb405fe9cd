import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import {
  type ActorContext,
  Actor,
  Ctx,
  Handle,
  SideEffect,
  State,
  Supervisor,
  TerminalError,
  UseFacets,
  child,
  durability,
  virtualActor,
} from 'plexspaces';
import { type Recurrence, ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';

const START = Date.UTC(2030, 0, 1);
const DAY = 86_400_000;

/** What happened, kept outside; and how long a run takes. */
@Injectable()
class Ledger {
  readonly lines: string[] = [];
  clock!: ManualClock;
  lastsMs = 0;

  write(line: string): Promise<void> {
    this.lines.push(line);
    return this.lastsMs === 0
      ? Promise.resolve()
      : new Promise((resolve) => void this.clock.schedule(resolve, this.lastsMs));
  }
}

@Actor({ type: 'report' })
@UseFacets(durability(), virtualActor({ idleTimeout: '5m' }), reminder({ maxReminders: 3, defaultRecurrence: '24h' }))
class Report {
  @State() made: string[] = [];
  @State() settings = { copies: 1 };

  constructor(private readonly ledger: Ledger) {}

  @Handle()
  register(@Ctx() ctx: ActorContext, name: string, recurrence?: Recurrence, note = name): string {
    return reminders<Report>(ctx).register(name, recurrence, 'generate', note);
  }

  @Handle()
  registerSettings(@Ctx() ctx: ActorContext): string {
    return reminders<Report>(ctx).register('s', '1h', 'print', this.settings);
  }

  /** Arguments that no codec hands over as they are: nothing that crosses to a handler has such. */
  @Handle()
  registerOdd(
    @Ctx() ctx: ActorContext,
    kind: 'null prototype' | 'sparse' | 'minus zero' | 'minus zero within',
  ): string {
    const [first, third] = ['a', 'c'];
    const sparse = [first];
    sparse[2] = third;
    const odd = {
      'null prototype': Object.assign(Object.create(null) as object, { page: '1' }),
      sparse,
      'minus zero': -0,
      'minus zero within': { x: -0 },
    };
    return reminders<Report>(ctx).register('odd', '24h', 'keep', odd[kind]);
  }

  @Handle()
  async keep(what: unknown): Promise<void> {
    await this.note(Object.is(what, -0) ? '-0' : JSON.stringify(what));
  }

  @Handle()
  copyMore(): void {
    this.settings.copies++;
  }

  @Handle()
  async print(settings: { copies: number }): Promise<void> {
    await this.note(`${settings.copies++} copies`);
  }

  @Handle()
  registerThenFail(@Ctx() ctx: ActorContext, name: string): void {
    reminders<Report>(ctx).register(name, '1h', 'generate', name);
    throw new TerminalError('after registering');
  }

  @Handle()
  registerAndCancel(@Ctx() ctx: ActorContext, name: string): void {
    reminders<Report>(ctx).register(name, '1h', 'generate', name);
    reminders<Report>(ctx).register(name, '2h', 'generate', name);
    reminders<Report>(ctx).cancel(name);
  }

  @Handle()
  cancel(@Ctx() ctx: ActorContext, name: string, ifExists = false): boolean {
    return reminders<Report>(ctx).cancel(name, { ifExists });
  }

  @Handle()
  pause(@Ctx() ctx: ActorContext, name: string): boolean {
    return reminders<Report>(ctx).pause(name);
  }

  @Handle()
  resume(@Ctx() ctx: ActorContext, name: string): boolean {
    return reminders<Report>(ctx).resume(name);
  }

  @Handle({ readOnly: true })
  list(@Ctx() ctx: ActorContext) {
    return reminders<Report>(ctx).list();
  }

  @Handle()
  async generate(@Ctx() ctx: ActorContext, note: string): Promise<void> {
    await this.note(`${note} at ${(ctx.now() - START) / 1000}`);
    if (note === 'terminal') throw new TerminalError('no report today');
    if (note === 'crash') throw new Error('broken');
    if (note === 'self-cancel') reminders<Report>(ctx).cancel(note);
    if (note === 'self-pause') reminders<Report>(ctx).pause(note);
    if (note === 'self-pause-and-resume') {
      reminders<Report>(ctx).pause(note);
      reminders<Report>(ctx).resume(note);
    }
    if (note === 'self-renew') reminders<Report>(ctx).register(note, '2h', 'generate', note);
    this.made.push(note);
  }

  @SideEffect()
  protected note(line: string): Promise<void> {
    return this.ledger.write(line);
  }

  @Handle()
  touch(): void {
    // only brings it into memory
  }

  @Handle({ readOnly: true })
  count(): number {
    return this.made.length;
  }
}

@Actor({ type: 'mortal' })
@UseFacets(durability(), reminder())
class Mortal {
  @Handle()
  register(@Ctx() ctx: ActorContext): void {
    reminders<Mortal>(ctx).register('r', '1h', 'run');
  }

  @Handle()
  run(): void {
    // nothing
  }
}

@Actor({ type: 'forgetful' })
@UseFacets(virtualActor(), reminder())
class Forgetful {
  @Handle()
  register(@Ctx() ctx: ActorContext): void {
    reminders<Forgetful>(ctx).register('r', '1h', 'run');
  }

  @Handle()
  run(): void {
    // nothing
  }
}

/** Its wall clock can be put forward and back, as a machine's can. */
class SteppedClock extends ManualClock {
  stepMs = 0;

  override now(): number {
    return super.now() + this.stepMs;
  }
}

let app: TestApp;
let clock: SteppedClock;
let ledger: Ledger;

beforeEach(async () => {
  clock = new SteppedClock({ start: START, random: () => 0 });
  ledger = new Ledger();
  ledger.clock = clock;
  const providers = [ReminderFacet, { provide: Ledger, useValue: ledger }];
  app = await ActorTestingModule.create({ actors: [Report, Mortal, Forgetful], providers, clock }).start();
});
afterEach(() => app.close());

const report = (key = 'a') => app.ref(Report, key);
const at = (...seconds: number[]) => seconds.map((second) => `r at ${second}`);

describe('reminders', () => {
  it('[FI-RE07] [EX21] run every so long, waking their actor, and are one per name', async () => {
    expect(await report().ask.register('daily-report', '86400s')).toBe('registered');
    await clock.advance('1h');
    expect(await report().info()).toMatchObject({ state: 'Inactive' });
    expect(await report().ask.register('daily-report', '86400s')).toBe('unchanged');
    await clock.advance('3d');
    expect(ledger.lines).toEqual([1, 2, 3].map((day) => `daily-report at ${day * 86_400}`));
    expect(await report().ask.count()).toBe(3);
    expect(await report().ask.list()).toMatchObject([
      { name: 'daily-report', runs: 3, nextAt: new Date(START + 4 * DAY) },
    ]);
  });

  it('[FI-RE02] use the default recurrence, and ISO durations', async () => {
    await report().ask.register('r');
    await report('b').ask.register('r', 'PT12H', 'half');
    await clock.advance('1d');
    expect(ledger.lines).toEqual(['half at 43200', 'r at 86400', 'half at 86400']);
  });

  it('[FI-RE03] survive a crash', async () => {
    await report().ask.register('r', '1h');
    await clock.advance('30m');
    await app.crash();
    await app.restart();
    await clock.advance('90m');
    expect(ledger.lines).toEqual(at(3600, 7200));
  });

  it('[FI-RE06] never run again once cancelled, also after a restart, and leave nothing that is due', async () => {
    await report().ask.register('r', '1h');
    await report().ask.registerAndCancel('x');
    await clock.advance('90m');
    expect(await report().ask.cancel('r')).toBe(true);
    expect(await app.storage.inbox.pending(report().actorId)).toEqual([]);
    await app.crash();
    await app.restart();
    await clock.advance('10d');
    expect(ledger.lines).toEqual(at(3600));
    expect(await report().ask.cancel('r', true)).toBe(false);
    await expect(report().ask.cancel('r')).rejects.toMatchObject({ code: 'PS_REMINDER_NOT_FOUND' });
  });

  it('never run once cancelled while their run was in line', async () => {
    await report().ask.register('r', '1h');
    ledger.lastsMs = 5_000;
    await clock.advance('59m');
    await clock.advance('58s');
    const busy = report().ask.generate('busy'); // holds the line until after the hour
    await clock.advance('1s');
    const cancelled = report().ask.cancel('r');
    await clock.advance('1h');
    await Promise.all([busy, cancelled]);
    expect(ledger.lines).toEqual(['busy at 3598']);
    expect(await app.storage.inbox.pending(report().actorId)).toEqual([]);
  });

  it('[P8] [P9] run with their arguments as they were when they were registered', async () => {
    await report().ask.registerSettings();
    await report().ask.copyMore();
    await clock.advance('2h');
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
    await app.crash();
    await app.restart();
    await clock.advance('1h');
    expect(ledger.lines).toEqual(['1 copies', '1 copies', '1 copies']);
    expect(await report().ask.registerSettings()).toBe('replaced'); // since what they are to be has changed
  });

  it('[P7] leave nothing when the turn that registers them fails', async () => {
    await expect(report().ask.registerThenFail('x')).rejects.toThrow('after registering');
    expect(await app.storage.inbox.pending(report().actorId)).toEqual([]);
    await clock.advance('2h');
    expect(ledger.lines).toEqual([]);
  });

  it('come though an earlier message of the same key, forgotten by now, registered the same, which was cancelled', async () => {
    const keyed = (idempotencyKey: string) => report().with({ idempotencyKey });
    await keyed('open').ask.register('r', '12h');
    await clock.advance('10h');
    expect(await keyed('close').ask.cancel('r')).toBe(true);
    await clock.advance('15h');
    expect(await keyed('open').ask.register('r', '12h')).toBe('registered');
    await clock.advance('25h');
    expect(ledger.lines).toEqual(at(37 * 3600, 49 * 3600));
  });

  it('are replaced by another definition of that name', async () => {
    await report().ask.register('r', '1h');
    await clock.advance('30m');
    expect(await report().ask.register('r', '2h')).toBe('replaced');
    await clock.advance('4h');
    expect(ledger.lines).toEqual(at(9000, 16200));
  });

  describe.each(['msgpack', 'json'] as const)('with values in %s', (codec) => {
    it.each<[Parameters<Report['registerOdd']>[1], string]>([
      ['null prototype', '{"page":"1"}'],
      ['sparse', '["a",null,"c"]'],
      ['minus zero', '0'],
      ['minus zero within', '{"x":0}'],
    ])('are the same registered again, also after a restart, with an argument such as: %s', async (kind, kept) => {
      await app.close();
      const providers = [ReminderFacet, { provide: Ledger, useValue: ledger }];
      app = await ActorTestingModule.create({ actors: [Report], providers, clock, options: { codec } }).start();
      expect(await report().ask.registerOdd(kind)).toBe('registered');
      await clock.advance('10h');
      expect(await report().ask.registerOdd(kind)).toBe('unchanged');
      await app.crash();
      await app.restart();
      await clock.advance('10h');
      expect(await report().ask.registerOdd(kind)).toBe('unchanged');
      await clock.advance('10h');
      expect(ledger.lines).toEqual([kept]);
    });
  });

  it('may cancel, pause and renew themselves', async () => {
    for (const name of ['self-cancel', 'self-pause', 'self-renew']) await report().ask.register(name, '1h');
    await clock.advance('5h');
    expect(ledger.lines.filter((line) => line.startsWith('self-cancel'))).toHaveLength(1);
    expect(ledger.lines.filter((line) => line.startsWith('self-pause'))).toHaveLength(1);
    expect(ledger.lines.filter((line) => line.startsWith('self-renew'))).toEqual(
      [3600, 10800, 18000].map((s) => `self-renew at ${s}`),
    );
    expect(await report().ask.list()).toMatchObject([
      { name: 'self-pause', nextAt: null, runs: 1 },
      { name: 'self-renew' },
    ]);
  });

  it.each<[string, string, Recurrence]>([
    ['paused', 'self-pause', { after: '1h' }],
    ['paused', 'self-pause', { at: START + 3_600_000 }],
    ['paused and resumed', 'self-pause-and-resume', { after: '1h' }],
    ['paused and resumed', 'self-pause-and-resume', { at: START + 3_600_000 }],
  ])('that run once are over when they have run, also %s by that run (%s, %j)', async (_, name, recurrence) => {
    await report().ask.register(name, recurrence);
    await clock.advance('90m');
    expect(ledger.lines).toEqual([`${name} at 3600`]);
    expect(await report().ask.list()).toEqual([]);
    await expect(report().ask.resume(name)).rejects.toMatchObject({ code: 'PS_REMINDER_NOT_FOUND' });
    await clock.advance('1d');
    expect(ledger.lines).toEqual([`${name} at 3600`]);
    expect(await app.storage.inbox.pending(report().actorId)).toEqual([]);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it('that run once and are paused before they do, run once when they are resumed', async () => {
    await report().ask.register('r', { after: '1h' });
    await report().ask.pause('r');
    await clock.advance('2h');
    expect(await report().ask.resume('r')).toBe(true);
    await clock.advance('1d');
    expect(ledger.lines).toEqual(at(7200));
  });

  it('miss nothing while paused, and go on when resumed', async () => {
    await report().ask.register('r', '1h');
    expect(await report().ask.pause('r')).toBe(true);
    expect(await report().ask.pause('r')).toBe(false);
    await clock.advance('150m');
    expect(await report().ask.resume('r')).toBe(true);
    expect(await report().ask.resume('r')).toBe(false);
    await clock.advance('40m');
    expect(ledger.lines).toEqual(at(10800));
  });

  it('go on after a run that fails for good, and after one that is parked', async () => {
    await report().ask.register('terminal', '1h');
    await report('b').ask.register('crash', '1h');
    await clock.advance('130m');
    expect(ledger.lines.filter((line) => line.startsWith('terminal'))).toEqual([
      'terminal at 3600',
      'terminal at 7200',
    ]);
    const parked = await app.storage.inbox.parked(report('b').actorId);
    expect(parked).toHaveLength(2);
    expect(await app.storage.inbox.pending(report('b').actorId)).toHaveLength(1);
  });

  it('end after so many runs, and with their time', async () => {
    await report().ask.register('r', { every: '1h', maxOccurrences: 2 });
    await report().ask.register('u', { every: '1h', until: START + 1.5 * 3_600_000 });
    await report().ask.register('o', { after: '3h' });
    await clock.advance('1d');
    expect(ledger.lines.sort()).toEqual(['o at 10800', 'r at 3600', 'r at 7200', 'u at 3600']);
    expect(await report().ask.list()).toEqual([]);
    expect(await app.storage.inbox.pending(report().actorId)).toEqual([]);
  });

  it.each([
    ['once', [18_000]],
    ['all', [18_000, 18_000, 18_000, 18_000, 18_000]],
    ['skip', [18_000]],
  ] as const)('make up for what was missed while nothing ran: %s', async (missed, runs) => {
    await report().ask.register('r', { every: '1h', missed });
    await app.crash();
    await clock.advance('5h');
    await app.restart();
    await clock.advance('1m');
    expect(ledger.lines).toEqual(at(...runs));
    await clock.advance('1h');
    expect(ledger.lines).toEqual(at(...runs, 21_600));
  });

  it('drop what is late by more than the grace where missed runs are skipped', async () => {
    await report().ask.register('r', { every: '1h', missed: 'skip', grace: '10m' });
    await app.crash();
    await clock.advance('90m');
    await app.restart();
    await clock.advance('1m');
    expect(ledger.lines).toEqual([]);
    await clock.advance('30m');
    expect(ledger.lines).toEqual(at(7200));
  });

  it.each([
    ['skip', [10, 40, 70]],
    ['queue', [10, 35, 60, 85]],
  ] as const)('that fall due while they run: %s', async (overlap, runs) => {
    ledger.lastsMs = 25_000;
    await report().ask.register('r', { every: '10s', overlap, missed: 'all', maxOccurrences: runs.length });
    await clock.advance('3m');
    expect(ledger.lines).toEqual(at(...runs));
  });

  it('that fall due while one runs are all run afterwards where they queue, though those that are missed are not', async () => {
    ledger.lastsMs = 35_000;
    await report().ask.register('r', { every: '10s', overlap: 'queue', maxOccurrences: 6 });
    await clock.advance('12s');
    ledger.lastsMs = 0;
    await clock.advance('1m');
    expect(ledger.lines).toEqual(at(10, 45, 45, 45, 50, 60));
  });

  it.each([
    [-3_600_000, []],
    [3_600_000, [5_130]], // what was jumped over is made up for once, at the next look of the patrol
  ])('run once each, never early by the clock of then, when that is put by %d ms', async (step, made) => {
    await report().ask.register('r', { cron: '*/10 * * * *' });
    await clock.advance('25m');
    clock.stepMs = step;
    await clock.advance('3h');
    const times = ledger.lines.map((line) => Number(line.slice('r at '.length)));
    expect(new Set(times).size).toBe(times.length);
    expect(times.filter((time) => time % 600 !== 0)).toEqual(made);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    const end = (185 * 60_000 + 20 * 60_000 + step) / 1_000;
    expect(times.at(-1)).toBeGreaterThan(end - 1_200);
  });

  it('lie further off than any timer of Node reaches', async () => {
    await report().ask.register('r', { after: '400d' });
    await report().ask.register('soon', { at: START + 5_000 });
    await clock.advance('1h');
    expect(ledger.lines).toEqual(['soon at 5']);
    expect(await report().ask.list()).toMatchObject([{ name: 'r', nextAt: new Date(START + 400 * DAY) }]);
  });

  it('end with an actor that is stopped for good', async () => {
    const ref = await app.client(Mortal).spawn('m');
    await ref.ask.register();
    await ref.stop();
    expect(await app.storage.inbox.pending(ref.actorId)).toEqual([]);
    expect(await app.storage.inbox.parked(ref.actorId)).toEqual([]);
  });

  it('outlive the stop of a permanent child, which its supervisor mends', async () => {
    @Supervisor({ strategy: 'oneForOne', children: [child(Mortal, 'm')] })
    class Top {}
    await app.close();
    app = await ActorTestingModule.create({ actors: [Mortal, Top], providers: [ReminderFacet], clock }).start();
    await app.ref(Mortal, 'm').ask.register();
    await app.ref(Mortal, 'm').stop();
    await clock.advance('10s');
    expect(await app.storage.inbox.pending(app.ref(Mortal, 'm').actorId)).toHaveLength(1);
  });

  it('verify', async () => {
    await report().ask.register('r', '1h');
    await clock.advance('3h');
    await report().ask.pause('r');
    await report().ask.cancel('r');
    expect(await report().history.verify()).toMatchObject({ ok: true });
  });

  it.each<[string, Recurrence]>([
    ['0 ms', '0s'],
    ['less than a second', 999],
    ['no number', Number.NaN],
    ['a month, whose length is not known', 'P1M'],
    ['an empty ISO duration', 'PT'],
    ['nothing', {} as Recurrence],
    ['two ways', { every: '1h', cron: '* * * * *' }],
    ['an unknown option', { every: '1h', zone: 'UTC' }],
    ['a cron that never fires', { cron: '0 0 30 2 *' }],
    ['a cron out of range', { cron: '99 * * * *' }],
    ['a cron with step 0', { cron: '*/0 * * * *' }],
    ['an endless cron', { cron: `${'1,'.repeat(5_000)}1 * * * *` }],
    ['a date for a cron', { cron: '2031-01-01T00:00:00' }],
    ['a cron by the time it is read', { cron: '? * * * *' }],
    ['no zone, which would be that of the machine', { cron: '0 9 * * *', zone: '' }],
    ['an unknown zone', { cron: '0 9 * * *', zone: 'Mars/Base' }],
    ['an unknown policy', { every: '1h', missed: 'some' } as unknown as Recurrence],
    ['no runs', { every: '1h', maxOccurrences: 0 }],
    ['an end before its first run', { every: '1h', until: START }],
    ['no time', { at: Number.POSITIVE_INFINITY }],
    ['a wait that ends behind the last time there is', { after: 8.64e15 }],
    ['an interval that does', { every: 8.64e15 }],
  ])('refuse %s', async (_, recurrence) => {
    await expect(report().ask.register('r', recurrence)).rejects.toMatchObject({
      code: 'PS_INVALID_REMINDER',
      reminder: 'r',
    });
    expect(await report().ask.list()).toEqual([]);
  });

  it('refuse one more than allowed, an unknown handler, and an actor that keeps nothing', async () => {
    for (const name of ['a', 'b', 'c']) await report().ask.register(name, '1h');
    await expect(report().ask.register('d', '1h')).rejects.toMatchObject({ code: 'PS_REMINDER_LIMIT', limit: 3 });
    expect(await report().ask.register('a', '2h')).toBe('replaced');
    await expect(app.ref(Forgetful, 'f').ask.register()).rejects.toMatchObject({ code: 'PS_INVALID_REMINDER' });
  });
});

describe('reminder({ storageBackend })', () => {
  it('[FI-RE01] is refused at start when the application runs on another storage', async () => {
    @Actor({ type: 'picky' })
    @UseFacets(durability(), reminder({ storageBackend: 'postgres' }))
    class Picky {
      @Handle()
      run(): void {
        // nothing
      }
    }
    const start = ActorTestingModule.create({ actors: [Picky], providers: [ReminderFacet], clock }).start();
    await expect(start).rejects.toMatchObject({ code: 'PS_INVALID_FACET_CONFIG', option: 'storageBackend' });
  });
});
