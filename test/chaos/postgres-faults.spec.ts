import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { FaultProxy } from 'plexspaces/testing';
import { type AppendWrite, type Write } from '#spi';
import { PostgresStorage } from '#storage/postgres';
import { postgresBinaries, PrivatePostgres } from '../support/servers/private-postgres';
import { canMount, smallDisk } from '../support/small-disk';
import { Counters } from './postgres-faults/counters';
import { cutCommits } from './postgres-faults/cut-commits';

const KEYS = ['a', 'b', 'c'];
const installed = postgresBinaries() !== undefined;
if (!installed && process.env['CI'] !== undefined) throw new Error('CI needs Postgres: apt-get install postgresql.');

const append = (actor: string, seq: number, bytes: Uint8Array = Buffer.from('entry')): AppendWrite => ({
  kind: 'append',
  actor,
  expected: { seq, epoch: seq === 0 ? 0 : 1 },
  epoch: 1,
  writer: 'w',
  schema: 1,
  status: 'live',
  entries: [{ seq: seq + 1, bytes }],
  inbox: [],
  sends: [],
});
const accept = (id: string): Write => ({
  kind: 'accept',
  row: { actor: 'a/b/c/d', id, argsHash: '', message: new Uint8Array(1), attempts: 0, dueAt: 0 },
});

(installed ? describe : describe.skip)('Postgres that fails (initdb needed)', () => {
  let postgres: PrivatePostgres;
  let schemas = 0;
  const freshSchema = (): string => `faults_${++schemas}`;

  beforeAll(async () => {
    postgres = await PrivatePostgres.start();
  }, 60_000);

  afterAll(async () => {
    await postgres.destroy();
  }, 60_000);

  const backends = (role: string): Promise<{ pid: number }[]> =>
    postgres.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'plexspaces ${role}'`);

  /** Rounds of increments around something that happens to the server; everybody must get on, and nothing be lost. */
  async function survive(times: number, happens: () => Promise<void>): Promise<void> {
    const schema = freshSchema();
    const counters = await Counters.start(postgres.url, { schema });
    await counters.recover(KEYS);
    for (let i = 0; i < times; i++) {
      const load = Promise.all([counters.round(KEYS), counters.round(KEYS)]);
      await happens();
      await load;
      await counters.recover(KEYS);
    }
    await counters.close();
    expect(await counters.judge(postgres.url, { schema })).toEqual([]);
    expect(counters.acknowledged).toBeGreaterThanOrEqual(KEYS.length * (times + 1));
  }

  it.each(['before', 'after'] as const)(
    '20 lines cut %s the server has the commit',
    async (when) => {
      const report = await cutCommits(postgres.server, freshSchema(), when, 20);
      expect(report.wrong).toEqual([]);
      expect(report.cuts).toBe(20);
    },
    120_000,
  );

  it.each(['writer', 'reader'])(
    'ends the backend of a %s, again and again',
    async (role) => {
      await survive(5, async () => {
        for (const { pid } of await backends(role)) await postgres.query(`SELECT pg_terminate_backend(${pid})`);
      });
    },
    120_000,
  );

  it('gets on while each commit waits for a slow disk, and when it is fast again', async () => {
    /** The server sleeps for so long before it flushes a commit, whoever else commits. */
    const delay = async (microseconds: string): Promise<void> => {
      await postgres.query('ALTER SYSTEM SET commit_siblings = 0');
      await postgres.query(`ALTER SYSTEM SET commit_delay = ${microseconds}`);
      await postgres.query('SELECT pg_reload_conf()');
      const shown = (): Promise<{ commit_delay: string }[]> => postgres.query('SHOW commit_delay');
      while ((await shown())[0]?.commit_delay !== microseconds);
    };
    let isSlow = false;
    await survive(4, () => delay((isSlow = !isSlow) ? '100000' : '0'));
    expect(isSlow).toBe(false);
  }, 60_000);

  it('kills a backend with SIGKILL, whereupon the server begins anew', async () => {
    await survive(2, async () => {
      const [writer] = await backends('writer');
      process.kill(writer?.pid as number, 'SIGKILL');
      await postgres.start();
    });
  }, 120_000);

  it('kills the server with SIGKILL and starts it again', async () => {
    await survive(2, async () => {
      await postgres.kill('SIGKILL');
      await postgres.start();
    });
  }, 120_000);

  it('rejects while the server is away, and goes on by itself when it is back', async () => {
    const store = await PostgresStorage.open(postgres.url, { schema: freshSchema() });
    await store.journal.flush([append('a/b/c/d', 0)]);
    await store.leases.claim('lease', 'me', 60_000);
    await postgres.kill('SIGINT');
    await expect(store.journal.flush([append('a/b/c/d', 1)])).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(store.journal.head('a/b/c/d')).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(store.leases.claim('lease', 'me', 60_000)).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await postgres.start();
    expect((await store.journal.head('a/b/c/d')).seq).toBe(1);
    await expect(store.journal.flush([append('a/b/c/d', 1)])).resolves.toMatchObject([{ kind: 'committed' }]);
    expect((await store.leases.claim('lease', 'another', 60_000)).holder).toBe('me');
    await store.close();
  }, 60_000);

  it('leaves no commit behind that it has lost sight of: one that waits in the server is ended before it is read back', async () => {
    const schema = freshSchema();
    const proxy = await FaultProxy.start(postgres.server);
    const url = new URL(postgres.url);
    url.port = String(proxy.port);
    const store = await PostgresStorage.open(url.href, { schema, lockTimeout: '60s', statementTimeout: '120s' });
    await store.journal.flush([append('a/b/c/d', 0)]);
    const other = new Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query(`SELECT FROM ${schema}.ps_actor FOR UPDATE`);
    const [writer] = await backends('writer');
    const flushed = store.journal.flush([append('a/b/c/d', 1)]).catch((error: unknown) => error);
    const isWaiting = `SELECT pid FROM pg_stat_activity WHERE pid = ${writer?.pid} AND wait_event_type = 'Lock'`;
    while ((await postgres.query(isWaiting)).length === 0);
    proxy.inject({ kind: 'reset', times: 1 });
    expect(await flushed).toMatchObject({ code: 'PS_STORE_FAILED' });
    expect(await postgres.query(`SELECT pid FROM pg_stat_activity WHERE pid = ${writer?.pid}`)).toEqual([]);
    await other.query('ROLLBACK');
    await other.end();
    expect((await store.journal.head('a/b/c/d')).seq).toBe(1);
    await expect(store.journal.flush([append('a/b/c/d', 1)])).resolves.toMatchObject([{ kind: 'committed' }]);
    await store.close();
    await proxy.stop();
  }, 60_000);

  it('gives up a server that says nothing any more, and goes on when it speaks again', async () => {
    const proxy = await FaultProxy.start(postgres.server);
    const url = new URL(postgres.url);
    url.port = String(proxy.port);
    const options = { schema: freshSchema(), statementTimeout: 300, connectTimeout: 300 };
    const store = await PostgresStorage.open(url.href, options);
    await store.journal.flush([append('a/b/c/d', 0)]);
    const silence = proxy.inject({ kind: 'blackHole' });
    await expect(store.journal.flush([append('a/b/c/d', 1)])).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(store.journal.head('a/b/c/d')).rejects.toMatchObject({ code: expect.stringMatching(/^PS_STOR/) });
    silence.remove();
    const head = await eventually(() => store.journal.head('a/b/c/d'));
    const again = await eventually(() => store.journal.flush([append('a/b/c/d', head.seq)]));
    expect(again).toMatchObject([{ kind: 'committed' }]);
    await store.close();
    await proxy.stop();
  }, 60_000);

  it('is busy, and nothing is stored, when rows stay locked for too long', async () => {
    const schema = freshSchema();
    const store = await PostgresStorage.open(postgres.url, { schema, lockTimeout: 50 });
    await store.journal.flush([append('a/b/c/d', 0)]);
    const other = new Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query(`SELECT FROM ${schema}.ps_actor FOR UPDATE`);
    const both = [append('a/b/c/d', 1), append('a/b/c/e', 0)];
    await expect(store.journal.flush(both)).rejects.toMatchObject({ code: 'PS_STORE_BUSY', waitedMs: 50 });
    await expect(store.journal.flush([append('a/b/c/d', 0)])).rejects.toMatchObject({ code: 'PS_STORE_BUSY' });
    await other.query('ROLLBACK');
    await other.end();
    expect((await store.journal.head('a/b/c/e')).seq).toBe(0);
    await expect(store.journal.flush(both)).resolves.toMatchObject([{ kind: 'committed' }, { kind: 'committed' }]);
    await store.close();
  }, 60_000);

  it('commits, and keeps its lease, while every reader is taken', async () => {
    const schema = freshSchema();
    const store = await PostgresStorage.open(postgres.url, { schema, readers: 1, connectTimeout: 200 });
    const other = new Client({ connectionString: postgres.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query(`LOCK TABLE ${schema}.ps_checkpoint`);
    const save = store.checkpoints.save({ actor: 'a/b/c/d', seq: 1, time: 0, bytes: new Uint8Array(1) }, 2);
    const waits =
      "SELECT 1 AS one FROM pg_stat_activity WHERE application_name = 'plexspaces reader' AND wait_event_type = 'Lock'";
    while ((await postgres.query(waits)).length === 0);
    await expect(store.journal.head('a/b/c/d')).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await expect(store.journal.flush([append('a/b/c/d', 0)])).resolves.toMatchObject([{ kind: 'committed' }]);
    expect((await store.leases.claim('lease', 'me', 60_000)).holder).toBe('me');
    await other.query('ROLLBACK');
    await other.end();
    await save;
    expect((await store.journal.head('a/b/c/d')).seq).toBe(1);
    await store.close();
  }, 60_000);

  (installed && canMount() ? it : it.skip)(
    'acknowledges nothing on a full disk, and goes on when there is room (needs mount)',
    async () => {
      const disk = smallDisk(90);
      const full = await PrivatePostgres.start({ max_wal_size: '32MB', min_wal_size: '32MB' }, disk);
      try {
        const store = await PostgresStorage.open(full.url, { schema: 'disk' });
        await full.query('CREATE TABLE filler AS SELECT 0 AS n');
        let seq = 0;
        const refused: unknown[] = [];
        for (let i = 0; i < 500 && refused.length === 0; i++) {
          const bytes = randomBytes(400_000);
          await store.journal.flush([append('a/b/c/d', seq, bytes)]).then(
            () => seq++,
            (error: unknown) => refused.push(error),
          );
        }
        expect(refused).toMatchObject([{ code: expect.stringMatching(/^PS_STOR/) }]);
        await full.kill('SIGKILL'); // it may have stopped by itself (PANIC)
        execFileSync('mount', ['-o', 'remount,size=400m', disk]);
        await full.start();
        const head = await eventually(() => store.journal.head('a/b/c/d'));
        expect([seq, seq + 1]).toContain(head.seq); // what was refused may be stored; what was acknowledged is
        let read = 0;
        for await (const page of store.journal.read('a/b/c/d', 0)) read += page.length;
        expect(read).toBe(head.seq);
        await expect(store.journal.flush([accept('m')])).resolves.toEqual([{ kind: 'accepted' }]);
        await store.close();
      } finally {
        await full.kill('SIGINT');
        execFileSync('umount', ['-l', disk]);
        await full.destroy();
      }
    },
    120_000,
  );
});

async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
