import {
  type ActorContext,
  type Explanation,
  Actor,
  Ctx,
  Handle,
  MemoryStorage,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';

// What an actor will do by itself, and what keeps it from doing so.

let gate: Gate;
let deadly = false;

class Base {
  @State() ticks = 0;
  @Handle() tick(): void {
    this.ticks++;
  }
  @Handle() set(@Ctx() ctx: ActorContext): void {
    timers<Base>(ctx).schedulePeriodic('poll', '10s', 'tick');
    timers<Base>(ctx).scheduleOnce('expire', '1m', 'tick');
  }
  @Handle() cancel(@Ctx() ctx: ActorContext): void {
    timers<Base>(ctx).cancel('poll');
  }
  @Handle({ retry: { maxAttempts: 4, initialDelay: '1m', maxDelay: '1m', jitter: 'none' } }) fails(): void {
    throw new Error('the printer is on fire');
  }
  async onActivate(): Promise<void> {
    if (deadly) await gate.pass();
  }
}

@Actor({ type: 'plain' })
@UseFacets(virtualActor({ idleTimeout: '5m' }), timer())
class Plain extends Base {}

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor({ idleTimeout: '5m' }), timer(), reminder())
class Kept extends Base {
  @Handle() remind(@Ctx() ctx: ActorContext): void {
    reminders<Kept>(ctx).register('daily', '24h', 'tick');
    reminders<Kept>(ctx).register('hourly', '1h', 'tick');
  }
}

let app: TestApp;
let clock: ManualClock;
let storage: MemoryStorage;

async function start(tables?: MemoryStorage['tables']): Promise<void> {
  storage = new MemoryStorage(tables);
  const providers = [TimerFacet, ReminderFacet];
  app = await ActorTestingModule.create({ actors: [Plain, Kept], providers, clock, storage }).start();
}

beforeEach(async () => {
  gate = new Gate();
  deadly = false;
  clock = new ManualClock({ random: () => 0 });
  await start();
});
afterEach(async () => {
  gate.open();
  await app.crash();
  await app.close();
});

const explain = (cls: typeof Plain | typeof Kept): Promise<Explanation> => clock.runUntil(app.ref(cls, 'a').explain());
const kinds = ({ causes }: Explanation): string[] => causes.map(({ kind }) => kind);

describe.each([Plain, Kept])('timers of %p', (cls) => {
  it('are named with their time, the next one first, and only while there are any', async () => {
    expect(kinds(await explain(cls))).toEqual(['notInMemory']);
    await app.ref(cls, 'a').ask.set();
    await clock.advance('4s');
    const explanation = await explain(cls);
    expect(kinds(explanation)).toEqual(['timer']);
    const { says, facts } = explanation.cause('timer')!;
    const dueAt = clock.now() + 6_000;
    expect(says).toContain(`the next, timer poll, is due at ${new Date(dueAt).toISOString()}`);
    expect(facts).toEqual({
      count: 2,
      dueAt,
      timers: [
        { facet: 'timer', name: 'poll', handler: 'tick', dueAt },
        { facet: 'timer', name: 'expire', handler: 'tick', dueAt: dueAt + 50_000 },
      ],
    });
    await app.ref(cls, 'a').ask.cancel();
    expect((await explain(cls)).cause('timer')?.facts).toMatchObject({ count: 1, timers: [{ name: 'expire' }] });
    await clock.advance('1m');
    expect((await explain(cls)).causes).toEqual([]);
  });

  it('rest while it is not in memory', async () => {
    await app.ref(cls, 'a').ask.set();
    await app.ref(cls, 'a').ask.cancel();
    await clock.advance('10s');
    await app.system.drain();
    expect((await app.ref(cls, 'a').explain()).cause('timer')).toBeUndefined();
  });
});

it('a failed turn leaves its actor without an instance for a while: it says so, and goes on', async () => {
  for (const cls of [Plain, Kept]) {
    gate = new Gate();
    await app.ref(cls, 'a').ask.tick();
    deadly = true;
    await app.ref(cls, 'a').tell.fails();
    await clock.settle();
    await gate.reached;
    const explanation = await explain(cls);
    expect([explanation.state, explanation.cause('failed')?.says]).toEqual([
      'Failed',
      expect.stringContaining('a new instance takes over'),
    ]);
    deadly = false;
    gate.open();
    await clock.settle();
    expect((await explain(cls)).cause('failed')).toBeUndefined();
  }
});

describe('the runs of reminders', () => {
  it('are told by name and time, whether it is in memory or not', async () => {
    await app.ref(Kept, 'a').ask.remind();
    const start = clock.now();
    const check = async (causes: readonly string[]): Promise<void> => {
      const explanation = await explain(Kept);
      expect(kinds(explanation)).toEqual(causes);
      const { says, facts } = explanation.cause('planned')!;
      expect(says).toContain('2 runs are planned; the next, reminder hourly, is due at');
      expect(facts).toMatchObject({
        count: 2,
        dueAt: start + 3_600_000,
        runs: [
          { facet: 'reminder', name: 'hourly', number: 1, dueAt: start + 3_600_000 },
          { facet: 'reminder', name: 'daily', number: 1, dueAt: start + 24 * 3_600_000 },
        ],
      });
    };
    await check(['planned']);
    await clock.advance('6m');
    await check(['notInMemory', 'planned']);
  });

  it('are no messages that somebody else has delayed', async () => {
    await app.ref(Kept, 'a').ask.remind();
    await app.ref(Kept, 'a').with({ delay: '5m' }).tell.tick();
    const explanation = await explain(Kept);
    expect(kinds(explanation)).toEqual(['planned', 'delayed']);
    expect(explanation.cause('delayed')?.facts).toMatchObject({ count: 1, dueAt: clock.now() + 300_000 });
  });
});

describe('a message in retry, in another life than it failed in', () => {
  beforeEach(async () => {
    await app.ref(Kept, 'a').tell.fails();
    await clock.settle();
    await clock.advance('1m'); // failed twice
    await app.crash();
    await app.close();
    await clock.advance('10s');
    await start(storage.tables);
  });

  const expected = () => ({ handler: 'fails', attempts: 3, until: clock.now() + 50_000 });

  it('is told while it is not in memory', async () => {
    const explanation = await explain(Kept);
    expect(kinds(explanation)).toEqual(['notInMemory', 'retry']);
    expect(explanation.cause('retry')?.facts).toMatchObject(expected());
    expect(explanation.cause('retry')?.says).toContain('3 starts counted');
    expect((await app.ref(Kept, 'a').info()).state).toBe('Inactive');
  });

  it('is told when another message has brought it into memory, and stands behind it', async () => {
    const answer = app.ref(Kept, 'a').with({ timeout: '5m' }).ask.tick();
    answer.catch(() => undefined);
    await clock.settle();
    const explanation = await explain(Kept);
    expect(kinds(explanation)).toEqual(['retry', 'queue']);
    expect(explanation.cause('retry')?.facts).toMatchObject(expected());
  });
});

it('what is due lies there when the node does not find it, and its next look does', async () => {
  const kept = new MemoryStorage();
  const { system, client } = await startApp({
    actors: [Kept],
    providers: [TimerFacet, ReminderFacet],
    storage: kept,
    env: clock,
  });
  const ref = client(Kept).ref('a');
  const { due } = kept.inbox;
  await ref.with({ delay: '10m' }).tell.tick();
  await clock.advance('6m'); // it is idle, and leaves
  kept.inbox.due = () => Promise.reject(new Error('the cable is out'));
  await clock.advance('5m');
  const explanation = await ref.explain();
  expect(kinds(explanation)).toEqual(['notInMemory', 'due']);
  const { facts, remedy } = explanation.cause('due')!;
  expect(facts).toMatchObject({ count: 1, messageIds: [expect.any(String)] });
  expect(remedy).toContain('takes them up by itself');
  kept.inbox.due = due;
  await clock.advance('5s');
  expect((await ref.explain()).causes).toEqual([]);
  expect(system.isIdle).toBe(true);
  await clock.runUntil(closeApps());
});

it('what is parked can be taken up by what the remedy says', async () => {
  await app.ref(Kept, 'a').tell.fails();
  await clock.advance('4m');
  const { facts, remedy } = (await explain(Kept)).cause('parked')!;
  const [{ id }] = facts['messages'] as [{ id: string }];
  expect(remedy).toContain(`DeadLetters.retry({ actor: 'default/default/kept/a', messageId: '${id}' })`);
});
