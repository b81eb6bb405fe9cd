import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAILPOINTS, type FailpointName } from 'plexspaces/spi';
import { ChaosDriver, type Life } from './chaos-driver';

type Point = readonly [name: FailpointName, at: number];

/** Each point in a life of its own; the lives of one chain share a store, so that recovery is struck as well. */
const CHAINS: readonly { readonly name: string; readonly files: boolean; readonly points: readonly Point[] }[] = [
  {
    name: 'accepting and the mailbox',
    files: false,
    points: [
      ['ingress.afterValidate', 9],
      ['ingress.afterAccept', 3],
      ['mailbox.afterEnqueue', 15],
      ['mailbox.beforeDispatch', 11],
      ['handler.before', 12],
      ['handler.afterReturn', 10],
    ],
  },
  {
    name: 'effects',
    files: false,
    points: [
      ['effect.beforeIntent', 4],
      ['effect.afterIntent', 7],
      ['effect.afterCall', 3],
      ['activation.midRecovery', 1], // the open turns just left lie behind any checkpoint
      ['effect.beforeHandOver', 6],
      ['retry.beforeAttempt', 2],
      ['park.afterCommit', 2],
    ],
  },
  {
    name: 'the commit in the store',
    files: false,
    points: [
      ['commit.beforeCommit', 1],
      ['commit.beforeBegin', 5],
      ['commit.afterHead', 6],
      ['commit.afterJournal', 7],
      ['commit.afterInbox', 8],
      ['commit.beforeCommit', 4],
      ['commit.afterCommit', 5],
      ['flush.beforeAcks', 6],
    ],
  },
  {
    name: 'answers and sends',
    files: false,
    points: [
      ['turn.beforeCommit', 8],
      ['turn.afterCommit', 6],
      ['reply.before', 9],
      ['reply.after', 7],
      ['send.beforeDeliver', 4],
    ],
  },
  {
    name: 'checkpoints and recovery',
    files: false,
    points: [
      ['checkpoint.beforeWrite', 3],
      ['checkpoint.afterWrite', 3],
      ['checkpoint.afterPrune', 4],
      ['activation.afterHead', 2],
      ['activation.afterCheckpointLoad', 3],
      ['activation.afterRecovery', 2],
    ],
  },
  {
    name: 'checkpoints in files, and stopping',
    files: true,
    points: [
      ['fs.afterTemp', 2],
      ['fs.afterSync', 3],
      ['fs.afterRename', 2],
      ['stop.beforeDrain', 1],
      ['passivate.before', 3],
    ],
  },
];

describe('SIGKILL at a named point', () => {
  const lives: Life[] = [];
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-chaos-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(() => {
    if (process.env['PLEXSPACES_CHAOS_TABLE'] === undefined) return;
    const rows = lives.map(
      ({ point, hits, sent, answered }) => `${point.padEnd(32)} ${hits} hit  ${sent} sent  ${answered} answered`,
    );
    process.stdout.write(`${rows.join('\n')}\n`);
  });

  it.each(CHAINS)(
    '[JR22] [FI-DU13] [JR34] loses and repeats nothing: $name',
    async ({ files, points }) => {
      const driver = new ChaosDriver(folder, files);
      const problems: string[] = [];
      for (const [name, at] of points) problems.push(...(await driver.lifeUntil(name, at)));
      problems.push(...(await driver.lastLife()));
      lives.push(...driver.lives);
      expect(problems).toEqual([]);
      expect(driver.lives.map(({ point, hits, signal }) => [point, hits, signal])).toEqual(
        points.map(([name]) => [name, 1, 'SIGKILL']),
      );
      const answered = driver.lives.reduce((sum, life) => sum + life.answered, 0);
      expect(answered).toBeGreaterThan(0);
    },
    90_000,
  );

  it('strikes every point there is', () => {
    const struck = CHAINS.flatMap(({ points }) => points.map(([name]) => name));
    const elsewhere = FAILPOINTS.filter((name) => name.startsWith('rows.')); // in test/integration/rows and test/conformance
    expect([...new Set(struck), ...elsewhere].sort()).toEqual([...FAILPOINTS].sort());
    expect(struck.length).toBeGreaterThanOrEqual(24);
  });
});
