import { SeededChoices } from './choices';
import { SimClock } from './sim-clock';

function clockOf(seed: number, slow = 0): SimClock {
  return new SimClock({ seed, choices: new SeededChoices(seed), slow });
}

const toTheEnd = (): boolean => false;

describe('SimClock', () => {
  it('lets things happen in the order of virtual time, and drains microtasks between them', async () => {
    const clock = clockOf(1);
    const life = clock.newLife('n1');
    const seen: string[] = [];
    life.schedule(() => seen.push(`later ${life.monotonic()}`), 50);
    life.schedule(() => {
      seen.push('first');
      life.immediate(() => seen.push('immediate'));
      void (async () => {
        for (let i = 0; i < 100; i++) await null;
        seen.push('microtasks');
      })();
    }, 10);
    await clock.run(toTheEnd);
    expect(seen).toEqual(['first', 'microtasks', 'immediate', 'later 50']);
  });

  it('keeps the order of immediates of one life, however slow it is (F3)', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const clock = clockOf(seed, 0.5);
      const life = clock.newLife('n1');
      const seen: number[] = [];
      for (let i = 0; i < 20; i++) life.immediate(() => seen.push(i));
      await clock.run(toTheEnd);
      expect({ seed, seen }).toEqual({ seed, seen: [...seen].sort((a, b) => a - b) });
    }
  });

  it('runs nothing of a life that is over, and hears nothing from it (F1)', async () => {
    const clock = clockOf(1);
    const life = clock.newLife('n1');
    const seen: string[] = [];
    life.schedule(() => {
      seen.push('last words');
      clock.end(life);
      life.immediate(() => seen.push('from beyond'));
      life.schedule(() => seen.push('from beyond'), 1);
    }, 1);
    life.schedule(() => seen.push('never'), 2);
    await clock.run(toTheEnd);
    expect(seen).toEqual(['last words']);
  });

  it('keeps what falls due in a pause, in order, while time goes on (F2)', async () => {
    const clock = clockOf(1);
    const life = clock.newLife('n1');
    const seen: string[] = [];
    life.schedule(() => seen.push(`a ${clock.time}`), 10);
    life.schedule(() => seen.push(`b ${clock.time}`), 20);
    clock.world.schedule(() => clock.pause(life), 5);
    clock.world.schedule(() => clock.resume(life), 100);
    await clock.run(toTheEnd);
    expect(seen).toEqual(['a 100', 'b 100']);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = clockOf(1);
    const fired = jest.fn();
    clock.world.schedule(fired, 10).cancel();
    await clock.run(toTheEnd);
    expect(fired).not.toHaveBeenCalled();
    expect(clock.time).toBe(0);
  });

  it('ends the run with what leaves an event (E2)', async () => {
    const clock = clockOf(1);
    const after = jest.fn();
    clock.world.schedule(() => {
      throw new Error('boom');
    }, 1);
    clock.world.schedule(after, 2);
    await expect(clock.run(toTheEnd)).rejects.toThrow('boom');
    expect(after).not.toHaveBeenCalled();
  });

  it('has equal traces for equal seeds, ids and randomness included, and others for others (E3)', async () => {
    const runOf = async (seed: number): Promise<string> => {
      const clock = clockOf(seed, 0.3);
      const life = clock.newLife('n1');
      const drawn: unknown[] = [];
      const go = (left: number): void => {
        drawn.push(life.random(), life.id());
        if (left > 0) life.schedule(() => life.immediate(() => go(left - 1)), 1);
      };
      life.immediate(() => go(20));
      await clock.run(toTheEnd);
      return `${clock.traceHash} ${JSON.stringify(drawn)}`;
    };
    const first = await runOf(7);
    expect(await runOf(7)).toBe(first);
    expect(await runOf(8)).not.toBe(first);
  });
});
