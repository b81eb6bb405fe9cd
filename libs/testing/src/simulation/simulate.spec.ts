import 'reflect-metadata';
import { runInThisContext } from 'node:vm';
import { Inject } from '@nestjs/common';
import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from '#core';
import { ENV, type Env } from '#spi';
import {
  InvalidSimulationError,
  LivenessError,
  RealWorldUsedError,
  SimulationFailedError,
  SimulationLimitError,
} from '../errors';
import { Outside } from './outside';
import { simulate } from './simulate';
import type { SimulateOptions } from './simulate-options';

/** Jest gives its tests a copy. */
const realProcess = runInThisContext('process') as NodeJS.Process;
const retry = { maxAttempts: 50, initialDelay: 1 };

@Actor({ type: 'tally' })
@UseFacets(durability(), virtualActor())
class Tally {
  @State() value = 0;

  constructor(
    private readonly outside: Outside,
    @Inject(ENV) readonly env: Env,
  ) {}

  @Handle({ retry }) async charge(): Promise<number> {
    this.value += await this.pay();
    return this.value;
  }

  @Handle() look(): number {
    return Date.now();
  }

  @Handle({ retry: { maxAttempts: 3 } }) exhaust(): Promise<never> {
    return this.outside.die();
  }

  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }

  @SideEffect({ retry: { maxAttempts: 20, initialDelay: 5 } }) protected pay(): Promise<number> {
    return this.outside.call('pay', 1);
  }
}

/** It counts the lines outside in place of its state, so that what an effect did twice counts twice. */
const honest: SimulateOptions = {
  actors: [Tally],
  scenario: async (world) => {
    for (let i = 0; i < 4; i++) await world.client('c').ask(Tally, 't', { attempts: 40 }).charge();
  },
  invariant: async (world) => {
    const value = await (await world.ref(Tally, 't')).ask.current();
    if (value !== 4) throw new RangeError(`the tally shows ${value}`);
  },
};

async function failureOf(options: Partial<SimulateOptions>): Promise<SimulationFailedError> {
  const outcome = await simulate({ ...honest, ...options }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(SimulationFailedError);
  return outcome as SimulationFailedError;
}

describe('simulate', () => {
  it('gives equal traces for equal seeds, and runs what it says', async () => {
    const seeds = { from: 1, count: 30 };
    const first = await simulate({ ...honest, seeds });
    const second = await simulate({ ...honest, seeds });
    expect(second).toEqual(first);
    expect(first.runs.map(({ seed }) => seed)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(first.runs.some(({ lives }) => lives > 1)).toBe(true);
    expect(new Set(first.runs.map(({ traceHash }) => traceHash)).size).toBeGreaterThan(20);
  });

  it('finds what is wrong, shrinks it, and gives what replays it', async () => {
    // An invariant that no crash between call and record keeps: as if the service outside ignored keys.
    const invariant: SimulateOptions['invariant'] = (world) => {
      if (world.ledger.length !== 4) throw new RangeError(`${world.ledger.length} payments arrived`);
    };
    const failure = await failureOf({ seeds: { from: 1, count: 200 }, invariant });
    expect(failure.message).toContain(`Seed ${failure.seed} fails`);
    expect(failure.story.length).toBeGreaterThan(0);
    expect(failure.schedule.length).toBeLessThan(25);
    const again = await failureOf({ seed: failure.seed, schedule: failure.schedule, invariant });
    expect((again.cause as Error).message).toBe((failure.cause as Error).message);
    for (const left of failure.schedule) {
      const schedule = failure.schedule.filter((decision) => decision !== left);
      const { runs } = await simulate({ ...honest, seed: failure.seed, schedule, invariant });
      expect(runs).toHaveLength(1); // without any one of its decisions it passes: there is no shorter one inside it
    }
    const tame = await simulate({ ...honest, seed: failure.seed, schedule: [], invariant });
    expect(tame.runs[0]?.lives).toBe(1);
  });

  it('says who hangs when a scenario never ends', async () => {
    const failure = await failureOf({
      seed: 1,
      faults: 'none',
      scenario: async (world) => {
        void world.client('c').ask(Tally, 't').charge();
        await new Promise(() => undefined);
      },
    });
    expect(failure.cause).toBeInstanceOf(LivenessError);
    expect((failure.cause as LivenessError).hanging).toContain('the scenario');
  });

  it('stops a scenario that keeps itself busy', async () => {
    const failure = await failureOf({
      seed: 1,
      faults: 'none',
      timeLimit: '1m',
      scenario: async (world) => {
        for (;;) await world.sleep(100);
      },
    });
    expect(failure.cause).toBeInstanceOf(SimulationLimitError);
  });

  it('passes on what an invariant throws', async () => {
    const invariant = (): never => {
      throw new TypeError('wrong');
    };
    expect((await failureOf({ seed: 1, faults: 'none', invariant })).cause).toBeInstanceOf(TypeError);
  });

  it('fails by a rejection that nobody handled, in whichever event it was, and leaves none to the next run', async () => {
    const heard = jest.fn();
    realProcess.on('unhandledRejection', heard);
    const last: Partial<SimulateOptions> = {
      seed: 1,
      faults: 'none',
      invariant: () => void Promise.reject(new RangeError('dropped in the last event')),
    };
    expect((await failureOf(last)).cause).toEqual(new RangeError('dropped in the last event'));
    expect(realProcess.listeners('unhandledRejection')).toContain(heard);
    realProcess.off('unhandledRejection', heard);
    expect(heard).not.toHaveBeenCalled();
    await expect(simulate({ ...honest, seed: 1, faults: 'none' })).resolves.toMatchObject({ runs: [{ seed: 1 }] });
  });

  it('shows at a death which calls have left it and will arrive', async () => {
    let late = 0;
    await simulate({
      actors: [Tally],
      seeds: { from: 1, count: 60 },
      scenario: async (world) => {
        const promised: string[] = [];
        world.onDeath(() => void promised.push(...world.callsUnderWay.map(({ key }) => key)));
        const charge = (key: string) => world.client('c').ask(Tally, key, { attempts: 40 }).charge();
        for (let i = 0; i < 4; i++) await Promise.all(['t', 'u', 'v', 'w', 'x'].map(charge));
        await world.sleep(20);
        expect(world.callsUnderWay).toEqual([]);
        expect(world.ledger.map(({ key }) => key)).toEqual(expect.arrayContaining(promised));
        late += promised.length;
      },
    });
    expect(late).toBeGreaterThan(0);
  });

  it('lets a message end its process, as often as it may be started (P7)', async () => {
    let lives = 0;
    await simulate({
      seed: 1,
      faults: 'none',
      actors: [Tally],
      scenario: async (world) => {
        await world.client('c').tell(Tally, 't', { attempts: 40 }).exhaust();
        await world.client('c').ask(Tally, 't', { attempts: 40 }).charge();
        lives = world.lives;
      },
      invariant: async (world) => {
        expect(await world.parkedOf('default/default/tally/t')).toEqual([expect.objectContaining({ attempts: 3 })]);
      },
    });
    expect(lives).toBe(4);
  });

  it('tells nobody of lives that end with the run', async () => {
    const deaths: number[] = [];
    const failure = await failureOf({
      seed: 1,
      faults: 'none',
      scenario: (world) => {
        world.onDeath(() => {
          deaths.push(world.now);
          void Promise.reject(new Error('looked at a store that is gone'));
        });
        throw new TypeError('the scenario is wrong');
      },
    });
    expect((failure.cause as Error).message).toBe('the scenario is wrong');
    expect(deaths).toEqual([]);
  });

  it('refuses the real clock, also where the error is caught', async () => {
    const failure = await failureOf({
      seed: 1,
      faults: 'none',
      scenario: async (world) => {
        await world
          .client('c')
          .ask(Tally, 't')
          .look()
          .catch(() => undefined);
      },
    });
    expect(failure.cause).toBeInstanceOf(RealWorldUsedError);
    expect((failure.cause as Error).message).toContain('Date.now()');
  });

  it('refuses a PLEXSPACES_SEED that is no number', async () => {
    const before = process.env['PLEXSPACES_SEED'];
    process.env['PLEXSPACES_SEED'] = 'abc';
    try {
      await expect(simulate(honest)).rejects.toMatchObject({ code: 'PS_INVALID_SIMULATION', option: 'seed' });
    } finally {
      if (before === undefined) delete process.env['PLEXSPACES_SEED'];
      else process.env['PLEXSPACES_SEED'] = before;
    }
  });

  it.each<[string, Partial<SimulateOptions>, string]>([
    ['a seed that is no number', { seed: 'x' as unknown as number }, 'seed'],
    ['a seed that is not whole', { seed: 1.5 }, 'seed'],
    ['no seeds', { seeds: { from: 1, count: 0 } }, 'seeds.count'],
    ['a fault that does not exist', { faults: { gremlins: 0.5 } as never }, 'faults.gremlins'],
    ['a negative probability', { faults: { processCrash: -0.1 } }, 'faults.processCrash'],
    ['a probability above 1', { faults: { readFails: 2 } }, 'faults.readFails'],
    ['no actors', { actors: [] }, 'actors'],
    ['a scenario that is no function', { scenario: 5 as never }, 'scenario'],
    ['a schedule without its seed', { schedule: [] }, 'schedule'],
    ['a schedule that is none', { seed: 1, schedule: ['crash'] }, 'schedule'],
    ['an unknown option', { speed: 1 } as never, 'speed'],
    ['a time limit of nothing', { timeLimit: 0 }, 'timeLimit'],
  ])('refuses %s', async (_, options, option) => {
    const refusal = await simulate({ ...honest, ...options }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidSimulationError);
    expect((refusal as InvalidSimulationError).option).toBe(option);
  });
});
