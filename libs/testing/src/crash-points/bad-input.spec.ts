import { Actor, Handle, State, UseFacets, actorContext, durability, virtualActor } from '#core';
import { MemoryStorage } from '#storage/memory';
import type { TestParts } from '../app/test-parts';
import { type CrashInvariant, type CrashPointOptions, type CrashScenario, everyCrashPoint } from './index';

@Actor({ type: 'counter' })
@UseFacets(durability({ compression: 'none' }), virtualActor())
class Counter {
  @State() value = 0;
  @Handle() add(by: number): number {
    this.value += by;
    return this.value;
  }
  /** Sends itself on, for ever. */
  @Handle() async goOn(): Promise<void> {
    await actorContext().actor(Counter, 'b').with({ delay: '1m' }).tell.goOn();
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

const add: CrashScenario = {
  app: () => ({ actors: [Counter] }),
  run: (app) => app.ref(Counter, 'a').with({ idempotencyKey: 'k' }).ask.add(1),
};
const isOne: CrashInvariant = async (app) => expect(await app.ref(Counter, 'a').ask.current()).toBe(1);

describe('everyCrashPoint refuses', () => {
  it.each<[string, object, RegExp]>([
    ['an unknown option', { bail: true }, /bail is unknown\. Known: storage, only, depth/],
    ['a store in the place of its maker', { storage: new MemoryStorage() }, /storage must be a function/],
    ['depth 3', { depth: 3 }, /depth must be 1 or 2, not 3/],
    ['depth 0', { depth: 0 }, /depth must be 1 or 2, not 0/],
    ['half a boundary', { maxBoundaries: 1.5 }, /maxBoundaries must be a whole number/],
    ['a limit that is no duration', { maxVirtualTime: 'soon' }, /maxVirtualTime is refused: "soon" is not a duration/],
    ['no time at all', { maxVirtualTime: 0 }, /maxVirtualTime must be at least 1 ms/],
    ['a boundary that is called otherwise', { only: 'flush7' }, /only is "flush7", which no boundary is called/],
    ['flush 0', { only: 'flush#0.beforeApply' }, /which no boundary is called/],
    ['an empty name', { only: '' }, /only is ""/],
    ['a number for a name', { only: 7 }, /only is 7, which no boundary is called/],
    [
      'three crashes in a row',
      { only: 'flush#1.beforeApply > flush#1.beforeApply > flush#1.beforeApply' },
      /only names 3 crashes in a row/,
    ],
  ])('%s', async (_, options, message) => {
    await expect(everyCrashPoint(add, isOne, options as CrashPointOptions)).rejects.toMatchObject({
      code: 'PS_INVALID_CRASH_POINT_OPTION',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each<[string, unknown, unknown]>([
    ['scenario.app', { run: () => undefined }, isOne],
    ['scenario.run', { app: () => ({}) }, isOne],
    ['scenario.world', { ...add, world: {} }, isOne],
    ['scenario.override', { ...add, override: {} }, isOne],
    ['scenario.app', undefined, isOne],
    ['invariant', add, undefined],
  ])('%s that is missing or no function', async (option, scenario, invariant) => {
    await expect(everyCrashPoint(scenario as CrashScenario, invariant as CrashInvariant)).rejects.toMatchObject({
      code: 'PS_INVALID_CRASH_POINT_OPTION',
      option,
    });
  });

  it.each(['storage', 'checkpoints', 'clock'])('a %s of the scenario: it is the test’s', async (name) => {
    const parts = (): TestParts => ({ actors: [Counter], [name]: new MemoryStorage() });
    await expect(everyCrashPoint({ ...add, app: parts }, isOne)).rejects.toMatchObject({
      code: 'PS_INVALID_CRASH_POINT_OPTION',
      option: `app().${name}`,
    });
  });

  it('a store that is none, or that is the same each time', async () => {
    const storage = (): MemoryStorage => undefined as never;
    await expect(everyCrashPoint(add, isOne, { storage })).rejects.toThrow('storage made something that is no Storage');
    const { tables } = new MemoryStorage();
    await expect(everyCrashPoint(add, isOne, { storage: () => new MemoryStorage(tables) })).rejects.toThrow(
      'storage made a store that is not empty; each run needs one of its own',
    );
  });

  it('a boundary that the scenario does not pass, naming those it does', async () => {
    await expect(everyCrashPoint(add, isOne, { only: 'flush#9.beforeApply' })).rejects.toThrow(
      'only names flush#9.beforeApply; the scenario passes flush#1.beforeApply, flush#1.afterApply, scenario.ended',
    );
  });

  it.each([1, 2] as const)('more boundaries than maxBoundaries, depth %i', async (depth) => {
    const all = await everyCrashPoint(add, isOne, { depth });
    const enough = { depth, maxBoundaries: all.boundaries.length };
    expect(await everyCrashPoint(add, isOne, enough)).toEqual(all);
    await expect(everyCrashPoint(add, isOne, { depth, maxBoundaries: enough.maxBoundaries - 1 })).rejects.toMatchObject(
      {
        code: 'PS_TOO_MANY_CRASH_POINTS',
        found: all.boundaries.length,
      },
    );
  });
});

jest.setTimeout(120_000); // what goes on and on takes its time to be noticed

describe('everyCrashPoint reports', () => {
  it('an invariant that does not hold without any crash', async () => {
    const search = everyCrashPoint(add, () => {
      throw new Error('nothing is right');
    });
    await expect(search).rejects.toMatchObject({
      code: 'PS_CRASH_POINTS_FAILED',
      message: expect.stringMatching(/^Without any crash the invariant does not hold:\n {3}nothing is right/) as string,
      failures: [expect.objectContaining({ during: 'invariant', boundary: { id: 'none', words: 'without a crash' } })],
    });
  });

  it('an invariant that throws what is no error, with its boundary', async () => {
    const search = everyCrashPoint(add, (_, { boundary }) => {
      if (boundary.id === 'flush#1.afterApply') throw 'just words' as unknown;
    });
    await expect(search).rejects.toMatchObject({
      message: expect.stringContaining('the invariant does not hold:\n     just words') as string,
      failures: [{ boundary: { id: 'flush#1.afterApply' }, error: 'just words' }],
      boundaries: 3,
    });
  });

  it('an invariant that never ends', async () => {
    const search = everyCrashPoint(
      add,
      (_, { boundary }) => (boundary.id === 'scenario.ended' ? new Promise(() => undefined) : undefined),
      { maxVirtualTime: '5m' },
    );
    await expect(search).rejects.toMatchObject({
      failures: [
        { boundary: { id: 'scenario.ended' }, during: 'invariant', error: { code: 'PS_SCENARIO_NEVER_ENDS' } },
      ],
      message: expect.stringContaining(
        'The invariant did not end within 300000 ms of virtual time: the store has nothing left to do.',
      ) as string,
    });
  });

  it('a scenario that never ends', async () => {
    const search = everyCrashPoint({ ...add, run: () => new Promise(() => undefined) }, isOne);
    await expect(search).rejects.toMatchObject({
      failures: [{ during: 'scenario', error: { code: 'PS_SCENARIO_NEVER_ENDS', limitMs: 3_600_000 } }],
    });
  });

  it('work that renews itself for ever', async () => {
    const run: CrashScenario['run'] = (app) => app.ref(Counter, 'b').with({ idempotencyKey: 'k' }).tell.goOn();
    const search = everyCrashPoint({ ...add, run }, isOne, { maxVirtualTime: '10m' });
    await expect(search).rejects.toMatchObject({
      failures: [{ during: 'resumption', error: { code: 'PS_SCENARIO_NEVER_ENDS' } }],
      message: expect.stringMatching(/counter\/b has message \S+ queued after 0 counted attempts/) as string,
    });
  });

  it.each([
    ['durable', [durability(), virtualActor()]],
    ['plain', [virtualActor()]],
  ])('work that renews itself at once, so that no time passes: %s', async (_, facets) => {
    @Actor({ type: 'busy' })
    @UseFacets(...facets)
    class Busy {
      @Handle() async goOn(): Promise<void> {
        await actorContext().actor(Busy, 'b').tell.goOn();
      }
    }
    const run: CrashScenario['run'] = (app) => app.ref(Busy, 'b').with({ idempotencyKey: 'k' }).tell.goOn();
    await expect(everyCrashPoint({ app: () => ({ actors: [Busy] }), run }, isOne)).rejects.toMatchObject({
      failures: [{ error: { code: 'PS_SCENARIO_NEVER_ENDS' } }],
      message: expect.stringContaining('while time stood still') as string,
    });
  });

  it('a scenario that fails, without a crash and after one', async () => {
    const broken = everyCrashPoint({ ...add, run: () => Promise.reject(new Error('no luck')) }, isOne);
    await expect(broken).rejects.toThrow(/^Without any crash the scenario failed:\n {3}no luck/);
    const run: CrashScenario<{ runs: number }>['run'] = async (app, world) => {
      if (++world.runs > 1) throw new Error('already there');
      await app.ref(Counter, 'a').with({ idempotencyKey: 'k' }).ask.add(1);
    };
    const later = everyCrashPoint(
      { app: () => ({ actors: [Counter] }), world: () => ({ runs: 0 }), run },
      () => undefined,
    );
    await expect(later).rejects.toThrow(
      /3 of 3 crash points broke it:[^]*the scenario failed when run again:\n {5}already there/,
    );
  });

  it('a scenario that is not the same each time', async () => {
    let runs = 0;
    const run: CrashScenario['run'] = async (app) => {
      const times = ++runs === 1 ? 3 : 1;
      for (let i = 0; i < times; i++)
        await app
          .ref(Counter, 'a')
          .with({ idempotencyKey: `k${i}` })
          .ask.add(1);
    };
    const search = everyCrashPoint({ ...add, run }, () => undefined, { only: 'flush#3.beforeApply' });
    await expect(search).rejects.toMatchObject({
      failures: [{ error: { code: 'PS_CRASH_POINT_NOT_REACHED', boundary: 'flush#3.beforeApply' } }],
    });
  });

  it('an application that does not start', async () => {
    const parts = (): TestParts => ({ actors: [Counter], options: { askTimeout: -1 } });
    await expect(everyCrashPoint({ ...add, app: parts }, isOne)).rejects.toMatchObject({
      failures: [{ during: 'start', error: { code: 'PS_INVALID_OPTIONS' } }],
      message: expect.stringContaining('Without any crash the application did not start:') as string,
    });
  });
});
