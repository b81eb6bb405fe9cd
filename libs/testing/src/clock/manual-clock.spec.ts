import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { Journal } from '#journal';
import { TypeormStorageModule } from '#storage/typeorm';
import { STORAGE, type Storage } from '#spi';
import { ManualClock } from './manual-clock';

describe('ManualClock', () => {
  it('moves both clocks together, and only when told', async () => {
    const env = new ManualClock({ start: 1_000 });
    await env.settle();
    expect([env.now(), env.monotonic()]).toEqual([1_000, 0]);
    await env.advance('5m');
    expect([env.now(), env.monotonic()]).toEqual([301_000, 300_000]);
    await env.advanceTo(400_000);
    expect([env.now(), env.monotonic()]).toEqual([400_000, 399_000]);
    await expect(env.advanceTo(1_000)).rejects.toMatchObject({ code: 'PS_INVALID_TEST_OPTION' });
    await env.advanceTo(new Date(500_000));
    expect(env.now()).toBe(500_000);
  });

  it('fires timers in the order they fall due, each at its own time, equal ones in the order they were set', async () => {
    const env = new ManualClock({ start: 0 });
    const fired: string[] = [];
    const at = (name: string) => () => fired.push(`${name}@${env.now()}`);
    env.schedule(at('c'), 30);
    env.schedule(at('a'), 10);
    env.schedule(at('b'), 10);
    env.schedule(at('late'), 41);
    env.schedule(at('never'), 20).cancel();
    await env.advance(40);
    expect(fired).toEqual(['a@10', 'b@10', 'c@30']);
    expect(env.pendingTimers).toBe(1);
  });

  it('drains microtasks, immediates and file work between two timers, and fires timers that timers set', async () => {
    const env = new ManualClock();
    const steps: string[] = [];
    const folder = await mkdtemp(join(tmpdir(), 'manual-clock-'));
    env.schedule(() => {
      env.immediate(() => {
        void writeFile(join(folder, 'a'), 'a').then(() => {
          steps.push('written');
          env.schedule(() => steps.push('set by a timer'), 5);
        });
      });
    }, 10);
    env.schedule(() => steps.push('second'), 11);
    await env.advance(20);
    await rm(folder, { recursive: true });
    expect(steps).toEqual(['written', 'second', 'set by a timer']);
  });

  it('fires in settle() what is due now, and refuses to spin', async () => {
    const env = new ManualClock();
    let fired = 0;
    env.schedule(() => fired++, 0);
    await env.settle();
    expect(fired).toBe(1);
    const again = (): void => void env.schedule(again, 0);
    again();
    await expect(env.settle()).rejects.toMatchObject({ code: 'PS_RUNAWAY_TIMERS', fired: 10_000 });
  });

  it('gives the same randomness and ids to the same seed, ids rising', () => {
    const draw = (seed: number) => {
      const env = new ManualClock({ seed });
      return [env.random(), env.id(), env.id(), env.random()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const [, first, second] = draw(7) as [number, string, string, number];
    expect(first).toHaveLength(26);
    expect(second > first).toBe(true);
  });

  it('makes other ids and randomness in each clock of a process, unless they share a seed', () => {
    const [one, other] = [new ManualClock(), new ManualClock()];
    expect(one.id()).not.toBe(other.id());
    expect(one.random()).not.toBe(other.random());
    expect(new ManualClock({ random: () => 0.25 }).random()).toBe(0.25);
  });

  it('tells what is waited for, and goes from one to the next', async () => {
    const clock = new ManualClock({ start: 0 });
    clock.schedule(() => undefined, 2_000);
    clock.schedule(() => undefined, 500);
    expect(clock.waits).toEqual([500, 2_000]);
    expect(await clock.advanceToNext()).toBe(true);
    expect([clock.now(), ...clock.waits]).toEqual([500, 1_500]);
    expect(await clock.runUntilIdle()).toBe(1_500);
    expect(await clock.advanceToNext()).toBe(false);
    clock.schedule(() => undefined, 7_200_000);
    expect(await clock.runUntilIdle('1h')).toBe(0);
    expect(clock.pendingTimers).toBe(1);
  });

  it('moves time on until something that waits for it has come, also when that is asked for later', async () => {
    const clock = new ManualClock({ start: 0 });
    const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.schedule(resolve, ms));
    const folder = await mkdtemp(join(tmpdir(), 'manual-clock-'));
    const work = async (): Promise<number> => {
      await pause(1_000);
      await new Promise((resolve) => execFile(process.execPath, ['--version'], resolve)); // no timer, no file of ours
      await pause(2_000);
      return clock.now();
    };
    expect(await clock.runUntil(work())).toBe(3_000);
    await rm(folder, { recursive: true });
    await expect(clock.runUntil(pause(5).then(() => Promise.reject(new Error('no'))))).rejects.toThrow('no');
  });

  it('waits for a worker thread that a watched storage asks, before time goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'manual-clock-'));
    const sqlite = TypeormStorageModule.sqlite(join(folder, 'journal.db'));
    const module = await Test.createTestingModule({ imports: [sqlite] }).compile();
    const clock = new ManualClock();
    const watched = clock.watching(module.get<Storage>(STORAGE, { strict: false }));
    const journal = new Journal(watched, clock);
    const steps: string[] = [];
    clock.schedule(() => {
      void journal
        .append('a', { kind: 'StateChanged', changes: { values: { n: 1 }, deltas: {}, removed: [] } })
        .then(() => journal.replayFrom('a', 1).toArray())
        .then((entries) => steps.push(`${entries.length} read`));
    }, 10);
    clock.schedule(() => steps.push('next'), 11);
    await clock.advance(20);
    expect(steps).toEqual(['1 read', 'next']);
    await module.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['start', { start: NaN }],
    ['seed', { seed: 1.5 }],
  ])('refuses %s that is none', (option, options) => {
    expect(() => new ManualClock(options)).toThrow(
      expect.objectContaining({ code: 'PS_INVALID_TEST_OPTION', option }) as Error,
    );
  });
});
