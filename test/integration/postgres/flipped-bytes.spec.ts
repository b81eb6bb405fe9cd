import { Keyring, encryptStorage } from '#journal';
import type { PostgresStorage } from '#storage/postgres';
import { type InboxRow, type Storage, isPlexSpacesError } from 'plexspaces/spi';
import { ManualClock } from 'plexspaces/testing';
import { Random, seedOfRun } from '../../../libs/testing/src/conformance/random';
import { PostgresSchema } from '../../conformance/postgres-backend';
import { closeApps } from '../../support/app';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { ACTOR, BLOBS, Flipped, WAYS, fill, readAll, readRow, startFlipped } from '../flipped/flipped-store';

// Damage in a Postgres database that the server does not notice: nothing of it is taken for absent, or for another value (P11).

const NOTICED = /^PS_(CORRUPT_RECORD|PLAIN_RECORD|ENCRYPTION_KEY_MISSING|SCHEMA_TOO_NEW)$/;

/** What a look came to: the code of the error that speaks of damage, else what was seen. */
async function outcomeOf(look: () => unknown): Promise<string> {
  try {
    return `read as if nothing were: ${JSON.stringify(await look())}`;
  } catch (error) {
    return isPlexSpacesError(error) && NOTICED.test(error.code)
      ? 'noticed'
      : `took it for something else: ${String(error)}`;
  }
}

describeWith(postgresServer(), 'flipped bytes in a Postgres database', (server) => {
  afterEach(closeApps);

  describe.each(WAYS)('(%s, encryption: %p)', (...way) => {
    const [, options] = way;
    const place = new PostgresSchema(server);
    const table = (name: string): string => `${place.schema}.${name}`;
    let store: PostgresStorage;
    let readable: Storage;
    let ids: string[];

    beforeAll(async () => {
      store = await place.open();
      await fill(store, way);
      readable = options === undefined ? store : encryptStorage(store, new Keyring(options));
      ids = (await place.query(`SELECT id FROM ${table('ps_inbox')} ORDER BY position`)).map(({ id }) => String(id));
    });
    afterAll(async () => {
      await store.close();
      await place.destroy();
    });

    /** Puts `damaged` in the place of a value while `look` looks. */
    async function whileDamaged<T>(
      [name, column]: readonly [table: string, column: string],
      row: unknown,
      [whole, damaged]: readonly [unknown, unknown],
      look: () => Promise<T>,
    ): Promise<T> {
      const update = `UPDATE ${table(name)} SET ${column} = $1 WHERE ctid = $2::tid RETURNING ctid::text`;
      const [written] = await place.query(update, [damaged, row]);
      try {
        return await look();
      } finally {
        await place.query(update, [whole, written?.['ctid']]);
      }
    }

    it('500 bits of what users gave: all are noticed', async () => {
      const before = await readAll(readable, ids);
      expect(JSON.stringify(before)).toContain('waiting');
      const seed = seedOfRun(() => 20_261_121);
      const choices = new Random(seed);
      const silent: string[] = [];
      for (let i = 0; i < 500; i++) {
        const at = BLOBS[i % BLOBS.length] as (typeof BLOBS)[number];
        const rows = await place.query(
          `SELECT ctid::text, ${at[1]} AS blob FROM ${table(at[0])} WHERE ${at[1]} IS NOT NULL`,
        );
        const { ctid, blob } = choices.pick(rows) as { ctid: string; blob: Buffer };
        const bit = choices.below(blob.length * 8);
        const damaged = Buffer.from(blob);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const outcome = await whileDamaged(at, ctid, [blob, damaged], () =>
          outcomeOf(() => readAll(readable, ids).then(() => at)),
        );
        if (outcome !== 'noticed') silent.push(`${outcome}, bit ${bit} of ${blob.length * 8}`);
      }
      expect({ seed, silent }).toEqual({ seed, silent: [] });
      expect(await readAll(readable, ids)).toEqual(before);
    }, 120_000);

    it('each byte of a message and of an answer: none can be any other', async () => {
      const silent: string[] = [];
      let count = 0;
      for (const id of ids) {
        const row = (await store.inbox.find(ACTOR, id)) as InboxRow;
        for (const column of ['message', 'answer'] as const) {
          const whole = row[column];
          for (let at = 0; at < (whole?.length ?? 0); at++) {
            for (const mask of at < 8 ? Array.from({ length: 255 }, (_, i) => i + 1) : [1, 0x80, 0xff]) {
              const damaged = Uint8Array.from(whole as Uint8Array);
              damaged[at]! ^= mask;
              const given = { ...row, [column]: damaged };
              // As it would come from the database: through the same port.
              const found = Object.assign(Object.create(store.inbox) as Storage['inbox'], { find: async () => given });
              const seen = { ...store, journal: store.journal, inbox: found };
              const port = options === undefined ? seen.inbox : encryptStorage(seen, new Keyring(options)).inbox;
              const outcome = await outcomeOf(async () => readRow((await port.find(ACTOR, id)) as InboxRow));
              if (outcome !== 'noticed') silent.push(`${id}.${column}[${at}] ^ ${mask}: ${outcome}`);
              count++;
            }
          }
        }
      }
      expect(silent).toEqual([]);
      expect(count).toBeGreaterThan(10_000);
    }, 120_000);

    it('each character of ids and hashes of arguments that a row is told by: its message and answer belong to another row', async () => {
      const rows = await place.query(`SELECT id, args_hash FROM ${table('ps_inbox')}`);
      const silent: string[] = [];
      for (const { id, args_hash: hash } of rows as { id: string; args_hash: string }[]) {
        const row = (await readable.inbox.find(ACTOR, id)) as InboxRow;
        if (options === undefined) expect(row.argsHash).toBe(hash);
        for (const key of ['id', 'argsHash'] as const)
          for (let at = 0; at < row[key].length; at++) {
            const code = row[key].charCodeAt(at) ^ 1;
            const damaged = row[key].slice(0, at) + String.fromCharCode(code) + row[key].slice(at + 1);
            const outcome = await outcomeOf(() => readRow({ ...row, [key]: damaged }));
            if (outcome !== 'noticed') silent.push(`${id}: ${key}[${at}]: ${outcome}`);
          }
      }
      expect(silent).toEqual([]);
    });

    describe('as an application meets it', () => {
      const inbox = ['ps_inbox'] as const;
      const rowOf = async (
        id: string,
      ): Promise<{ ctid: string; args_hash: string; message: Buffer; answer: Buffer }> => {
        const [row] = await place.query(
          `SELECT ctid::text, args_hash, message, answer FROM ${table('ps_inbox')} WHERE id LIKE $1`,
          [`%${id}`],
        );
        return row as never;
      };
      const flipped = (bytes: Buffer): Buffer => {
        const damaged = Buffer.from(bytes);
        damaged[damaged.length >> 1]! ^= 1;
        return damaged;
      };
      const CORRUPT = { code: 'PS_CORRUPT_RECORD' };

      const damages = [
        ['put 6', 'answer'],
        ['refused', 'answer'],
        ['poison', 'answer'],
        ['put 6', 'args_hash'],
      ] as const;
      // Encrypted, the hash lies sealed in the answer.
      it.each(damages.filter(([, column]) => options === undefined || column === 'answer'))(
        'a repeat of "%s" whose %s is damaged is told so: it is neither run again nor a conflict',
        async (id, column) => {
          const row = await rowOf(id);
          const damaged =
            column === 'answer'
              ? flipped(row.answer)
              : row.args_hash.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
          const again = async (): Promise<unknown> => {
            const app = await startFlipped(store, way);
            const ref = app.client(Flipped).ref('a');
            const before = await ref.ask.count();
            const { ask } = ref.with({ idempotencyKey: id });
            const told = await (
              id.startsWith('put')
                ? ask.put({ text: 'value 6', list: [6, 'x'.repeat(40)] })
                : id === 'poison'
                  ? ask.poison()
                  : ask.refuse()
            ).then(
              (value) => ({ value }),
              (error: unknown) => error,
            );
            expect(await ref.ask.count()).toBe(before);
            await app.close();
            return told;
          };
          const told = await whileDamaged([...inbox, column], row.ctid, [row[column], damaged], again);
          expect(told).toMatchObject(CORRUPT);
          expect(await again()).not.toMatchObject(CORRUPT);
        },
      );

      it('an actor whose message is damaged when it falls due does not run without it, and says why; a neighbour does not notice', async () => {
        const row = await rowOf('waiting');
        const later = new ManualClock({ start: Date.now() + 7_200_000 });
        await whileDamaged([...inbox, 'message'], row.ctid, [row.message, flipped(row.message)], async () => {
          const app = await startFlipped(store, way, later);
          await expect(app.client(Flipped).ref('a').ask.put('x')).rejects.toMatchObject(CORRUPT);
          await expect(app.client(Flipped).ref('b').ask.put('y')).resolves.toBe('y');
          expect((await store.inbox.pending(ACTOR)).map(({ state }) => state)).toEqual(['queued']);
          await app.close();
        });
      });
    });
  });
});
