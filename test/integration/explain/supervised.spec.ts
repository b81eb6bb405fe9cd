import { type Cause, type Explanation, child } from 'plexspaces';
import { closeApps } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';
import { Worker, env, hanging, resetWorkers, startTree, supervisor, workerOf, type Tree } from '../supervision/workers';

const BACKOFF = { kind: 'constant', delay: '20s' } as const;

beforeEach(resetWorkers);
afterEach(() => env.runUntil(closeApps()));

describe.each([PLAIN, DURABLE])('why does this child not move? $name', (kind) => {
  const explain = ({ ref }: Tree, key: string): Promise<Explanation> => env.runUntil(ref(key).explain());
  const kinds = ({ causes }: Explanation): string[] => causes.map((cause) => cause.kind);

  async function only(expected: string, tree: Tree, key: string): Promise<Cause> {
    const explanation = await explain(tree, key);
    const [first] = explanation.causes;
    if (first?.kind !== expected) throw new Error(`Not ${expected} but: ${explanation.toString()}`);
    expect(kinds(explanation)).toEqual([expected]);
    expect(first.says).toMatch(/.{10,}[.]$/);
    expect(first.remedy).toMatch(/.{10,}[.]$/);
    return first;
  }

  it('it crashed, and waits for its restart: until when, by whom, the how-manieth', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 3, within: '2m', backoff: BACKOFF, children: [child(worker, 'a')] });
    const tree = await startTree(worker, [top]);
    expect(kinds(await explain(tree, 'a'))).toEqual([]);
    for (const restart of [1, 2]) {
      await tree.crash('a');
      await env.advance('5s');
      const { says, facts } = await only('restarting', tree, 'a');
      const until = env.now() + 15_000;
      expect(facts).toMatchObject({ supervisor: 'Top', child: 'subject/a', until, restart });
      expect(facts).toMatchObject({ maxRestarts: 3, withinMs: 120_000, reason: 'boom' });
      expect(says).toContain(`supervisor Top starts it again at ${new Date(until).toISOString()}: restart ${restart}`);
      await env.advance('15s');
      expect(kinds(await explain(tree, 'a'))).toEqual([]);
    }
  });

  it('it was stopped together with a neighbour that crashed, and who sends to it waits', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      backoff: BACKOFF,
      children: [child(worker, 'a'), child(worker, 'b')],
    });
    const tree = await startTree(worker, [top]);
    await tree.crash('b');
    const answer = tree.ref('a').ask.add(1);
    const explanation = await explain(tree, 'a');
    expect(kinds(explanation)).toEqual(['restarting', 'queue']);
    expect(explanation.cause('restarting')?.says).toContain('It was stopped with subject/b (boom)');
    await env.advance('20s');
    expect(await answer).toBe(1);
  });

  it('a message in retry waits for the restart as well', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { backoff: BACKOFF, children: [child(worker, 'a')] });
    const tree = await startTree(worker, [top]);
    await tree.ref('a').tell.crashOnce(1);
    await env.settle();
    expect(kinds(await explain(tree, 'a'))).toEqual(['restarting', 'retry']);
    await env.advance('20s');
    expect(kinds(await explain(tree, 'a'))).toEqual([]);
  });

  it('it is kept down, until somebody starts it: a message does not', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a', { restart: 'temporary' }), child(worker, 'b')] });
    const tree = await startTree(worker, [top]);
    await tree.crash('a');
    await env.runUntil(tree.handle(top).terminateChild('subject/b'));
    expect((await only('down', tree, 'a')).facts).toEqual({ supervisor: 'Top', child: 'subject/a', reason: 'boom' });
    const { says, remedy, facts } = await only('down', tree, 'b');
    expect(facts).toEqual({ supervisor: 'Top', child: 'subject/b', reason: null });
    expect(says).toContain('Supervisor Top keeps it down');
    expect(remedy).toContain("restartChild('subject/b') of Top");
    await expect(tree.ref('b').ask.add(1)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await env.runUntil(tree.handle(top).restartChild('subject/b'));
    expect(kinds(await explain(tree, 'b'))).toEqual([]);
  });

  it('its supervisor has given up, and nobody is above it', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { maxRestarts: 0, children: [child(worker, 'a'), child(worker, 'b')] });
    const tree = await startTree(worker, [top]);
    await tree.crash('a');
    const { facts, remedy } = await only('down', tree, 'b');
    expect(facts).toMatchObject({ supervisor: 'Top', child: 'Top', reason: expect.stringContaining('subject/a') });
    expect(remedy).toContain('start the node anew');
  });

  it('the supervisor it belongs to has given up, and waits for its own restart', async () => {
    const worker = workerOf(kind);
    const inner = supervisor('Inner', { maxRestarts: 0, children: [child(worker, 'a'), child(worker, 'b')] });
    const top = supervisor('Top', { backoff: BACKOFF, children: [inner] });
    const tree = await startTree(worker, [top, inner]);
    await tree.crash('a');
    const { says, facts } = await only('restarting', tree, 'b');
    expect(says).toContain('Supervisor Inner, which it belongs to, has ended');
    expect(facts).toMatchObject({ supervisor: 'Top', child: 'Inner', restart: 1, until: env.now() + 20_000 });
    await env.advance('20s');
    expect(kinds(await explain(tree, 'b'))).toEqual([]);
  });

  it('it is being started, and a hook does not end', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a', { startTimeout: '1m' })] });
    const tree = await startTree(worker, [top]);
    hanging.add('a');
    await tree.crash('a');
    expect((await only('restarting', tree, 'a')).facts).toMatchObject({ status: 'starting', until: null });
    hanging.clear();
    await env.advance('1m');
    expect(kinds(await explain(tree, 'a'))).toEqual([]);
  });

  it('a message that was accepted waits for its supervisor while it is down', async () => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { children: [child(worker, 'a')] });
    const tree = await startTree(worker, [top]);
    if (!kind.isDurable) return;
    await tree.ref('a').with({ delay: '1m' }).tell.add(1);
    await env.runUntil(tree.handle(top).terminateChild('subject/a'));
    await env.advance('61s');
    const explanation = await explain(tree, 'a');
    expect(kinds(explanation)).toEqual(['down', 'due']);
    expect(explanation.cause('due')?.remedy).toContain('until its supervisor starts it');
  });
});

describe('one that has ended in the ordinary way', () => {
  it.each([
    [PLAIN, ['down']], // its supervisor may start it anew
    [DURABLE, ['terminated']], // its id is used up
  ] as const)('$name', async (kind, expected) => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { children: [child(worker, 'a', { restart: 'transient', args: [] })] });
    const tree = await startTree(worker, [top]);
    await tree.ref('a').stop();
    await env.settle();
    const { causes } = await env.runUntil(tree.ref('a').explain());
    expect(causes.map((cause) => cause.kind)).toEqual(expected);
  });
});
