import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    await expect(env.advanceTo(1_000)).rejects.toThrow('time does not go back');
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
    await expect(env.settle()).rejects.toThrow('they set each other');
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
});
