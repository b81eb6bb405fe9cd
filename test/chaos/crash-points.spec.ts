import { FAILPOINTS, type FailpointName } from 'plexspaces/spi';
import { seedOfRun } from '../../libs/testing/src/conformance/random';
import { type MatrixRow, type StoreResult, planStores, runStores, tabulate } from './crash-matrix';
import { CRASH_POINTS, STRUCK_ELSEWHERE } from './crash-points';
import { failuresOf, renderTable } from './matrix-report';

/** Each point is struck; which message and which passage is drawn anew each time. */
const RUNS = 1;
const MINUTES = 60_000;

/** Beginnings of the names. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'opening a store, and what falls due': ['migrate.', 'due.', 'orphans.'],
  'accepting and the mailbox': ['ingress.', 'mailbox.', 'handler.'],
  'creating, attaching, stopping': ['spawn.', 'attach.', 'passivate.', 'terminate.', 'stop.'],
  'effects, timers, retries': ['effect.', 'timer.', 'retry.', 'park.'],
  'the commit in the store': ['commit.', 'group.', 'flush.', 'readBack.', 'undo.'],
  'answers and sends': ['turn.', 'reply.', 'send.'],
  'checkpoints and recovery': ['checkpoint.', 'fs.', 'truncate.', 'retention.', 'activation.', 'resume.', 'replay.'],
};

function pointsOf(group: string): FailpointName[] {
  return FAILPOINTS.filter((name) => GROUPS[group]?.some((start) => name.startsWith(start)));
}

// `npm run crash-matrix` strikes each point more often, or a few of them.
describe('SIGKILL at a named point', () => {
  const seed = seedOfRun(() => Date.now() % 2 ** 31);
  let results: StoreResult[];
  let rows: readonly MatrixRow[];

  beforeAll(async () => {
    results = await runStores(planStores({ points: CRASH_POINTS, runs: RUNS, seed }), { lanes: 2 });
    rows = tabulate(CRASH_POINTS, results);
    if (process.env['PLEXSPACES_CHAOS_TABLE'] !== undefined) process.stdout.write(`${renderTable(rows)}\n`);
  }, 15 * MINUTES);

  it(`breaks no promise (seed ${seed})`, () => {
    expect(failuresOf(rows, results, RUNS)).toEqual([]);
  });

  it.each(Object.keys(GROUPS))('[JR22] [FI-DU13] [JR34] loses and repeats nothing: %s', (group) => {
    const names = pointsOf(group);
    const own = rows.filter(({ point }) => names.includes(point));
    expect(own.map(({ point, hits, problems }) => [point, hits >= RUNS, problems])).toEqual(
      names.map((name) => [name, true, 0]),
    );
  });

  it('strikes every point there is, and while a node recovers from an earlier blow', () => {
    const elsewhere = FAILPOINTS.filter((name) => STRUCK_ELSEWHERE.test(name));
    expect([...Object.keys(GROUPS).flatMap(pointsOf), ...elsewhere].sort()).toEqual([...FAILPOINTS].sort());
    expect(FAILPOINTS.length).toBeGreaterThanOrEqual(40);
    const chains = results.map(({ lives }) => lives.map(({ point }) => point).join(' → '));
    for (const twoInARow of [
      'effect.afterIntent → resume.beforeCount',
      'effect.afterResultCommit → replay.beforeHandOver',
    ])
      expect(chains.filter((chain) => chain.includes(twoInARow))).not.toEqual([]);
  });
});
