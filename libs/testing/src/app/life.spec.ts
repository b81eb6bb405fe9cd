import type { Storage } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { ManualClock } from '../clock/manual-clock';
import { Life } from './life';

/** What became of a promise so far. */
function watch(promise: Promise<unknown>): { state: string } {
  const seen = { state: 'pending' };
  promise.then(
    () => (seen.state = 'resolved'),
    (error: { code?: string }) => (seen.state = error.code ?? 'rejected'),
  );
  return seen;
}

/** A store whose `head` is answered when told. */
function slowStore() {
  const memory = new MemoryStorage();
  let calls = 0;
  let answer = (): void => undefined;
  const journal = new Proxy(memory.journal, {
    get: (target, name) => {
      if (name !== 'head') return Reflect.get(target, name, target) as unknown;
      return async (actor: string) => {
        calls++;
        await new Promise<void>((resolve) => (answer = resolve));
        return target.head(actor);
      };
    },
  });
  const storage: Storage = { journal, inbox: memory.inbox, checkpoints: memory.checkpoints };
  return { storage, answer: () => answer(), calls: () => calls };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a life', () => {
  it('lets nothing reach the store after its end, and answers nothing (L1)', async () => {
    const { storage, answer, calls } = slowStore();
    const life = new Life(new ManualClock());
    const seen = life.storage(storage);
    const before = watch(seen.journal.head('a'));
    await turns();
    life.end();
    const after = watch(seen.journal.head('a'));
    const pages = watch(seen.journal.read('a', 0)[Symbol.asyncIterator]().next());
    const settled = watch(life.settled());
    await turns();
    expect(settled.state).toBe('pending'); // L3
    answer();
    await turns();
    expect(settled.state).toBe('resolved');
    expect([before, after, pages].map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
    expect(calls()).toBe(1);
  });

  it('fires no timer and no immediate after its end (L1)', async () => {
    const clock = new ManualClock();
    const life = new Life(clock);
    let fired = 0;
    const count = (): number => fired++;
    life.env.schedule(count, 10);
    life.env.schedule(count, 20).cancel();
    life.env.schedule(count, 1_000);
    await clock.advance(10);
    expect([fired, clock.pendingTimers]).toEqual([1, 1]);
    life.env.immediate(count);
    life.end();
    life.env.schedule(count, 0).cancel();
    life.env.schedule(count, 0);
    life.env.immediate(count);
    await clock.advance('1h');
    expect([fired, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('tells those outside, who wait or come later (L2), but not what was answered before', async () => {
    const { storage } = slowStore();
    const life = new Life(new ManualClock());
    const done = watch(life.guard(() => 1));
    const waiting = watch(life.guard(() => new Promise(() => undefined)));
    const reading = watch(life.storageForCallers(storage).journal.head('a'));
    await turns();
    life.end();
    let called = false;
    const late = watch(life.guard(() => (called = true)));
    await turns();
    expect([done, waiting, reading, late].map(({ state }) => state)).toEqual([
      'resolved',
      ...Array<string>(3).fill('PS_TEST_APP_CRASHED'),
    ]);
    expect(called).toBe(false);
    await expect(new Life(new ManualClock()).guard(() => Promise.reject(new TypeError('own')))).rejects.toThrow('own');
  });

  it('makes a clock that tests move wait for the store', async () => {
    const { storage, answer } = slowStore();
    const clock = new ManualClock();
    void new Life(clock).storage(storage).journal.head('a');
    const settled = watch(clock.settle());
    await turns();
    await turns();
    expect(settled.state).toBe('pending');
    answer();
    await turns();
    await turns();
    await turns();
    expect(settled.state).toBe('resolved');
  });
});
