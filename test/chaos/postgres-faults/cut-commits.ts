import { FaultProxy } from 'plexspaces/testing';
import type { TestServer } from '../../support/servers/test-server';
import { Counters } from './counters';

export interface CutReport {
  readonly cuts: number;
  readonly acknowledged: number;
  readonly unknown: number;
  /** What the judge found; empty when all is well. */
  readonly wrong: readonly string[];
}

/** A commit goes by such a name in the protocol: in Bind it comes behind that of the portal, which is empty. */
const COMMIT = '\0ps-flush-';
const KEYS = ['a', 'b', 'c', 'd', 'e'];

/**
 * Commits over a line that is cut `cuts` times, each time where a commit goes by: before the server has it, or after, so that
 * its answer is lost. After each cut everybody must get on.
 */
export async function cutCommits(
  server: TestServer,
  schema: string,
  when: 'before' | 'after',
  cuts: number,
  progress: (done: number) => void = () => undefined,
): Promise<CutReport> {
  const proxy = await FaultProxy.start(server);
  const url = new URL(server.url.href);
  url.hostname = proxy.host;
  url.port = String(proxy.port);
  const counters = await Counters.start(url.href, { schema });
  await counters.recover(KEYS);
  for (let cut = 0; cut < cuts; cut++) {
    const fault = proxy.inject({
      kind: 'cut',
      when,
      pattern: COMMIT,
      times: 1,
      how: cut % 2 === 0 ? 'close' : 'reset',
    });
    while (fault.fired === 0) await counters.round(KEYS);
    fault.remove();
    await counters.recover(KEYS);
    progress(cut + 1);
  }
  proxy.assertAllFired();
  await counters.close();
  await proxy.stop();
  const wrong = await counters.judge(server.url.href, { schema });
  return { cuts, acknowledged: counters.acknowledged, unknown: counters.unknown, wrong };
}
