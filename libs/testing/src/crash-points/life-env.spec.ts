import { ManualClock } from '../clock/manual-clock';
import { LifeEnv } from './life-env';

describe('the world as one life has it', () => {
  const fired: string[] = [];
  let clock: ManualClock;
  let env: LifeEnv;
  let runaways: number;
  beforeEach(() => {
    fired.length = 0;
    clock = new ManualClock({ seed: 1 });
    runaways = 0;
    env = new LifeEnv(clock, () => runaways++);
  });

  it('has the time, the randomness and the ids of its clock', () => {
    expect(env.now()).toBe(clock.now());
    expect(env.monotonic()).toBe(clock.monotonic());
    const other = new ManualClock({ seed: 1 });
    expect(env.random()).toBe(other.random());
    expect(env.id()).toBe(other.id());
  });

  it('knows its next timer, fired and cancelled ones left out', async () => {
    expect(env.nextDueAt).toBeNull();
    env.schedule(() => fired.push('late'), 50);
    const cancelled = env.schedule(() => fired.push('never'), 5);
    env.schedule(() => fired.push('soon'), 10);
    cancelled.cancel();
    expect(env.nextDueAt).toBe(10);
    await clock.advance(10);
    expect(fired).toEqual(['soon']);
    expect(env.nextDueAt).toBe(50);
  });

  it('ends with all that it had put off; the clock goes on for the next life', async () => {
    env.schedule(() => fired.push('timer of the dead'), 10);
    env.immediate(() => fired.push('immediate of the dead'));
    env.end();
    env.schedule(() => fired.push('timer set by the dead'), 10);
    env.immediate(() => fired.push('immediate asked for by the dead'));
    expect(env.nextDueAt).toBeNull();
    new LifeEnv(clock, () => undefined).schedule(() => fired.push('timer of the next'), 10);
    await clock.advance(10);
    expect(fired).toEqual(['timer of the next']);
  });

  it('ends when it goes on and on while time stands still (E2)', async () => {
    for (let i = 0; i < 150_000; i++) env.now();
    await clock.advance(1);
    for (let i = 0; i < 150_000; i++) env.now(); // time went on in between
    expect(env.isRunaway).toBe(false);
    env.schedule(() => fired.push('timer of the runaway'), 10);
    for (let i = 0; i < 150_000; i++) env.id();
    expect(env.isRunaway).toBe(true);
    expect(runaways).toBe(1);
    await clock.advance(10);
    expect(fired).toEqual([]);
  });
});
