import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReplyVerdict, judgeReplies } from './judge-replies';
import { readStraceLog } from './strace-log';

// No kill shows whether an answer waited for the disk: the kernel keeps what a killed process wrote. The order of system calls does.

const root = join(__dirname, '../../..');
const hasStrace = spawnSync('strace', ['-V']).status === 0;
const PAGE_AND_MORE = 5_000;

interface Traced {
  readonly answers: number;
  readonly durability?: 'full' | 'relaxed';
  /** Loaded before the node. */
  readonly preload?: string;
}

/** Answers of a whole runtime on SQLite, judged by its system calls. */
function trace(folder: string, { answers, durability = 'full', preload }: Traced): ReplyVerdict {
  const log = join(folder, 'calls.strace');
  const options = ['-f', '-y', '-xx', '-s', String(PAGE_AND_MORE), '-e', 'trace=write,pwrite64,fsync,fdatasync'];
  const preloads = [join(root, 'test/register.cjs'), ...(preload === undefined ? [] : [join(__dirname, preload)])];
  const node = [process.execPath, ...preloads.flatMap((file) => ['-r', file]), join(__dirname, 'node.ts')];
  const database = join(folder, 'journal.db');
  const { status, stdout, stderr } = spawnSync(
    'strace',
    [...options, '-o', log, ...node, database, durability, String(answers)],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the traced node ended with ${String(status)}: ${stderr}`);
  expect(new Set(stdout.trim().split('\n')).size).toBe(answers);
  return judgeReplies(readStraceLog(readFileSync(log, 'utf8')), {
    marker: /done-\d{6}/g,
    isReply: ({ fd }) => fd === 1,
  });
}

if (!hasStrace && process.env['CI'] !== undefined) throw new Error('strace must be installed in CI');

(hasStrace ? describe : describe.skip)('the order of system calls of a whole runtime (strace)', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-order-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('flushes the journal between the commit of a turn and its answer, 1,000 times (P4)', () => {
    const { replies, commits, syncs, tooEarly } = trace(folder, { answers: 1_000 });
    expect(tooEarly).toEqual([]);
    expect(replies).toBe(1_100); // every tenth was asked twice
    expect(commits).toBeLessThan(1_000); // turns shared commits, so one flush served several answers
    expect(syncs).toBeGreaterThanOrEqual(commits / 2);
  }, 120_000);

  it.each<[string, Omit<Traced, 'answers'>]>([
    ['a relaxed store', { durability: 'relaxed' }],
    ['a store set to NORMAL whose driver says FULL', { preload: 'normal-sync.cjs' }],
  ])(
    'would be seen to be wrong: %s answers first',
    (_, options) => {
      const { replies, tooEarly } = trace(folder, { answers: 200, ...options });
      expect(replies).toBe(220);
      expect(tooEarly).toHaveLength(replies);
    },
    60_000,
  );
});
