import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { databases } from './databases';

const root = join(__dirname, '../../..');
afterAll(() => Promise.all(databases.map((database) => database.remove())));

/** Runs the program in a process of its own. @returns what it printed, and the signal that ended it */
function run(name: string, place: string, failpoints = ''): { printed: unknown; signal: string | null } {
  const args = ['-r', './test/register.cjs', join(__dirname, 'crash.program.ts'), name, place];
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
  });
  if (signal === null && status !== 0) throw new Error(stderr);
  return { printed: stdout === '' ? null : (JSON.parse(stdout) as unknown), signal };
}

const upTo = (point: string, hits: number): string[] =>
  Array.from({ length: hits }, (_, i) => `${point}=kill@${i + 1}`);

/** Every statement of both turns, and every commit: the sale's first record, the sale with its rows, what it sends. */
const POINTS = [
  ...upTo('rows.beforeStatement', 4),
  ...upTo('rows.afterStatement', 3),
  'turn.afterCommit=kill@2',
  'reply.after=kill@2',
  'send.beforeDeliver=kill@1',
];

/** The commit itself, as each store writes it: most flushes of Postgres are one statement. */
const COMMITS: Readonly<Record<string, readonly string[]>> = {
  sqlite: ['commit.afterInbox=kill@3', ...upTo('commit.beforeCommit', 3), ...upTo('commit.afterCommit', 3)],
  postgres: [...upTo('commit.beforeBegin', 3), ...upTo('flush.beforeAcks', 3)],
};

describe.each(databases)('rows of a turn on $name, and SIGKILL', ({ name, fresh }) => {
  it.each([...POINTS, ...(COMMITS[name] ?? [])])(
    'killed at %s, repeated with the same key: applied once, with all that belongs to them',
    async (point) => {
      const place = await fresh();
      expect(run(name, place, point)).toEqual({ printed: null, signal: 'SIGKILL' });
      expect(run(name, place).printed).toEqual({
        answers: [1, 'PS_ROWS_REJECTED'],
        state: [1, 1],
        stock: { a: 9, 'archive of i1': 1 },
        invoices: ['i1'],
      });
    },
  );
});
