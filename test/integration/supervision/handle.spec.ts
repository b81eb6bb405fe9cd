import { type SupervisionEvent, SupervisorError, child } from 'plexspaces';
import { closeApps } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, PLAIN } from '../../support/kinds';
import { Worker, env, gates, life, refusals, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

describe.each([PLAIN, DURABLE])('the handle of a supervisor, $name', (kind) => {
  async function tree() {
    const worker = workerOf(kind);
    const top = supervisor('Top', { strategy: 'restForOne', children: [child(worker, 'a')] });
    const made = await startTree(worker, [top]);
    return { ...made, worker, top, handle: made.handle(top) };
  }

  it('[SV11] [SV16] addChild: started and supervised; a duplicate is a SupervisorError', async () => {
    const { worker, top, handle, crash, starts } = await tree();
    const id = await handle.addChild(child(worker, 'b'));
    expect(id).toEqual({ tenant: 'default', namespace: 'default', type: 'subject', key: 'b' });
    await crash('b');
    expect(await starts(top)).toEqual({ a: 1, b: 2 });
    const again = handle.addChild(child(worker, 'b'));
    await expect(again).rejects.toMatchObject({ code: 'PS_DUPLICATE_CHILD', child: 'subject/b' });
    await expect(again).rejects.toBeInstanceOf(SupervisorError);
    await expect(handle.addChild(child(worker, 'b', { id: 'other' }))).rejects.toMatchObject({
      code: 'PS_DUPLICATE_CHILD',
      holder: 'Top',
    });
  });

  it('[SV11] an actor that is running already becomes a child as it is', async () => {
    const { worker, top, handle, crash, ref, starts } = await tree();
    expect(await ref('b').ask.add(4)).toBe(4);
    life.length = 0;
    await handle.addChild(child(worker, 'b'));
    expect(life).toEqual([]);
    await crash('b');
    expect(await starts(top)).toEqual({ a: 1, b: 2 });
    expect(await ref('b').ask.add(1)).toBe(5);
  });

  it('[SV11] [SV16] a child that does not start is refused and not kept', async () => {
    const { worker, handle, top, starts } = await tree();
    refusals.set('b', 1);
    await expect(handle.addChild(child(worker, 'b'))).rejects.toMatchObject({ code: 'PS_CHILD_START' });
    expect(await starts(top)).toEqual({ a: 1 });
    await handle.addChild(child(worker, 'b'));
    expect(await starts(top)).toEqual({ a: 1, b: 1 });
  });

  it('[SV12] [SV16] removeChild: stopped and not restarted; an unknown one is a SupervisorError', async () => {
    const { app, handle, top, starts, crash, ref } = await tree();
    await ref('a').ask.add(1);
    await handle.removeChild('subject/a');
    await env.settle();
    expect(await starts(top)).toEqual({});
    expect(app.events.filter(({ to }) => to === 'Terminated')).toHaveLength(1);
    const unknown = handle.removeChild('subject/a');
    await expect(unknown).rejects.toMatchObject({ code: 'PS_UNKNOWN_CHILD', child: 'subject/a' });
    await expect(unknown).rejects.toBeInstanceOf(SupervisorError);
    life.length = 0;
    await crash('a'); // nobody's child now: a virtual actor like any other
    expect(await starts(top)).toEqual({});
  });

  it('[SV12] an actor without virtualActor() is stopped for good', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { children: [child(worker, 'a')] });
    const { handle, ref } = await startTree(worker, [top]);
    await ref('a').ask.add(1);
    await handle(top).removeChild({ tenant: 'default', namespace: 'default', type: 'subject', key: 'a' });
    await expect(ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
  });

  it('[SV12] a running turn has its shutdown time, then it is cut off', async () => {
    const { handle, ref } = await tree();
    gates.set('a', new Gate());
    const held = expect(ref('a').ask.hold(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    await gates.get('a')?.reached;
    await env.runUntil(handle.removeChild('subject/a'));
    await held;
  });

  it('[SV13] [SV16] restartChild: one start more, the state goes on; counts for no window', async () => {
    const { handle, top, starts, stats, ref } = await tree();
    expect(await ref('a').ask.add(7)).toBe(7);
    await handle.restartChild('subject/a');
    expect(await starts(top)).toEqual({ a: 2 });
    expect(life).toEqual(['up a', 'ran a 7', 'down a', 'up a']);
    expect(await ref('a').ask.add(1)).toBe(8);
    expect(await stats(top)).toMatchObject({ restarts: 0, recentRestarts: 0 });
    await expect(handle.restartChild('nobody')).rejects.toMatchObject({ code: 'PS_UNKNOWN_CHILD' });
  });

  it('terminateChild keeps it down; restartChild brings it back; deleteChild forgets it', async () => {
    const { handle, top, ref, statuses } = await tree();
    await expect(handle.deleteChild('subject/a')).rejects.toMatchObject({ code: 'PS_CHILD_RUNNING' });
    await handle.terminateChild('subject/a');
    expect(await statuses(top)).toEqual({ a: 'down' });
    await expect(ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await handle.restartChild('subject/a');
    expect(await ref('a').ask.add(1)).toBe(1);
    await handle.terminateChild('subject/a');
    await handle.deleteChild('subject/a');
    expect(await statuses(top)).toEqual({});
    expect(await ref('a').ask.add(1)).toBe(kind.isDurable ? 2 : 2);
  });

  it('[SV14] getStats: what a scripted run has made of it', async () => {
    const { handle, worker, crash, top } = await tree();
    await handle.addChild(child(worker, 'b', { restart: 'temporary' }));
    await handle.addChild(child(worker, 'c', { restart: 'transient' }));
    await crash('a'); // restForOne: a, and c after it; b is temporary
    await crash('c');
    const { children, lastError, ...figures } = await handle.getStats();
    expect(figures).toEqual({
      name: 'Top',
      parent: null,
      status: 'running',
      strategy: 'restForOne',
      specs: 3,
      active: 2,
      supervisors: 0,
      workers: 3,
      failures: 2,
      restarts: 2,
      recentRestarts: 2,
      maxRestarts: 10,
      withinMs: 10_000,
    });
    expect(lastError).toBeUndefined();
    expect(children.map(({ id, actor, restart, status, starts }) => [id, actor, restart, status, starts])).toEqual([
      ['subject/a', 'default/default/subject/a', 'permanent', 'running', 2],
      ['subject/b', 'default/default/subject/b', 'temporary', 'down', 1],
      ['subject/c', 'default/default/subject/c', 'transient', 'running', 3],
    ]);
    expect(top.name).toBe('Top');
  });

  it('simpleOneForOne: children of one kind, added by key; what ended for good is forgotten', async () => {
    const worker = workerOf(kind);
    const pool = supervisor('Pool', {
      strategy: 'simpleOneForOne',
      children: [child(worker, { restart: 'transient', shutdown: '1s' })],
    });
    const { handle, crash, ref, starts } = await startTree(worker, [pool]);
    expect(await starts(pool)).toEqual({});
    for (const key of ['x', 'y']) await handle(pool).addChild(key);
    await crash('x');
    expect(await starts(pool)).toEqual({ x: 2, y: 1 });
    await ref('y').stop();
    await env.settle();
    expect(await starts(pool)).toEqual({ x: 2 });
    await expect(handle(pool).addChild('x')).rejects.toMatchObject({ code: 'PS_DUPLICATE_CHILD' });
    await expect(handle(pool).addChild(child(worker, 'z'))).rejects.toMatchObject({ code: 'PS_INVALID_SUPERVISOR' });
  });

  it('a supervisor that gave up changes nothing', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 0, children: [child(worker, 'a')] });
    const { handle, crash } = await startTree(worker, [top]);
    await crash('a');
    await expect(handle(top).addChild(child(worker, 'b'))).rejects.toMatchObject({ code: 'PS_SUPERVISOR_NOT_RUNNING' });
  });

  it('events tell what happened, in order', async () => {
    const { app, handle, crash } = await tree();
    const events: SupervisionEvent[] = [];
    app.system.supervision.events$.subscribe((event) => events.push(event));
    await crash('a');
    await handle.terminateChild('subject/a');
    expect(events.map(({ kind: what, supervisor: by, child: who }) => `${by} ${what} ${who}`)).toEqual([
      'Top ended subject/a',
      'Top restarting subject/a',
      'Top restarted subject/a',
      'Top stopped subject/a',
    ]);
  });
});
