import { DeadlockError } from 'plexspaces';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';
import { runningTurnOf } from '../../../libs/core/src/runtime/running-turn';
import type { Turn } from '../../../libs/core/src/turn/turn';
import { type Script, type Step, Kept, Plain, ask, classOf, letEffectsWait, sleep } from './script-actors';

let app: TestApp;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock({ random: () => 0.5 });
  letEffectsWait((ms) => new Promise((resolve) => void clock.schedule(() => resolve(undefined), ms)));
  app = await ActorTestingModule.create({ actors: [Plain, Kept], clock }).start();
});
afterEach(() => app.close());

type Outcome = number | { readonly code: string; readonly path: readonly string[] | undefined };

function run(key: string, ...script: Script): Promise<Outcome> {
  return app
    .ref(classOf(key), key)
    .ask.run(script)
    .catch((error: DeadlockError) => ({ code: error.code, path: error.path }));
}

function seen(key: string): Promise<{ seen: readonly string[]; done: number }> {
  return app.ref(classOf(key), key).ask.read();
}

const at = (key: string): string => `default/default/${key.startsWith('d') ? 'kept' : 'plain'}/${key}`;
const path = (...keys: string[]): string[] => [...keys, keys[0] as string].map(at);

describe('crossed asks of actors without a journal', () => {
  it('one of two is given up within 100 ms, the path says why, and the other goes on', async () => {
    const both = Promise.all([run('p1', sleep(5), ask('p2')), run('p2', ask('p1'))]);
    await clock.advance(105);
    expect(await both).toEqual([{ code: 'PS_DEADLOCK', path: path('p1', 'p2') }, 1]);
    expect([(await seen('p1')).done, (await seen('p2')).done]).toEqual([1, 1]); // its own ask of p1 was handled
  });

  it('three in a circle lose one as well: the one that closed it', async () => {
    const all = Promise.all([run('p1', sleep(2), ask('p2')), run('p2', sleep(1), ask('p3')), run('p3', ask('p1'))]);
    await clock.advance(102);
    expect(await all).toEqual([
      { code: 'PS_DEADLOCK', path: path('p1', 'p2', 'p3') },
      expect.anything(),
      expect.anything(),
    ]);
  });

  it('a handler may catch it and go on', async () => {
    const both = Promise.all([run('p1', sleep(5), { caught: [ask('p2')] }, ask('p3')), run('p2', ask('p1'))]);
    await clock.advance(105);
    expect(await both).toEqual([1, 1]);
    expect((await seen('p1')).seen).toEqual(['PS_DEADLOCK']);
  });

  it('who only stands behind them in line is left alone', async () => {
    const all = Promise.all([
      run('p1', sleep(5), { caught: [ask('p2')] }),
      run('p2', ask('p1')),
      run('p4', ask('p1')),
      run('p5', ask('p4')),
    ]);
    await clock.advance(105);
    expect(await all).toEqual([1, 1, 1, 1]);
  });
});

describe('crossed asks of durable actors', () => {
  it('its caller is told; the others have gone on', async () => {
    const both = Promise.all([run('d1', sleep(5), ask('d2')), run('d2', ask('d1'))]);
    await clock.advance(105);
    expect(await both).toEqual([{ code: 'PS_DEADLOCK', path: path('d1', 'd2') }, 1]);
    expect([(await seen('d1')).done, (await seen('d2')).done]).toEqual([1, 1]);
  });

  it.each(['p', 'd'])('accepted work is not given up for an ask: %s', async (kind) => {
    const [one, two] = [`${kind}1`, `${kind}2`];
    await app.ref(classOf(one), one).tell.run([sleep(5), ask(two)]);
    const asked = run(two, ask(one));
    await clock.advance(105);
    expect(await asked).toEqual({ code: 'PS_DEADLOCK', path: path(two, one) });
    expect([(await seen(one)).done, (await seen(two)).done]).toEqual([1, 1]);
  });

  it('of two accepted messages one is parked at once: a retry would hold the line', async () => {
    await app.ref(Kept, 'd1').tell.run([sleep(5), ask('d2')]);
    await app.ref(Kept, 'd2').tell.run([ask('d1')]);
    await clock.advance(105);
    expect([(await seen('d1')).done, (await seen('d2')).done]).toEqual([1, 1]);
    expect(await app.storage.inbox.parked(at('d1'))).toHaveLength(1);
  });

  it('a handler that catches it goes on with that: the record says so, also when it is run again', async () => {
    const both = Promise.all([run('d1', sleep(5), { caught: [ask('d2')] }, sleep(300)), run('d2', ask('d1'))]);
    await clock.advance(150);
    await app.crash();
    await app.restart();
    both.catch(() => undefined);
    await clock.advance('5s');
    expect((await seen('d1')).seen).toEqual(['PS_DEADLOCK']);
    expect(await app.ref(Kept, 'd1').history.verify()).toMatchObject({ ok: true });
  });

  it('a mixed circle is found too', async () => {
    const both = Promise.all([run('d1', sleep(5), { caught: [ask('p2')] }), run('p2', ask('d1'))]);
    await clock.advance(105);
    expect(await both).toEqual([1, 1]);
  });

  it('one of several asks at once is enough: the turn cannot end before all have', async () => {
    const both = Promise.all([
      run('d1', sleep(5), { all: [[{ caught: [ask('d2')] }], [sleep(10_000)]] }),
      run('d2', ask('d1')),
    ]);
    await clock.advance(105);
    expect((await seen('d1')).seen).toEqual([]); // not committed yet
    await clock.advance('11s');
    expect(await both).toEqual([1, 1]);
    expect((await seen('d1')).seen).toEqual(['PS_DEADLOCK']);
  });
});

describe('other waits', () => {
  it('a reader that may not overtake what its own sender sent, and which waits for that', async () => {
    await app.ref(Plain, 'p1').tell.run([{ tell: 'p1', does: [{ caught: [{ read: 'p1' }] }] }]); // it reads itself while it handles its own tell
    await clock.advance(105);
    expect(await seen('p1')).toEqual({ seen: ['PS_DEADLOCK'], done: 2 });
  });

  it.each(['p', 'd'])(
    'a wait for what a later turn of an actor decides, such as its deferred answer: %s',
    async (kind) => {
      const [one, two] = [`${kind}1`, `${kind}2`];
      const { waits } = app.system;
      const { address } = app.ref(classOf(two), two);
      letEffectsWait(() => new Promise((resolve, reject) => void waits.add(waitingTurn(), address, resolve, reject)));
      const alone = run(one, { caught: [{ effect: 1 }] });
      await clock.advance('1s');
      expect(waits.of(waitingTurn())).toHaveLength(1); // nobody holds the line there: anybody may still bring it about
      const crossed = run(two, ask(one));
      await clock.advance(105);
      const outcome = await crossed;
      if (outcome === 1) expect((await seen(one)).seen).toEqual(['PS_DEADLOCK']);
      else expect(outcome).toEqual({ code: 'PS_DEADLOCK', path: path(two, one) });
      for (const wait of waits.of(waitingTurn())) wait.resolve(undefined);
      await clock.advance(105);
      expect(await alone).toBe(1);

      function waitingTurn(): Turn {
        return runningTurnOf(app.system.activationOf(app.ref(classOf(one), one).address)!)!;
      }
    },
  );

  it('an ask whose answer is deferred waits for any later turn', async () => {
    const { waits } = app.system;
    const { address } = app.ref(Plain, 'p2');
    const asked = run('p1', ask('p2', sleep(50)), sleep(1));
    const crossed = run('p3', ask('p2'));
    await clock.advance(10);
    const turn = runningTurnOf(app.system.activationOf(app.ref(Plain, 'p1').address)!)!;
    const [wait] = waits.of(turn);
    expect(wait).toMatchObject({ on: address, message: { handler: { name: 'run' } } });
    waits.defer(wait!);
    expect(wait).toMatchObject({ message: null });
    await clock.advance('1s');
    expect(await Promise.all([asked, crossed])).toEqual([1, 1]); // nobody waited in a circle
  });
});

describe.each(['p', 'd'])('answers that are put off: %s', (kind) => {
  const [one, two] = [`${kind}1`, `${kind}2`] as const;

  it.each([
    ['by a message to itself', { request: two, does: [ask(one)] }],
    ['until a later message', { aside: two, afterMs: 10, does: [ask(one)] }],
  ])('%s, which waits for the asker: that is a circle', async (_, step) => {
    const asked = run(one, step);
    await clock.advance(115);
    expect(await asked).toEqual({ code: 'PS_DEADLOCK', path: path(two, one) });
    expect(app.system.deferred.waitingFor(at(two))).toEqual([]);
  });

  it('who is given up waits no longer, and is no longer waited for', async () => {
    const asked = run(one, { caught: [{ aside: two, afterMs: 2_000, does: [] }] });
    await clock.advance(10);
    const [wait] = app.system.waits.of(runningTurnOf(app.system.activationOf(app.ref(classOf(one), one).address)!)!);
    expect(app.system.deferred.waitingFor(at(two))).toHaveLength(1);
    wait!.giveUp(new DeadlockError(at(one), [at(one)], 'run', 'x'));
    expect(app.system.deferred.waitingFor(at(two))).toEqual([]);
    expect(await asked).toBe(1);
    expect((await seen(one)).seen).toEqual(['PS_DEADLOCK']);
  });

  it('are no circle while the actor that owes them goes on with something else', async () => {
    const all = Promise.all([
      run(one, { aside: two, afterMs: 3_000, does: [sleep(500)] }),
      run(two, sleep(1_000), ask(`${kind}3`, sleep(1_000))),
    ]);
    await clock.advance('9s');
    expect(await all).toEqual([expect.any(Number), expect.any(Number)]);
  });
});

describe.each(['p', 'd'])('asks inside side effects: %s', (kind) => {
  const [one, two, three] = [`${kind}1`, `${kind}2`, `${kind}3`] as const;
  const outside = (key: string, afterMs?: number, does: Script = []): Step => ({
    outside: [{ ask: key, does }],
    ...(afterMs !== undefined && { afterMs }),
  });

  it('are no circle when the effect goes on by itself', async () => {
    const both = Promise.all([run(one, sleep(5), outside(two, 300)), run(two, ask(one))]);
    await clock.advance('1s');
    expect(await both).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('park no accepted work', async () => {
    await app.ref(classOf(one), one).tell.run([sleep(5), outside(two, 300)]);
    await app.ref(classOf(two), two).tell.run([ask(one)]);
    await clock.advance('1s');
    for (const key of [one, two]) expect(await app.storage.inbox.parked(at(key))).toEqual([]);
    expect([(await seen(one)).done, (await seen(two)).done]).toEqual([2, 2]);
  });

  it('come back to their actor when its turn has ended', async () => {
    const asked = run(one, outside(two, 300, [ask(one)]));
    const itself = run(three, outside(three, 300));
    await clock.advance('1s');
    expect(await Promise.all([asked, itself])).toEqual([1, 1]);
    for (const key of [one, two, three]) expect((await seen(key)).done).toBe(key === two ? 1 : 2);
  });

  it('end with their time where the effect awaits nothing else: nobody can know that it does', async () => {
    await app.ref(classOf(one), one).tell.run([sleep(5), { caught: [outside(two)] }]);
    await app.ref(classOf(two), two).tell.run([{ caught: [ask(one)] }]);
    await clock.advance('29s');
    expect([(await seen(one)).done, (await seen(two)).done]).toEqual([0, 0]);
    await clock.advance('2s');
    expect(await seen(one)).toEqual({ seen: [], done: 1 }); // the other's ask had given up before, and was not started
    expect(await seen(two)).toEqual({ seen: ['PS_ASK_TIMEOUT'], done: 2 });
  });

  it('an effect that may go on with another answer does', async () => {
    const race = { outside: [two, three].map((key) => ({ ask: key, does: key === three ? [sleep(2_000)] : [] })) };
    const both = Promise.all([run(one, sleep(5), race), run(two, ask(one))]);
    await clock.advance('5s');
    expect(await both).toEqual([expect.any(Number), expect.any(Number)]);
  });
});

describe('no deadlock', () => {
  const quiet = async (...outcomes: Promise<Outcome>[]): Promise<void> => {
    await clock.advance('29s');
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toEqual(expect.any(Number));
  };

  it('a reader closes no circle', () =>
    quiet(run('p1', sleep(5), { read: 'p2' }), run('p2', { read: 'p1' }, sleep(500))));

  it('a plain turn that may go on with another act does', () =>
    quiet(run('p1', sleep(5), { race: [[ask('p2')], [sleep(2_000)]] }), run('p2', ask('p1'))));

  it('a wait for somebody slow', () => quiet(run('p1', ask('p2', sleep(20_000))), run('p3', ask('p2'))));

  it('a wait for a retry', () => quiet(run('p1', ask('d2')), run('d2', sleep(10), { tell: 'p1', does: [] })));

  it('a chain that meets itself is told at once, without a probe', async () => {
    expect(await run('d1', ask('p2', ask('d1')))).toMatchObject({ code: 'PS_CALL_CYCLE' });
    expect(await run('p1', ask('p1'))).toMatchObject({ code: 'PS_CALL_CYCLE' });
    expect(clock.now()).toBe(Date.UTC(2030, 0, 1));
  });
});
