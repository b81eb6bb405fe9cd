import { child } from 'plexspaces';
import { closeApps } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';
import { env, hanging, life, refusals, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

describe.each([PLAIN, DURABLE])('trees, $name', (kind) => {
  /** SV15: Root(OneForAll){Worker1 always, Worker2 transient, Supervisor2(OneForOne){Worker3 always, Worker4 temporary}}. */
  function exampleTree(maxRestarts = 10) {
    const worker = workerOf(kind);
    const second = supervisor('Supervisor2', {
      strategy: 'oneForOne',
      maxRestarts,
      children: [child(worker, 'w3'), child(worker, 'w4', { restart: 'temporary' })],
    });
    const root = supervisor('Root', {
      strategy: 'oneForAll',
      children: [child(worker, 'w1'), child(worker, 'w2', { restart: 'transient' }), second],
    });
    return { worker, root, second };
  }

  it('[SV15] [SV07] [EX32] the example tree: crash each in turn, exactly the expected starts', async () => {
    const { worker, root, second } = exampleTree();
    const { crash, starts, statuses } = await startTree(worker, [root, second]);
    const all = async () => ({ ...(await starts(root)), ...(await starts(second)) });
    expect(life).toEqual(['up w1', 'up w2', 'up w3', 'up w4']);
    expect(await all()).toEqual({ w1: 1, w2: 1, Supervisor2: 1, w3: 1, w4: 1 });
    life.length = 0;
    await crash('w1'); // the root restarts all, the supervisor among them with its subtree
    expect(life).toEqual(['down w4', 'down w3', 'down w2', 'up w1', 'up w2', 'up w3', 'up w4']);
    expect(await all()).toEqual({ w1: 2, w2: 2, Supervisor2: 2, w3: 2, w4: 2 });
    await crash('w2');
    expect(await all()).toEqual({ w1: 3, w2: 3, Supervisor2: 3, w3: 3, w4: 3 });
    await crash('w3'); // handled inside
    expect(await all()).toEqual({ w1: 3, w2: 3, Supervisor2: 3, w3: 4, w4: 3 });
    await crash('w4'); // temporary: not started again
    expect(await all()).toEqual({ w1: 3, w2: 3, Supervisor2: 3, w3: 4, w4: 3 });
    expect(await statuses(second)).toEqual({ w3: 'running', w4: 'down' });
  });

  it('[SV15] a temporary child of the failing group is stopped and not started again', async () => {
    const worker = workerOf(kind);
    const root = supervisor('Root', {
      strategy: 'oneForAll',
      children: [child(worker, 'a'), child(worker, 'b', { restart: 'temporary' })],
    });
    const { crash, starts, statuses } = await startTree(worker, [root]);
    await crash('a');
    expect(await starts(root)).toEqual({ a: 2, b: 1 });
    expect(await statuses(root)).toEqual({ a: 'running', b: 'down' });
  });

  it('[SV07] a supervisor that gives up is a crash of its parent’s child: messages wait, the subtree starts anew', async () => {
    const { worker, root, second } = exampleTree(1);
    const { app, crash, ref, starts, stats } = await startTree(worker, [root, second]);
    expect(await ref('w3').ask.add(5)).toBe(5);
    await crash('w3');
    await crash('w3');
    expect(await starts(root)).toEqual({ w1: 2, w2: 2, Supervisor2: 2 });
    expect(await stats(root)).toMatchObject({ failures: 1, restarts: 1 });
    expect(await stats(second)).toMatchObject({ status: 'running', recentRestarts: 0 }); // it begins anew
    expect(await ref('w3').ask.add(1)).toBe(6);
    expect(app.system.supervision.status().isUp).toBe(true);
  });

  it('four levels: each failure goes up as far as it must, and no further', async () => {
    const worker = workerOf(kind);
    const level4 = supervisor('L4', { maxRestarts: 0, children: [child(worker, 'd')] });
    const level3 = supervisor('L3', { maxRestarts: 0, children: [child(worker, 'c'), level4] });
    const level2 = supervisor('L2', { maxRestarts: 5, children: [child(worker, 'b'), level3] });
    const level1 = supervisor('L1', { maxRestarts: 0, children: [child(worker, 'a'), level2] });
    const { crash, starts } = await startTree(worker, [level1, level2, level3, level4]);
    await crash('d');
    expect(await starts(level1)).toEqual({ a: 1, L2: 1 });
    expect(await starts(level2)).toEqual({ b: 1, L3: 2 });
    expect(await starts(level3)).toEqual({ c: 2, L4: 2 });
    expect(await starts(level4)).toEqual({ d: 2 });
  });

  it('start in order; a start that fails is rolled back, last first, and the application does not come up', async () => {
    const worker = workerOf(kind);
    const inner = supervisor('Inner', { children: [child(worker, 'b'), child(worker, 'c')] });
    const top = supervisor('Top', { children: [child(worker, 'a'), inner, child(worker, 'd')] });
    refusals.set('d', 1);
    await expect(startTree(worker, [top, inner])).rejects.toMatchObject({
      code: 'PS_CHILD_START',
      supervisor: 'Top',
      child: 'subject/d',
    });
    expect(life.slice(0, 7)).toEqual(['up a', 'up b', 'up c', 'up d', 'down c', 'down b', 'down a']);
  });

  it('an init that never ends is refused after startTimeout', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a', { startTimeout: '2s' })] });
    hanging.add('a');
    const started = startTree(worker, [top]);
    const outcome = expect(started).rejects.toMatchObject({
      code: 'PS_CHILD_START',
      cause: { code: 'PS_START_TIMEOUT', timeoutMs: 2_000 },
    });
    await env.runUntil(outcome);
  });

  it('an init that never ends at a restart counts as a failed restart', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a', { startTimeout: '2s' })] });
    const { crash, ref, starts } = await startTree(worker, [top]);
    expect(await ref('a').ask.add(1)).toBe(1);
    hanging.add('a');
    await crash('a');
    const answer = ref('a').ask.add(1);
    hanging.clear();
    await env.advance('2s');
    expect(await starts(top)).toEqual({ a: 3 });
    expect(await answer).toBe(2);
  });

  it('at shutdown children are stopped in the reverse of their order', async () => {
    const worker = workerOf(kind);
    const inner = supervisor('Inner', { children: [child(worker, 'b'), child(worker, 'c')] });
    const top = supervisor('Top', { children: [child(worker, 'a'), inner, child(worker, 'd')] });
    const { app } = await startTree(worker, [top, inner]);
    life.length = 0;
    await app.close();
    expect(life).toEqual(['down d', 'down c', 'down b', 'down a']);
  });

  it('an actor that goes idle leaves memory and comes back by its next message; that is no end', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a')] });
    const { ref, crash, starts } = await startTree(worker, [top]);
    expect(await ref('a').ask.add(1)).toBe(1);
    await env.advance('6m');
    expect((await ref('a').info()).state).toBe('Inactive');
    expect(await ref('a').ask.add(1)).toBe(2);
    expect(await starts(top)).toEqual({ a: 1 });
    await crash('a');
    expect(await starts(top)).toEqual({ a: 2 });
  });

  it('an activation by message that fails is a crash', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a')], backoff: { kind: 'constant', delay: '1s' } });
    const { ref, starts } = await startTree(worker, [top]);
    await env.advance('6m');
    refusals.set('a', 1);
    await expect(ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_FAILED' });
    const answer = ref('a').ask.add(2);
    await env.advance('1s');
    expect(await answer).toBe(2);
    expect(await starts(top)).toEqual({ a: 2 });
  });
});
