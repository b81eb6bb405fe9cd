import { child } from 'plexspaces';
import { closeApps } from '../../support/app';
import { PLAIN } from '../../support/kinds';
import { env, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

/** What happens to a child by other means while it waits for its restart. */
describe('a restart that waits for its backoff', () => {
  const worker = workerOf(PLAIN);
  const backoff = { kind: 'constant', delay: '1m' } as const;

  it('does not come when the child was terminated meanwhile', async () => {
    const top = supervisor('Top', { backoff, children: [child(worker, 'a'), child(worker, 'b')] });
    const { crash, handle, statuses } = await startTree(worker, [top]);
    await crash('a');
    await handle(top).terminateChild('subject/a');
    await env.advance('2m');
    expect(await statuses(top)).toEqual({ a: 'down', b: 'running' });
    await handle(top).restartChild('subject/a');
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running' });
  });

  it('is not brought forward by an earlier one of the same child', async () => {
    const top = supervisor('Top', { backoff, within: '1h', children: [child(worker, 'a')] });
    const { crash, handle, starts } = await startTree(worker, [top]);
    await crash('a');
    await env.advance('10s');
    await handle(top).restartChild('subject/a');
    await crash('a');
    await env.advance('50s'); // the first would have come now
    expect(await starts(top)).toEqual({ a: 2 });
    await env.advance('10s');
    expect(await starts(top)).toEqual({ a: 3 });
  });

  it('waits for the restart of those before it (restForOne)', async () => {
    const strategy = 'restForOne';
    const top = supervisor('Top', {
      strategy,
      backoff,
      within: '1h',
      children: [child(worker, 'a'), child(worker, 'b'), child(worker, 'c')],
    });
    const { crash, starts, statuses } = await startTree(worker, [top]);
    await crash('b');
    await env.advance('30s');
    await crash('a');
    await env.advance('30s'); // b and c would come now, without a
    expect(await starts(top)).toEqual({ a: 1, b: 1, c: 1 });
    await env.advance('30s');
    expect(await starts(top)).toEqual({ a: 2, b: 2, c: 2 });
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running', c: 'running' });
  });

  it('comes without those that were removed, and for others that are down as OTP has it (oneForAll)', async () => {
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      backoff,
      children: [child(worker, 'a'), child(worker, 'b'), child(worker, 'c')],
    });
    const { crash, handle, statuses } = await startTree(worker, [top]);
    await handle(top).terminateChild('subject/b');
    await crash('a');
    await handle(top).removeChild('subject/c');
    await env.advance('1m');
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running' });
  });
});
