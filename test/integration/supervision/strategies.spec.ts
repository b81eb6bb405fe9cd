import { child, virtualActor } from 'plexspaces';
import { closeApps } from '../../support/app';
import { Gate } from '../../support/gate';
import { actorOf, DURABLE, PLAIN } from '../../support/kinds';
import { Worker, env, gates, life, refusals, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

describe.each([PLAIN, DURABLE])('strategies, $name', (kind) => {
  const three = (worker: ReturnType<typeof workerOf>) => [child(worker, 'a'), child(worker, 'b'), child(worker, 'c')];

  it('[SV01] oneForOne: the failed child alone is started again', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { strategy: 'oneForOne', children: three(worker) });
    const { starts, crash } = await startTree(worker, [top]);
    expect(life).toEqual(['up a', 'up b', 'up c']);
    await crash('b');
    expect(await starts(top)).toEqual({ a: 1, b: 2, c: 1 });
    expect(life).toEqual(['up a', 'up b', 'up c', 'up b']);
  });

  it('[SV02] oneForAll: all are stopped, last first, then started, first first', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { strategy: 'oneForAll', children: three(worker) });
    const { starts, crash } = await startTree(worker, [top]);
    life.length = 0;
    await crash('b');
    expect(await starts(top)).toEqual({ a: 2, b: 2, c: 2 });
    expect(life).toEqual(['down c', 'down a', 'up a', 'up b', 'up c']);
  });

  it('[SV03] restForOne: the failed child and those started after it', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { strategy: 'restForOne', children: three(worker) });
    const { starts, crash } = await startTree(worker, [top]);
    life.length = 0;
    await crash('b');
    expect(await starts(top)).toEqual({ a: 1, b: 2, c: 2 });
    expect(life).toEqual(['down c', 'up b', 'up c']);
  });

  it('a child that its supervisor holds is nobody whom a limit on active actors makes leave', async () => {
    const worker = actorOf(Worker, { type: 'subject' }, ...kind.facets, virtualActor({ maxActive: 2 }));
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      backoff: { kind: 'constant', delay: '1s' },
      children: [child(worker, 'a'), child(worker, 'b')],
    });
    const { ref, crash } = await startTree(worker, [top]);
    life.length = 0;
    await crash('a');
    expect(life).toEqual(['down b']);
    for (const key of ['x', 'y', 'z']) await ref(key).ask.add(1);
    await env.settle();
    expect(life.filter((what) => what === 'down b')).toEqual(['down b']);
    expect((await ref('b').info()).state).toBe('Active');
    await env.advance('1s');
    expect(await ref('b').ask.add(1)).toBe(1);
  });

  it('[AX15] [JR33] Active, Failed, Active: the child goes on from its last committed state', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: three(worker), backoff: { kind: 'constant', delay: '1s' } });
    const { app, ref } = await startTree(worker, [top]);
    expect(await ref('a').ask.add(5)).toBe(5);
    await expect(ref('a').ask.crash()).rejects.toThrow('boom');
    expect((await ref('a').info()).state).toBe('Failed');
    const answer = ref('a').ask.add(1);
    await env.advance(999);
    expect((await ref('a').info()).state).toBe('Failed');
    await env.advance(1);
    expect(await answer).toBe(6);
    const states = app.events.filter(({ actor }) => actor.key === 'a').map(({ to }) => to);
    expect(states).toEqual(['Creating', 'Active', 'Failed', 'Active']);
  });

  it('the mailbox survives: messages that came before and during a restart run once each, in their order', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      children: three(worker),
      backoff: { kind: 'constant', delay: '1s' },
    });
    const { ref, crash, starts } = await startTree(worker, [top]);
    gates.set('a', new Gate());
    const held = ref('a').ask.hold(1);
    await gates.get('a')?.reached;
    const before = [2, 3, 4].map((by) => ref('a').ask.add(by));
    const crashed = crash('b');
    await env.settle();
    const during = [5, 6].map((by) => ref('a').ask.add(by));
    gates.get('a')?.open();
    expect(await env.runUntil(held)).toBe(1); // it was let end
    await crashed;
    await env.advance('1s');
    expect(await Promise.all([...before, ...during])).toEqual([3, 6, 10, 15, 21]);
    expect(life.filter((line) => line.startsWith('ran a'))).toEqual([
      'ran a 2',
      'ran a 3',
      'ran a 4',
      'ran a 5',
      'ran a 6',
    ]);
    expect(await starts(top)).toEqual({ a: 2, b: 2, c: 2 });
  });

  it('a turn that does not end within `shutdown` leaves no trace; its message runs again, first in line', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      children: [child(worker, 'a', { shutdown: '3s' }), child(worker, 'b')],
    });
    const { ref, starts } = await startTree(worker, [top]);
    gates.set('a', new Gate());
    const held = ref('a').ask.hold(1);
    await gates.get('a')?.reached;
    const next = ref('a').ask.add(10);
    await expect(ref('b').ask.crash()).rejects.toThrow('boom');
    await env.advance(2_999);
    expect(await starts(top)).toEqual({ a: 1, b: 1 });
    gates.get('a')?.open(); // of the first run, and of the second
    gates.delete('a');
    const first = env.advance(1);
    await first;
    expect(await env.runUntil(held)).toBe(1);
    expect(await next).toBe(11);
  });

  it('brutal: a running turn is cut off at once, and no hook runs', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      children: [child(worker, 'a', { shutdown: 'brutal' }), child(worker, 'b')],
    });
    const { ref, starts } = await startTree(worker, [top]);
    gates.set('a', new Gate());
    const held = ref('a').ask.hold(1);
    await gates.get('a')?.reached;
    gates.delete('a');
    await expect(ref('b').ask.crash()).rejects.toThrow('boom');
    await env.settle();
    expect(await held).toBe(1);
    expect(await starts(top)).toEqual({ a: 2, b: 2 });
    expect(life).not.toContain('down a');
  });

  it('infinity: a running turn is waited for, however long', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      children: [child(worker, 'a', { shutdown: 'infinity' }), child(worker, 'b')],
    });
    const { ref, starts } = await startTree(worker, [top]);
    gates.set('a', new Gate());
    const held = ref('a').with({ timeout: '1h' }).ask.hold(1);
    await gates.get('a')?.reached;
    await expect(ref('b').ask.crash()).rejects.toThrow('boom');
    await env.advance('4m');
    expect(await starts(top)).toEqual({ a: 1, b: 1 });
    gates.get('a')?.open();
    expect(await env.runUntil(held)).toBe(1);
    await env.settle();
    expect(await starts(top)).toEqual({ a: 2, b: 2 });
  });

  it('the failing message keeps its own retry rules across restarts', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: three(worker) });
    const { ref, starts } = await startTree(worker, [top]);
    const answer = ref('a').ask.crashOnce(7);
    await env.settle();
    expect(await starts(top)).toEqual({ a: 2, b: 1, c: 1 });
    expect(life.filter((line) => line.startsWith('ran'))).toEqual([]);
    await env.advance('1s');
    expect(await answer).toBe(7);
  });

  it('a restart that fails counts as another, and is tried again; messages wait for it', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: three(worker), backoff: { kind: 'linear', delay: '1s' } });
    const { ref, crash, stats, starts } = await startTree(worker, [top]);
    refusals.set('b', 2);
    await crash('b');
    const answer = ref('b').ask.add(1);
    await env.advance('1s');
    expect(await starts(top)).toEqual({ a: 1, b: 2, c: 1 });
    await env.advance('2s');
    await env.advance('3s');
    expect(await answer).toBe(1);
    expect(await starts(top)).toEqual({ a: 1, b: 4, c: 1 });
    expect(await stats(top)).toMatchObject({ restarts: 3, recentRestarts: 3, failures: 1 });
  });
});
