import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GroupCommitWriter, Keyring, type Settled, encryptStorage } from '#journal';
import { SqliteStorage } from '#storage/sqlite';
import {
  Actor,
  type EncryptionOptions,
  Handle,
  Journal,
  MemoryStorage,
  State,
  StoreFailedError,
  SystemEnv,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import type { JournalStorage, NewInboxRow, Storage } from 'plexspaces/spi';
import { type App, closeApps, startApp } from '../../support/app';

@Actor({ type: 'counter' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
class Counter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

const k1 = Buffer.alloc(32, 1);
const k2 = Buffer.alloc(32, 2);
const ONE: EncryptionOptions = { keys: { k1 }, current: 'k1' };
const BOTH: EncryptionOptions = { keys: { k1, k2 }, current: 'k2' };
const TWO: EncryptionOptions = { keys: { k2 }, current: 'k2' };

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-encryption-'));
let files = 0;
let path: string;
let storage: SqliteStorage;
beforeEach(async () => {
  path = join(folder, `${files++}.db`);
  storage = await SqliteStorage.open(path);
});
afterEach(async () => {
  await closeApps();
  await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (encryption?: EncryptionOptions): Promise<App> => startApp({ actors: [Counter], storage, encryption });
const add = (app: App, key: string, by = 1, id?: string): Promise<unknown> =>
  app
    .client(Counter)
    .ref(key)
    .with(id === undefined ? {} : { idempotencyKey: id })
    .ask.add(by);
const current = (app: App, key: string): Promise<number> => app.client(Counter).ref(key).ask.current();

/** The attacker: rights on the database, no key. */
function tamper(sql: string, ...params: unknown[]): void {
  const db = new Database(path);
  expect(db.prepare(sql).run(...params).changes).toBeGreaterThan(0);
  db.close();
}

const OF = "(SELECT id FROM ps_actor WHERE name = 'default/default/counter/' || ?)";

function keyIdsOf(key: string): string[] {
  const db = new Database(path, { readonly: true });
  const frames = db
    .prepare(`SELECT frame FROM ps_journal WHERE actor = ${OF} ORDER BY first_seq`)
    .pluck()
    .all(key) as Buffer[];
  db.close();
  return frames.map((frame) => frame.toString('latin1', 4, 11));
}

describe('an encrypted application', () => {
  it('goes on under a new key, and reads what is under the old one as long as that is in the ring (E3)', async () => {
    const first = await start(ONE);
    for (let i = 0; i < 4; i++) await add(first, 'a');
    await first.close();
    const second = await start(BOTH);
    expect(await add(second, 'a')).toBe(5);
    await second.close();
    expect(new Set(keyIdsOf('a'))).toEqual(new Set(['PXE\u0001\u0002k1', 'PXE\u0001\u0002k2']));
    const journal = new Journal(encryptStorage(storage, new Keyring(BOTH))); // a tool without a runtime
    const actor = { tenant: 'default', namespace: 'default', type: 'counter', key: 'a' };
    expect(await journal.stateAt(actor, { seq: 1_000 })).toEqual({ value: 5 });
  });

  it('gives a repeat its recorded answer, also across a change of keys: the hash of arguments is not the key’s', async () => {
    const first = await start(ONE);
    expect(await add(first, 'a', 2, 'once')).toBe(2);
    await first.close();
    const second = await start(BOTH);
    expect(await add(second, 'a', 2, 'once')).toBe(2);
    await expect(add(second, 'a', 3, 'once')).rejects.toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    expect(await current(second, 'a')).toBe(2);
  });

  it('lets an actor whose key is missing wait, keeps what it accepts, and goes on when the key is back', async () => {
    const first = await start(ONE);
    await add(first, 'old', 10);
    await first.close();
    const second = await start(TWO);
    await expect(current(second, 'old')).rejects.toMatchObject({
      code: 'PS_ENCRYPTION_KEY_MISSING',
      keyId: 'k1',
      actor: 'default/default/counter/old',
    });
    await second.client(Counter).ref('old').tell.add(5);
    await expect(add(second, 'old')).rejects.toThrow(/Put that key back into encryption[.]keys/);
    expect(await add(second, 'new', 1)).toBe(1);
    await second.close();
    const third = await start(BOTH);
    await eventually(async () => (await current(third, 'old')) === 15);
    expect(await current(third, 'new')).toBe(1);
  });

  it('cannot be read with encryption switched off, and says which key is missing', async () => {
    await (await started(ONE)).close();
    const second = await start();
    await expect(current(second, 'a')).rejects.toMatchObject({ code: 'PS_ENCRYPTION_KEY_MISSING', keyId: 'k1' });
    await expect(add(second, 'a', 1, 'once')).rejects.toMatchObject({ code: 'PS_ENCRYPTION_KEY_MISSING' });
  });
});

async function started(options?: EncryptionOptions, keys = ['a']): Promise<App> {
  const app = await start(options);
  for (const key of keys) for (let i = 0; i < 2; i++) await add(app, key, 1, i === 0 ? 'once' : undefined);
  return app;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 10_000; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it never came to hold');
}

describe('who may write to the database, but has no key', () => {
  const frameOf = (key: string): Buffer => {
    const db = new Database(path, { readonly: true });
    const frame = db.prepare(`SELECT frame FROM ps_journal WHERE actor = ${OF} ORDER BY first_seq`).pluck().get(key);
    db.close();
    return frame as Buffer;
  };

  it('cannot put the records of one actor in the place of another’s (E1)', async () => {
    await (await started(ONE, ['a', 'b'])).close();
    tamper(`UPDATE ps_journal SET frame = ? WHERE first_seq = 1 AND actor = ${OF}`, frameOf('b'), 'a');
    const app = await start(ONE);
    await expect(current(app, 'a')).rejects.toMatchObject({
      code: 'PS_CORRUPT_RECORD',
      actor: 'default/default/counter/a',
    });
    expect(await current(app, 'b')).toBe(2);
  });

  it('cannot swap answers, nor give one that it made', async () => {
    await (await started(ONE, ['a', 'b'])).close();
    tamper(
      `UPDATE ps_inbox SET answer = (SELECT answer FROM ps_inbox WHERE actor = ${OF} LIMIT 1) WHERE actor = ${OF}`,
      'b',
      'a',
    );
    const app = await start(ONE);
    await expect(add(app, 'a', 1, 'once')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    expect(await add(app, 'b', 1, 'once')).toBe(1);
    tamper(`UPDATE ps_inbox SET answer = ? WHERE actor = ${OF}`, Buffer.from([0, 0xcd, 0x03, 0xe7]), 'b');
    await expect(add(app, 'b', 1, 'once')).rejects.toMatchObject({ code: 'PS_PLAIN_RECORD' });
  });

  it('cannot put records in the clear in the place of sealed ones (E2)', async () => {
    const plainPath = join(folder, 'plain.db');
    const plainStore = await SqliteStorage.open(plainPath);
    const forger = await startApp({ actors: [Counter], storage: plainStore });
    await add(forger, 'a', 1_000_000);
    await forger.close();
    await plainStore.close();
    const db = new Database(plainPath);
    const forged = db.prepare('SELECT frame, entries FROM ps_journal').get() as { frame: Buffer; entries: number };
    db.close();
    await (await started(ONE)).close();
    tamper(
      `UPDATE ps_journal SET frame = ?, entries = ? WHERE first_seq = 1 AND actor = ${OF}`,
      forged.frame,
      forged.entries,
      'a',
    );
    const app = await start(ONE);
    await expect(current(app, 'a')).rejects.toMatchObject({ code: 'PS_PLAIN_RECORD', record: 'Entry 1' });
  });
});

describe('a store from before encryption', () => {
  it('is refused record by record unless acceptPlain says otherwise, which is warned about', async () => {
    await (await started(undefined)).close();
    const strict = await start(ONE);
    await expect(current(strict, 'a')).rejects.toThrow(/set encryption[.]acceptPlain: true/);
    await strict.close();
    const lenient = await start({ ...ONE, acceptPlain: true });
    expect(lenient.complaints.join()).toMatch(/acceptPlain is on/);
    expect(await add(lenient, 'a')).toBe(3);
    expect(await add(lenient, 'a', 1, 'once')).toBe(1);
    await lenient.close();
    expect(keyIdsOf('a').at(-1)).toBe('PXE\u0001\u0002k1');
  });

  it('accepts nothing in the clear behind a sealed record of the same journal (E2)', async () => {
    const lenient = encryptStorage(storage, new Keyring({ ...ONE, acceptPlain: true }));
    const [plain, sealed] = [new Journal(storage), new Journal(lenient)];
    const body = { kind: 'TimerFired', scope: 'handler', ordinal: 0 } as const;
    await plain.append('x', body);
    await sealed.append('x', body);
    expect(await sealed.replayFrom('x', 1).toArray()).toHaveLength(2);
    await plain.append('x', body);
    await expect(sealed.replayFrom('x', 1).toArray()).rejects.toMatchObject({
      code: 'PS_PLAIN_RECORD',
      record: 'Entry 3',
    });
  });
});

describe('a flush of unknown outcome', () => {
  /** Stores what it is given, and says that it failed. */
  function lossy(inner: Storage): Storage {
    const { journal } = inner;
    const flush: JournalStorage['flush'] = async (writes) => {
      await journal.flush(writes);
      throw new StoreFailedError('memory', 'the answer was lost');
    };
    return {
      inbox: inner.inbox,
      checkpoints: inner.checkpoints,
      journal: {
        name: journal.name,
        capabilities: journal.capabilities,
        flush,
        head: (actor) => journal.head(actor),
        read: (...range) => journal.read(...range),
        truncate: (...range) => journal.truncate(...range),
        actors: (...range) => journal.actors(...range),
        purge: (actors) => journal.purge(actors),
        restore: (...given) => journal.restore(...given),
        close: () => journal.close(),
      },
    };
  }

  it('is read back through the keys: what is stored is what was written (P10)', async () => {
    const sealed = encryptStorage(lossy(new MemoryStorage()), new Keyring(ONE));
    const writer = new GroupCommitWriter(sealed.journal, new SystemEnv(), { inbox: sealed.inbox });
    const row: NewInboxRow = { actor: 'a', id: 'm', argsHash: 'h', message: Buffer.from('x'), attempts: 1, dueAt: 0 };
    const entries = [{ seq: 1, bytes: Buffer.from('entry') }];
    const settled: Settled[] = [];
    writer.submit({ kind: 'accept', row }, (outcome) => settled.push(outcome));
    writer.submit(
      {
        kind: 'append',
        actor: 'b',
        expected: { seq: 0, epoch: 0 },
        epoch: 1,
        writer: 'w',
        schema: 1,
        status: 'live',
        entries,
        inbox: [],
        sends: [],
      },
      (outcome) => settled.push(outcome),
    );
    await writer.idle();
    expect(settled).toEqual([{ kind: 'accepted' }, { kind: 'committed', head: { seq: 1, epoch: 1 } }]);
  });

  it('reports a row that cannot be opened as the outcome of its one write (E4)', async () => {
    const memory = new MemoryStorage();
    const row: NewInboxRow = { actor: 'a', id: 'm', argsHash: 'h', message: Buffer.from('x'), attempts: 1, dueAt: 0 };
    await encryptStorage(memory, new Keyring(ONE)).journal.flush([{ kind: 'accept', row }]);
    const outcomes = await encryptStorage(memory, new Keyring(TWO)).journal.flush([
      { kind: 'accept', row },
      { kind: 'accept', row: { ...row, actor: 'b' } },
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'failed', error: { code: 'PS_ENCRYPTION_KEY_MISSING', keyId: 'k1', actor: 'a' } },
      { kind: 'accepted' },
    ]);
  });
});

describe('the encryption option', () => {
  const secret = 'c2VjcmV0IHRoYXQgbXVzdCBub3QgYmUgcHJpbnRlZA==';
  it.each<[string, RegExp, unknown]>([
    ['keys that are no object', /encryption[.]keys must be an object/, { keys: secret, current: 'k1' }],
    ['no current', /encryption[.]current must be the id/, { keys: { k1 } }],
    ['a short key', /encryption is refused: Encryption key "k1" has 31 bytes/, { keys: { k1: secret }, current: 'k1' }],
    ['another name', /encryption[.]key is unknown/, { key: secret }],
    ['a word', /encryption must be an object/, secret],
    ['acceptPlain that is no flag', /encryption[.]acceptPlain/, { keys: { k1 }, current: 'k1', acceptPlain: 'yes' }],
  ])('refuses %s and shows no key', async (_, message, encryption) => {
    const refused: unknown = await start(encryption as EncryptionOptions).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'PS_INVALID_OPTIONS' });
    expect(String(refused)).toMatch(message);
    expect(String(refused)).not.toContain(secret.slice(0, 10));
  });
});
