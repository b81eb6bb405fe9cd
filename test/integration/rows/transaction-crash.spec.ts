import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { databases } from './databases';
import type { ShopDatabase } from './shop';

// SIGKILL around the application's own transaction: each of its tells is accepted exactly if it committed.

const root = join(__dirname, '../../..');
/** 25 on demand. */
const RUNS = Number(process.env['PLEXSPACES_RUNS'] ?? 3);
/** Passages of each point in one life: two tells in each of twelve transactions, of which eight commit. */
const PASSAGES = { 'caller.beforeInsert': 24, 'caller.afterInsert': 24, 'caller.afterCommit': 16 } as const;

interface Seen {
  readonly rows: readonly string[];
  readonly a: readonly string[];
  readonly b: readonly string[];
}

afterAll(() => Promise.all(databases.map((database) => database.remove())));

function run({ name }: ShopDatabase, place: string, mode: 'run' | 'look', failpoints = ''): Seen | 'SIGKILL' {
  const args = ['-r', './test/register.cjs', join(__dirname, 'transaction-crash.program.ts'), name, place, mode];
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
  });
  if (signal === 'SIGKILL') return signal;
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Seen;
}

describe.each(databases)('SIGKILL around a transaction with tells on $name', (database) => {
  it.each(Object.entries(PASSAGES))(
    'at %s: what it told is accepted exactly if it committed, once and in order',
    async (point, passages) => {
      for (let i = 0; i < RUNS; i++) {
        const place = await database.fresh();
        const hit = 1 + Math.floor(((i + 0.5) * passages) / RUNS);
        expect(run(database, place, 'run', `${point}=kill@${hit}`)).toBe('SIGKILL');
        const { rows, a, b } = run(database, place, 'look') as Seen;
        expect({ hit, a, b }).toEqual({ hit, a: rows, b: rows });
        // every transaction before the blow committed, but for those that were to be undone
        const told = point === 'caller.afterCommit' ? Math.ceil(hit / 2) : committedBefore(Math.ceil(hit / 2) - 1);
        expect(rows).toHaveLength(told);
      }
    },
    10 * 60_000,
  );

  it('goes all the way when nobody kills it', async () => {
    const { rows, a, b } = run(database, await database.fresh(), 'run') as Seen;
    expect(rows).toHaveLength(committedBefore(12));
    expect({ a, b }).toEqual({ a: rows, b: rows });
  });
});

/** Of the first so many transactions. */
function committedBefore(transactions: number): number {
  return Array.from({ length: transactions }, (_, i) => i).filter((i) => i % 3 !== 2).length;
}
