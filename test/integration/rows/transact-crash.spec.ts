import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { postgres } from './postgres-database';

// SIGKILL around ctx.transact: the history and the application's rows agree, and a repeat finds what was committed.

const root = join(__dirname, '../../..');
/** 25 on demand: then each point is struck in each of the turns, several times. */
const RUNS = Number(process.env['PLEXSPACES_RUNS'] ?? 1);

const POINTS = [
  'transact.beforeWork=kill@2',
  'inside=2',
  'transact.afterWork=kill@2',
  'transact.beforeAppend=kill@1',
  'rows.afterStatement=kill@2',
  'transact.beforeCommit=kill@2',
  'transact.afterCommit=kill@2',
  'reply.before=kill@2',
];

function run(place: string, failpoints = '', inside = ''): { printed: unknown; signal: string | null } {
  const program = join(__dirname, 'transact-crash.program.ts');
  const { stdout, stderr, signal, status } = spawnSync(
    process.execPath,
    ['-r', './test/register.cjs', program, 'postgres', place, inside],
    { cwd: root, encoding: 'utf8', env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints } },
  );
  if (signal === null && status !== 0) throw new Error(stderr);
  return { printed: stdout === '' ? null : (JSON.parse(stdout) as unknown), signal };
}

const on = postgres === undefined ? describe.skip : describe;
on('ctx.transact, and SIGKILL', () => {
  const database = postgres as NonNullable<typeof postgres>;
  afterAll(() => database.remove());

  it.each(POINTS)(
    'killed at %s, repeated with the same keys: once, with all that belongs to it',
    async (point) => {
      for (let i = 0; i < RUNS; i++) {
        const place = await database.fresh();
        const [name, hit] = point.split('=') as [string, string];
        const died = name === 'inside' ? run(place, '', hit) : run(place, point);
        expect(died).toEqual({ printed: null, signal: 'SIGKILL' });
        const { invoices, ...rest } = run(place).printed as { invoices: string[] };
        expect(rest).toEqual({ answers: [9, 8, 7], taken: 34, stock: { a: 7 }, log: ['a', 'a', 'a'], ok: true });
        expect(invoices.map((id) => id.slice(0, 3)).sort()).toEqual(['em ', 'em ', 'em ', 'row', 'row', 'row']);
      }
    },
    600_000,
  );
});
