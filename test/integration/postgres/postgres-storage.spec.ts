import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { decodeCheckpoint, encodeCheckpoint, encodeEntry, StateImage, verifyEntry } from '#journal';
import { type AppendWrite, type Outcome, type PlexSpacesError, SystemEnv, type Write } from '#spi';
import { postgresServer } from '../../support/servers/postgres-server';
import { postgresBinaries, PrivatePostgres } from '../../support/servers/private-postgres';
import { describeWith } from '../../support/servers/test-server';
import { type PostgresAddress, type PostgresOptions, PostgresStorage } from '#storage/postgres';
import { loadDriver } from '../../../libs/storage/src/postgres/driver';
import { planFast } from '../../../libs/storage/src/postgres/flush/fast-plan';
import { PackedWrites } from '../../../libs/storage/src/postgres/flush/packed-writes';
import { checkServer } from '../../../libs/storage/src/postgres/session';

const ACTOR = 'default/default/counter/c-1';
const env = new SystemEnv();

const append = (actor: string, seq: number, options: Partial<AppendWrite> = {}): AppendWrite => ({
  kind: 'append',
  actor,
  expected: { seq, epoch: seq === 0 ? 0 : 1 },
  epoch: 1,
  writer: 'w',
  schema: 1,
  status: 'live',
  entries: [{ seq: seq + 1, bytes: Buffer.from('entry') }],
  inbox: [],
  sends: [],
  ...options,
});
const done = (id: string, fresh = true) =>
  ({ op: 'done', id, argsHash: 'h', answer: Buffer.from('yes'), expiresAt: null, fresh }) as const;
const rowFor = (actor: string, id: string, message: Uint8Array = new Uint8Array(1)) =>
  ({ actor, id, argsHash: 'h', message, attempts: 0, dueAt: 9e12 }) as const;

async function refusalOf(address: PostgresAddress, options: PostgresOptions = {}): Promise<PlexSpacesError> {
  try {
    const store = await PostgresStorage.open(address, options);
    await store.close();
  } catch (error) {
    return error as PlexSpacesError;
  }
  throw new Error('It opened.');
}

describe('what cannot be opened', () => {
  it.each<[unknown, string]>([
    ['not a url', 'postgres://user'],
    ['mysql://root:s3cret@localhost/db', 'postgres://user'],
    ['postgres://me:s3cret@[broken/db', 'postgres://user'],
    ['postgres://me:s3cret@127.0.0.1:1/db', 'Check that the server runs'],
    ['postgres://me:s3cret@nowhere.invalid/db', 'host'],
    [{ host: '127.0.0.1', port: 1, user: 'me', password: 's3cret', database: 'db' }, 'Check that the server runs'],
  ])('%j: says what to do, and not the password', async (address, remedy) => {
    const error = await refusalOf(address as PostgresAddress, { connectTimeout: '5s' });
    expect(error).toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    expect(error.message).toContain(remedy);
    expect(`${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`).not.toContain('s3cret');
  });

  it.each<[PostgresOptions, string]>([
    [{ schema: 'Mine; DROP' }, 'schema'],
    [{ schema: 'pg_mine' }, 'schema'],
    [{ tablePrefix: 'A"' }, 'tablePrefix'],
    [{ readers: 0 }, 'readers'],
    [{ readers: 1.5 }, 'readers'],
    [{ durability: 'none' as 'full' }, 'durability'],
    [{ lockTimeout: 0 }, 'lockTimeout'],
    [{ statementTimeout: '60d' }, 'statementTimeout'],
  ])('option %j', async (options, option) => {
    const error = await refusalOf('postgres://127.0.0.1:1/db', options);
    expect(error).toMatchObject({ code: 'PS_INVALID_STORAGE_OPTION', option });
  });

  it('says so when pg is not installed', async () => {
    await expect(loadDriver(() => Promise.reject(new Error('Cannot find module')))).rejects.toMatchObject({
      code: 'PS_MISSING_PACKAGE',
      packageName: 'pg',
    });
  });
});

describe('planning one statement', () => {
  const plan = (...writes: Write[]) => planFast(new PackedWrites(writes));

  it('chains appends that stand on each other, and takes duplicates of others for granted', () => {
    const found = plan(append('a', 0), append('a', 1), append('b', 0, { sends: [rowFor('a', 'm')] }), {
      kind: 'accept',
      row: rowFor('b', 'm'),
    });
    expect(found?.heads.size).toBe(2);
    expect(found?.frames).toHaveLength(3);
    expect(found?.arrivals).toHaveLength(2);
  });

  it.each<[string, Write[]]>([
    ['two appends of which one must lose', [append('a', 0), append('a', 0)]],
    ['a gap', [append('a', 0), append('a', 2)]],
    ['another epoch', [append('a', 0), append('a', 1, { expected: { seq: 1, epoch: 2 }, epoch: 2 })]],
    ['one that continues another writer', [append('a', 0), append('a', 1, { writer: 'other', continues: true })]],
    ['a message twice', [append('a', 0, { inbox: [done('m')], sends: [rowFor('a', 'm')] })]],
    [
      'rows of the user',
      [append('a', 0, { rows: [{ entity: 'E', operation: 'insert', sql: '', params: [], expect: 1 }] })],
    ],
  ])('leaves to the exact way: %s', (_, writes) => {
    expect(plan(...writes)).toBeNull();
  });
});

describe('a server that is not fit', () => {
  const answering = (row: readonly (string | null)[]) => ({ query: () => Promise.resolve({ rows: [row] }) }) as never;
  const target = { label: 'postgres://me@host:5432/db', database: 'db', config: () => ({}) };
  const check = (row: readonly (string | null)[], options = {}) =>
    checkServer(answering(row), target, { durability: 'full', trustServer: false, ...options } as never);

  it('is too old', async () => {
    await expect(check(['110022', '11.22', 'UTF8', 'off', 'on', 'on', 'on'])).rejects.toMatchObject({
      code: 'PS_SERVER_TOO_OLD',
      found: '11.22',
      required: '12',
    });
  });

  it('does not show a setting, unless it is trusted', async () => {
    const row = ['150000', '15.0', 'UTF8', 'off', 'on', null, 'on'];
    await expect(check(row)).rejects.toMatchObject({ code: 'PS_UNSAFE_STORAGE', setting: 'full_page_writes' });
    await expect(check(row, { trustServer: true })).resolves.toBeUndefined();
  });
});

describeWith(postgresServer(), 'PostgresStorage', ({ url }) => {
  const schema = `storage_${env.id().toLowerCase()}`;
  const client = new Client({ connectionString: url.href });
  const open = (options: PostgresOptions = {}) => PostgresStorage.open(url.href, { schema, ...options });

  beforeAll(async () => {
    await client.connect();
  });

  afterAll(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });

  it('names its options, and no password', async () => {
    const secret = new URL(url.href);
    secret.password = 's3cret'; // trusted anyway
    const store = await PostgresStorage.open(secret.href, { schema, readers: 2 });
    expect(store.openedWith).toMatchObject({ schema, readers: 2, durability: 'full', lockTimeoutMs: 5_000 });
    expect(JSON.stringify(store.openedWith)).not.toContain('s3cret');
    await store.close();
  });

  it('keeps stores of other schemas and prefixes apart', async () => {
    const stores = [await open(), await open({ tablePrefix: 'other_' }), await open({ tablePrefix: '' })];
    for (const { journal } of stores) await journal.flush([append('apart', 0)]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('keeps payloads of 10 MB, whole', async () => {
    const store = await open();
    const bytes = Buffer.alloc(10 * 1024 * 1024, 'no two of these bytes stand alike ');
    const writes = [append('large', 0, { entries: [{ seq: 1, bytes }], inbox: [{ ...done('m'), answer: bytes }] })];
    expect(await store.journal.flush(writes)).toMatchObject([{ kind: 'committed' }]);
    for await (const [entry] of store.journal.read('large', 0)) expect(bytes.equals(entry!.bytes)).toBe(true);
    expect(bytes.equals((await store.inbox.find('large', 'm'))!.answer!)).toBe(true);
    await store.close();
  });

  it('lets two nodes write the same actors in opposite order: one of them wins each, and none waits for ever', async () => {
    const [one, other] = [await open(), await open()];
    const names = Array.from({ length: 12 }, (_, i) => `crossed-${i}`);
    await one.journal.flush(names.map((name) => append(name, 0)));
    for (let seq = 1; seq <= 25; seq++) {
      // A known message sends the flush the exact way.
      const exact = seq % 2 === 0 ? [append('crossed-0', 900)] : [];
      const flush = (store: PostgresStorage, order: readonly string[], writer: string): Promise<readonly Outcome[]> =>
        store.journal.flush([...order.map((name) => append(name, seq, { writer })), ...exact]);
      const outcomes = await Promise.all([flush(one, names, 'one'), flush(other, names.toReversed(), 'other')]);
      for (const [i, name] of names.entries()) {
        const kinds = [outcomes[0][i], outcomes[1][names.length - 1 - i]].map((outcome) => outcome!.kind);
        expect([name, ...kinds.sort()]).toEqual([name, 'committed', 'conflict']);
      }
    }
    await Promise.all([one.close(), other.close()]);
  });

  it('does not lose a commit that was told twice: a message known already is a duplicate in one statement', async () => {
    const store = await open();
    const accept = (id: string): Write => ({ kind: 'accept', row: rowFor('dup', id) });
    await store.journal.flush([accept('a')]);
    const outcomes = await store.journal.flush([accept('b'), accept('a'), append('dup-2', 0)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate', 'committed']);
    await store.close();
  });

  it('finds 500 flipped bytes of journal frames and checkpoints: none is read in silence', async () => {
    const store = await open();
    const header = { actor: ACTOR, id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', time: 1, correlationId: 'c' };
    const body = {
      kind: 'ActivationStarted',
      epoch: 1,
      node: 'n',
      codeVersion: '1',
      facetChain: '',
      reset: false,
      schema: 1,
    };
    const entries = Array.from({ length: 8 }, (_, i) => encodeEntry(header, body as never, i + 1));
    await store.journal.flush([append(ACTOR, 0, { entries: entries.slice(0, 5) })]);
    await store.journal.flush([append(ACTOR, 5, { entries: entries.slice(5) })]);
    const image = new StateImage();
    await store.checkpoints.save(
      await encodeCheckpoint({ actor: ACTOR, seq: 8, time: 1, schema: 1, image, activation: null }, 'zstd'),
      2,
    );
    /** What is read, as text. A checkpoint has bytes that mean nothing; whoever flips those changes nothing. */
    const readAll = async (): Promise<string> => {
      let seq = 0;
      const seen: string[] = [];
      for await (const page of store.journal.read(ACTOR, 0))
        for (const entry of page) {
          verifyEntry(ACTOR, entry);
          seen.push(Buffer.from(entry.bytes).toString('hex'));
          if (entry.seq !== ++seq) throw new Error(`entry ${entry.seq} follows ${seq - 1}`);
        }
      if (seq !== 8) throw new Error(`${seq} entries`);
      const { image: found, ...rest } = await decodeCheckpoint((await store.checkpoints.latest(ACTOR))!);
      return JSON.stringify([seen, rest, found.encode()]);
    };
    const whole = await readAll();
    let silent = 0;
    for (let flip = 0; flip < 500; flip++) {
      const [table, column] = flip % 2 === 0 ? ['ps_journal', 'frame'] : ['ps_checkpoint', 'bytes'];
      const where = `actor = (SELECT id FROM ${schema}.ps_actor WHERE name = $1) ORDER BY random() LIMIT 1`;
      const { rows } = await client.query<{ place: string; size: number }>(
        `SELECT ctid::text AS place, octet_length(${column}) AS size FROM ${schema}.${table} WHERE ${where}`,
        [ACTOR],
      );
      const { place, size } = rows[0]!;
      const [at, mask] = [Math.floor(env.random() * size), 1 + Math.floor(env.random() * 255)];
      // The same again puts it back; its row has moved by then.
      const change = `UPDATE ${schema}.${table} SET ${column} = set_byte(${column}, $2, get_byte(${column}, $2) # $3) WHERE ctid = $1::tid RETURNING ctid::text AS place`;
      const moved = await client.query<{ place: string }>(change, [place, at, mask]);
      await readAll().then(
        (read) => (silent += read === whole ? 0 : 1),
        (error: PlexSpacesError) => expect(error.code).toMatch(/^PS_(CORRUPT_RECORD|SCHEMA_TOO_NEW)$/),
      );
      await client.query(change, [moved.rows[0]!.place, at, mask]);
    }
    expect(silent).toBe(0);
    expect(await readAll()).toBe(whole);
    await store.close();
  }, 120_000);
});

(postgresBinaries() === undefined ? describe.skip : describe)('a server of our own (initdb needed)', () => {
  let postgres: PrivatePostgres;
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-hba-'));

  beforeAll(async () => {
    const rules = join(folder, 'hba.conf');
    writeFileSync(rules, 'host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n');
    letOthersRead(folder, rules);
    postgres = await PrivatePostgres.start({ hba_file: rules });
    await postgres.query("CREATE ROLE locked LOGIN PASSWORD 'right'");
    await postgres.query('CREATE ROLE guest LOGIN');
  }, 60_000);

  afterAll(async () => {
    await postgres.destroy();
    rmSync(folder, { recursive: true });
  });

  const address = (user: string, password = '', database = 'postgres'): string => {
    const url = new URL(postgres.url);
    [url.username, url.password, url.pathname] = [user, password, `/${database}`];
    return url.href;
  };

  it.each<[string, () => string, string]>([
    ['a wrong password', () => address('locked', 's3cret'), 'Check user and password'],
    ['no password', () => address('locked'), 'password'],
    ['an unknown user', () => address('nobody-there'), 'Check user and password'],
    ['an unknown database', () => address('postgres', 's3cret', 'nowhere'), 'createdb nowhere'],
    ['missing rights', () => address('guest', 's3cret'), 'Grant'],
  ])('%s: says what to do, and not the password', async (_, where, remedy) => {
    const error = await refusalOf(where());
    expect(error).toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    expect(error.message).toContain(remedy);
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('s3cret');
  });

  it.each([
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ['synchronous_commit', 'off'],
  ])('refuses %s = %s by name and value, at the start and at a later connection', async (setting, value) => {
    const set = async (to: string): Promise<void> => {
      await postgres.query(`ALTER SYSTEM SET ${setting} = ${to}`);
      await postgres.query('SELECT pg_reload_conf()');
      const shown = (): Promise<Record<string, string>[]> => postgres.query(`SHOW ${setting}`);
      while ((await shown())[0]?.[setting] !== to);
    };
    const store = await PostgresStorage.open(postgres.url);
    await store.journal.flush([append(setting, 0)]);
    await set(value);
    const unsafe = { code: 'PS_UNSAFE_STORAGE', setting, found: value };
    expect(await refusalOf(postgres.url)).toMatchObject(unsafe);
    const relaxed = await PostgresStorage.open(postgres.url, { durability: 'relaxed' });
    await relaxed.close();
    await postgres.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'plexspaces writer'",
    );
    while (
      (await postgres.query("SELECT 1 AS one FROM pg_stat_activity WHERE application_name = 'plexspaces writer'"))
        .length > 0
    );
    const after = store.journal.flush([append(setting, 1)]);
    await expect(after.catch(() => store.journal.flush([append(setting, 1)]))).rejects.toMatchObject(unsafe);
    await set('on');
    await expect(store.journal.flush([append(setting, 1)])).resolves.toMatchObject([{ kind: 'committed' }]);
    await store.close();
  });

  it.each(['local', 'remote_write', 'remote_apply'])('takes synchronous_commit = %s, of a role', async (value) => {
    await postgres.query(`ALTER ROLE postgres SET synchronous_commit = ${value}`);
    await (await PostgresStorage.open(postgres.url)).close();
    await postgres.query('ALTER ROLE postgres SET synchronous_commit = off');
    expect(await refusalOf(postgres.url)).toMatchObject({ code: 'PS_UNSAFE_STORAGE', found: 'off' });
    await postgres.query('ALTER ROLE postgres RESET synchronous_commit');
  });

  it('refuses a database of another encoding, and one that is read only', async () => {
    await postgres.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'");
    expect(await refusalOf(address('postgres', '', 'latin'))).toMatchObject({
      setting: 'server_encoding',
      found: 'LATIN1',
    });
    await postgres.query('CREATE ROLE reader LOGIN SUPERUSER');
    await postgres.query('ALTER ROLE reader SET default_transaction_read_only = on');
    expect((await refusalOf(address('reader'))).message).toContain('Name the primary');
  });
});

/** The server runs as another user. */
function letOthersRead(...paths: readonly string[]): void {
  for (const path of paths) chmodSync(path, 0o755);
}
