import { SystemEnv } from '#spi';
import { PostgresStorage } from '#storage/postgres';
import {
  append,
  commit,
  done,
  freshActor,
  NEW,
  readAll,
  rowFor,
  write,
} from '../../libs/testing/src/conformance/builders';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';
import { PostgresSchema } from './postgres-backend';

// A database or a role may have settings of its own that change what our statements mean.

describeWith(postgresServer(), 'settings of a role on Postgres', (server) => {
  const place = new PostgresSchema(server);
  const role = `settings_${new SystemEnv().id().toLowerCase()}`;
  const database = server.url.pathname.slice(1);
  beforeAll(() => place.query(`CREATE ROLE ${role} LOGIN; GRANT CREATE ON DATABASE ${database} TO ${role}`));
  afterAll(async () => {
    await place.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    await place.destroy();
  });

  it.each([
    ['bytea_output', 'escape'],
    ['default_transaction_isolation', 'serializable'],
    ['default_transaction_deferrable', 'on'],
    ['DateStyle', "'SQL, DMY'"],
    ['IntervalStyle', 'sql_standard'],
    ['extra_float_digits', '-15'],
    ['standard_conforming_strings', 'off'],
    ['TimeZone', "'Asia/Kolkata'"],
    ['search_path', "''"],
    ['row_security', 'off'],
  ])('%s = %s', async (setting, value) => {
    await place.query(`ALTER ROLE ${role} RESET ALL; ALTER ROLE ${role} SET ${setting} = ${value}`);
    const url = Object.assign(new URL(server.url.href), { username: role });
    const store = await PostgresStorage.open(url.href, { schema: role, durability: 'relaxed' });
    const { journal, inbox, checkpoints, leases } = store;
    const actor = freshActor();
    const head = await commit(journal, append(actor, NEW, ['a\\b', '\n']));
    await commit(journal, append(actor, head, ['c'], { inbox: [done('m', 'answer')], sends: [rowFor(actor, 'n')] }));
    await expect(readAll(journal, actor)).resolves.toEqual([
      [1, 'a\\b'],
      [2, '\n'],
      [3, 'c'],
    ]);
    const row = await inbox.find(actor, 'm');
    expect(Buffer.from(row?.answer as Uint8Array).toString()).toBe('answer');
    await expect(write(journal, { kind: 'accept', row: rowFor(actor, 'm') })).resolves.toMatchObject({
      kind: 'duplicate',
      row: { answer: row?.answer },
    });
    await checkpoints.save({ actor, seq: 3, time: 1, bytes: Buffer.from('bytes') }, 2);
    expect(Buffer.from((await checkpoints.latest(actor))?.bytes as Uint8Array).toString()).toBe('bytes');
    await expect(leases.claim('l', 'me', 60_000)).resolves.toMatchObject({ holder: 'me' });
    const { leftMs } = await leases.claim('l', 'you', 60_000);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    await leases.release('l', 'me');
    await store.close();
  });
});
