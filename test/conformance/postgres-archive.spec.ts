import { Client } from 'pg';
import { FaultProxy } from 'plexspaces/testing';
import { type AppendWrite, type EntryRecord, type HeadRow, SystemEnv } from '#spi';
import { type PostgresOptions, PostgresStorage } from '#storage/postgres';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';

const env = new SystemEnv();
const entries = (afterSeq: number, ...texts: string[]): EntryRecord[] =>
  texts.map((text, i) => ({ seq: afterSeq + 1 + i, bytes: Buffer.from(text) }));
const append = (actor: string, status: 'live' | 'terminated', ...texts: string[]): AppendWrite => ({
  kind: 'append',
  actor,
  expected: { seq: 0, epoch: 0 },
  epoch: 1,
  writer: 'w',
  schema: 1,
  status,
  entries: entries(0, ...texts),
  inbox: [],
  sends: [],
});
const archived: HeadRow = { seq: 3, epoch: 1, writer: 'archive', schema: 1, status: 'live' };

describeWith(postgresServer(), 'purge and restore of Postgres', (server) => {
  const schema = `archive_${env.id().toLowerCase()}`;
  const gate = new Client({ connectionString: server.url.href });
  const watch = new Client({ connectionString: server.url.href });
  const open = (options: PostgresOptions = {}) =>
    PostgresStorage.open(server.url.href, { schema, lockTimeout: '60s', ...options });
  let store: PostgresStorage;

  beforeAll(async () => {
    await Promise.all([gate.connect(), watch.connect()]);
    store = await open();
  });

  afterAll(async () => {
    await store.close();
    await watch.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await Promise.all([gate.end(), watch.end()]);
  });

  const seqs = async (actor: string): Promise<number[]> => {
    const seen: number[] = [];
    for await (const page of store.journal.read(actor, 0)) seen.push(...page.map(({ seq }) => seq));
    return seen;
  };

  const WAITING = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%${schema}%'`;
  async function whileWaiting(count: number): Promise<void> {
    for (let look = 0; look < 5_000; look++)
      if ((await watch.query<{ count: number }>(WAITING)).rows[0]?.count === count) return;
    throw new Error(`There are not ${count} that wait for a lock.`);
  }

  /** Begins both, the second when the first waits for the actor's frames, and lets them go when both do. */
  async function inOrder<A, B>(actor: string, first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
    await gate.query('BEGIN');
    let both: Promise<[A, B]>;
    try {
      const whose = `actor = (SELECT id FROM ${schema}.ps_actor WHERE name = $1)`;
      await gate.query(`SELECT 1 FROM ${schema}.ps_journal WHERE ${whose} FOR UPDATE`, [actor]);
      const one = first();
      await whileWaiting(1);
      both = Promise.all([one, second()]);
      await whileWaiting(2);
    } finally {
      await gate.query('ROLLBACK');
    }
    return both;
  }

  /** Entries 4 (in a frame with 5) to 6 are left; 3 could be put back. */
  async function withoutBeginning(actor: string): Promise<void> {
    await store.journal.flush([append(actor, 'live', '1', '2', '3', '4', '5', '6')]);
    await store.journal.truncate(actor, 3);
  }

  it('leaves no gap where a truncation is first: what is restored does not fit any more (J14)', async () => {
    await withoutBeginning('cut-first');
    const [, fits] = await inOrder(
      'cut-first',
      () => store.journal.truncate('cut-first', 4),
      () => store.journal.restore('cut-first', entries(2, '3'), null),
    );
    expect([fits, await seqs('cut-first')]).toEqual([false, [5, 6]]);
  });

  it('leaves no gap where a truncation comes second: it cuts what was restored as well (J14)', async () => {
    await withoutBeginning('cut-second');
    const [fits] = await inOrder(
      'cut-second',
      () => store.journal.restore('cut-second', entries(2, '3'), null),
      () => store.journal.truncate('cut-second', 4),
    );
    expect([fits, await seqs('cut-second')]).toEqual([true, [5, 6]]);
  });

  it.each(['first', 'second'])('purges all of a journal whose truncation comes %s (J13)', async (place) => {
    const actor = `purged-${place}`;
    await store.journal.flush([append(actor, 'terminated', '1', '2', '3')]);
    const cut = (): Promise<unknown> => store.journal.truncate(actor, 2);
    const purge = (): Promise<unknown> => store.journal.purge([actor]);
    const done = await (place === 'first' ? inOrder(actor, cut, purge) : inOrder(actor, purge, cut));
    expect(done).toContainEqual([true]);
    expect(await seqs(actor)).toEqual([]);
  });

  it('waits for no actor that is not terminated, and holds it up neither (J13)', async () => {
    await store.journal.flush([append('at-work', 'live', '1'), append('over', 'terminated', '1')]);
    await gate.query('BEGIN');
    await gate.query(`SELECT 1 FROM ${schema}.ps_actor WHERE name = 'at-work' FOR UPDATE`);
    expect(await store.journal.purge(['at-work', 'over'])).toEqual([false, true]);
    await gate.query('ROLLBACK');
  });

  it('says that somebody is in the way, and has done nothing (J7)', async () => {
    const hasty = await open({ lockTimeout: '50ms' });
    await store.journal.flush([append('held', 'terminated', '1')]);
    await gate.query('BEGIN');
    await gate.query(`SELECT 1 FROM ${schema}.ps_actor WHERE name = 'held' FOR UPDATE`);
    await expect(hasty.journal.purge(['held'])).rejects.toMatchObject({ code: 'PS_STORE_BUSY' });
    await expect(hasty.journal.restore('held', entries(0, '0'), null)).rejects.toMatchObject({ code: 'PS_STORE_BUSY' });
    await gate.query('ROLLBACK');
    expect(await seqs('held')).toEqual([1]);
    expect(await hasty.journal.purge(['held'])).toEqual([true]); // over a connection that is fit for use
    await hasty.close();
  });

  it('takes an impossible id for nobody’s, not for that of another actor (J9, J13, C6)', async () => {
    await store.journal.flush([append('\ufffd', 'terminated', '1')]);
    await store.checkpoints.save({ actor: '\ufffd', seq: 1, time: 1, bytes: new Uint8Array(1) }, 1);
    for (const id of ['\ud800', 'a\0b']) {
      expect(await store.journal.purge([id])).toEqual([false]);
      await store.checkpoints.purge(id);
    }
    expect(await seqs('\ufffd')).toEqual([1]);
    expect(await store.checkpoints.list('\ufffd')).toEqual([1]);
  });

  describe.each(['before', 'after'] as const)('a line that is cut %s the server has the commit', (when) => {
    let proxy: FaultProxy;
    let cut: PostgresStorage;

    beforeAll(async () => {
      proxy = await FaultProxy.start(server);
      const url = new URL(server.url.href);
      [url.hostname, url.port] = [proxy.host, String(proxy.port)];
      cut = await PostgresStorage.open(url.href, { schema });
    });

    afterAll(async () => {
      await cut.close();
      await proxy.stop();
    });

    it.each<HeadRow | null>([archived, null])('restores once, or says that it does not know (J14)', async (head) => {
      const actor = `restored-${when}-${head === null ? 'below' : 'whole'}`;
      if (head === null) await store.journal.flush([append(actor, 'live', '1', '2', '3')]);
      await store.journal.truncate(actor, 3);
      proxy.inject({ kind: 'cut', when, pattern: 'COMMIT\0', times: 1, how: 'reset' });
      const restored = cut.journal.restore(actor, entries(1, '2', '3'), head);
      if (when === 'before') expect(await restored).toBe(true);
      else await expect(restored).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
      proxy.assertAllFired();
      expect(await seqs(actor)).toEqual([2, 3]);
    });

    it('purges, and says so (J13)', async () => {
      const actor = `purged-${when}`;
      await store.journal.flush([append(actor, 'terminated', '1')]);
      proxy.inject({ kind: 'cut', when, pattern: 'COMMIT\0', times: 1, how: 'reset' });
      expect(await cut.journal.purge([actor])).toEqual([true]);
      proxy.assertAllFired();
      expect(await seqs(actor)).toEqual([]);
    });
  });
});
