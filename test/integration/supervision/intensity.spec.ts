import { child } from 'plexspaces';
import { PlexSpacesHealth, PlexSpacesHealthModule } from 'plexspaces/health';
import { closeApps } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, PLAIN } from '../../support/kinds';
import { Worker, env, gates, life, refusals, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

describe.each([PLAIN, DURABLE])('restart types and intensity, $name', (kind) => {
  it('[SV08] [SV09] [SV10] permanent: after crash and stop; transient: after a crash; temporary: never', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      children: (['permanent', 'transient', 'temporary'] as const).map((restart) =>
        child(worker, restart, { restart }),
      ),
    });
    const { ref, crash, starts, statuses } = await startTree(worker, [top]);
    for (const key of ['permanent', 'transient', 'temporary']) await crash(key);
    expect(await starts(top)).toEqual({ permanent: 2, transient: 2, temporary: 1 });
    expect(await statuses(top)).toEqual({ permanent: 'running', transient: 'running', temporary: 'down' });
    await ref('permanent').stop();
    await ref('transient').stop();
    await env.settle();
    expect(await starts(top)).toEqual({ permanent: 3, transient: 2, temporary: 1 });
    expect(await statuses(top)).toEqual({ permanent: 'running', transient: 'down', temporary: 'down' });
    expect(await ref('permanent').ask.add(1)).toBe(1);
    await expect(ref('transient').ask.add(1)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await expect(ref('temporary').ask.add(1)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
  });

  describe('what comes behind the stop of a permanent child without virtualActor()', () => {
    it.each([
      ['and what is sent while it is down', {}],
      ['also when its line is full', { mailbox: { maxMessages: 2 } }],
    ])('is handled when it has been started again, %s', async (_, options) => {
      const worker = kind.regular(Worker, options);
      const Top = supervisor('Top', {
        backoff: { kind: 'constant', delay: '1s' },
        children: [child(worker, 'a')],
      });
      const { ref, starts } = await startTree(worker, [Top]);
      const gate = new Gate();
      gates.set('a', gate);
      const held = ref('a').ask.hold(1);
      await gate.reached;
      const stopped = ref('a').stop();
      const behind = ref('a').ask.add(10);
      gate.open();
      expect(await held).toBe(1);
      await env.runUntil(stopped);
      const between = ref('a').tell.add(100);
      await env.settle();
      expect(await starts(Top)).toEqual({ a: 1 });
      await env.advance('2s');
      const before = kind.isDurable ? 1 : 0; // without a journal it begins anew
      expect(await env.runUntil(behind)).toBe(before + 10);
      await between;
      expect(await ref('a').ask.add(0)).toBe(before + 110);
      expect(await starts(Top)).toEqual({ a: 2 });
    });
  });

  it('[SV08] a permanent actor without virtualActor() outlives its stop', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { children: [child(worker, 'a')] });
    const { ref, starts } = await startTree(worker, [top]);
    expect(await ref('a').ask.add(2)).toBe(2);
    await ref('a').stop();
    await env.settle();
    expect(await starts(top)).toEqual({ a: 2 });
    expect(await ref('a').ask.add(1)).toBe(kind.isDurable ? 3 : 1);
  });

  it('[SV04] n crashes within the window are mended, one more and the supervisor gives up', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 3, within: '5s', children: [child(worker, 'a'), child(worker, 'b')] });
    const { app, crash, ref, starts, stats } = await startTree(worker, [top]);
    for (let i = 0; i < 3; i++) await crash('a');
    expect(await starts(top)).toEqual({ a: 4, b: 1 });
    expect(app.system.supervision.status().isUp).toBe(true);
    life.length = 0;
    await crash('a');
    expect(life).toEqual(['down b']);
    expect(app.system.supervision.status().isUp).toBe(false);
    expect(await stats(top)).toMatchObject({ status: 'down', failures: 4, restarts: 3, active: 0 });
    expect((await stats(top)).lastError).toMatchObject({ code: 'PS_RESTART_INTENSITY', child: 'subject/a' });
    await expect(ref('b').ask.add(1)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    expect(app.complaints.join()).toContain('it gave up: subject/a failed (boom)');
  });

  it('makes a node unready when the topmost supervisor has given up', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 1, within: '5s', children: [child(worker, 'a')] });
    const { providers = [] } = PlexSpacesHealthModule.forRoot();
    const { app, crash } = await startTree(worker, [top], { providers });
    const health = app.module.get(PlexSpacesHealth);
    await crash('a');
    expect(await health.supervision()).toEqual({ supervision: { status: 'up', supervisors: 1, failed: [] } });
    await crash('a');
    const { supervision } = await health.supervision();
    expect(supervision).toEqual({ status: 'down', supervisors: 1, failed: [expect.stringContaining('Top')] });
  });

  it('[SV05] crashes spaced wider than the window never exhaust it', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 1, withinDuration: '5s', children: [child(worker, 'a')] });
    const { crash, starts } = await startTree(worker, [top]);
    for (let i = 0; i < 6; i++) {
      await crash('a');
      await env.advance(5_001);
    }
    expect(await starts(top)).toEqual({ a: 7 });
  });

  it('intensity is one for all children of a supervisor', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 2, children: ['a', 'b', 'c'].map((key) => child(worker, key)) });
    const { app, crash } = await startTree(worker, [top]);
    await crash('a');
    await crash('b');
    expect(app.system.supervision.status().isUp).toBe(true);
    await crash('c');
    expect(app.system.supervision.status().isUp).toBe(false);
  });

  it.each([
    ['none', { kind: 'none' }, [0, 0, 0, 0]],
    ['constant', { kind: 'constant', delay: '1s' }, [1000, 1000, 1000, 1000]],
    ['linear with a cap', { kind: 'linear', delay: '1s', maxDelay: '3s' }, [1000, 2000, 3000, 3000]],
    ['exponential with a cap', { kind: 'exponential', delay: 100, maxDelay: 400 }, [100, 200, 400, 400]],
    ['with jitter', { kind: 'exponential', delay: 100, maxDelay: 400, jitter: 'full' }, [50, 100, 200, 200]],
  ] as const)('[SV06] backoff %s: restart instants on the virtual clock', async (_, backoff, waits) => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { backoff, within: '1h', children: [child(worker, 'a'), child(worker, 'b')] });
    const { crash, starts } = await startTree(worker, [top]);
    for (const [i, wait] of waits.entries()) {
      await crash('a');
      if (wait > 0) {
        await env.advance(wait - 1);
        expect(await starts(top)).toEqual({ a: i + 1, b: 1 });
        await env.advance(1);
      }
      expect(await starts(top)).toEqual({ a: i + 2, b: 1 });
    }
  });

  it('while one child waits for its restart the others are served', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      backoff: { kind: 'constant', delay: '1m' },
      children: [child(worker, 'a'), child(worker, 'b')],
    });
    const { crash, ref, starts } = await startTree(worker, [top]);
    await crash('a');
    await env.advance('10s');
    expect(await ref('b').ask.add(1)).toBe(1);
    await crash('b');
    await env.advance('50s');
    expect(await starts(top)).toEqual({ a: 2, b: 1 });
    await env.advance('10s');
    expect(await starts(top)).toEqual({ a: 2, b: 2 });
  });

  it('a child that can never start again ends in escalation, after maxRestarts tries', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 4, children: [child(worker, 'a')] });
    const { app, crash, starts } = await startTree(worker, [top]);
    refusals.set('a', 1_000);
    await crash('a');
    expect(await starts(top)).toEqual({ a: 5 });
    expect(app.system.supervision.status().isUp).toBe(false);
    expect(env.pendingTimers).toBeLessThan(5);
  });

  it('what is accepted durably waits while its child is down, and runs when it is started', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a', { restart: 'temporary' })] });
    const { crash, handle, ref } = await startTree(worker, [top]);
    await crash('a');
    if (!kind.isDurable) return expect(ref('a').tell.add(3)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await ref('a').tell.add(3);
    await env.advance('2m');
    expect(life).not.toContain('ran a 3');
    await handle(top).restartChild('subject/a');
    await env.settle();
    expect(await ref('a').ask.add(1)).toBe(4);
  });
});
