import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { DataSource } from 'typeorm';
import { Log, Shop, dataSourceOn, freshPath, removeFolder } from './shop';

// What only SQLite has: one connection that all transactions of a DataSource share, and one writer per file.

const actors = [Log];
let path: string;
let shop: Shop;
beforeEach(async () => {
  path = freshPath();
  shop = await Shop.open(path, { actors });
});
afterEach(() => shop.close());
afterAll(removeFolder);

const tell = (transaction: object, line: string, key = 'a'): Promise<void> =>
  shop.ref(Log, key).with({ transaction: transaction }).tell.add(line);

describe('a transaction of a better-sqlite3 DataSource', () => {
  it('that is begun while another is open is a part of that one, and takes no messages', async () => {
    await shop.dataSource.transaction(async (outer) => {
      await tell(outer, 'outer');
      await outer.transaction((inner) =>
        expect(tell(inner, 'inner')).rejects.toMatchObject({
          code: 'PS_INVALID_TRANSACTION',
          message: expect.stringMatching(/was begun while another one was open.*one after another/) as string,
        }),
      );
      await tell(outer, 'again');
    });
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual(['outer', 'again']);
  });

  it('is right one at a time: of many, those that commit are accepted and no other', async () => {
    for (let i = 0; i < 20; i++) {
      const done = shop.dataSource.transaction(async (em) => {
        await tell(em, `${i}`);
        await shop.ref(Log, 'beside').ask.all(); // reads wait for nobody
        if (i % 3 === 0) throw new Error('no');
      });
      await done.catch(() => undefined);
    }
    const accepted = Array.from({ length: 20 }, (_, i) => i).filter((i) => i % 3 !== 0);
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual(accepted.map(String));
  });

  it('holds the write lock from its first tell on: turns wait for it in their thread, and are not lost', async () => {
    const beside = shop.ref(Log, 'beside');
    let answer!: Promise<unknown>;
    await shop.dataSource.transaction(async (em) => {
      await tell(em, 'inside');
      answer = beside.ask.add('waits');
      await tell(em, 'inside as well', 'b'); // while the writer waits for this very transaction
    });
    await answer;
    await expect(beside.ask.behind()).resolves.toEqual(['waits']);
    await expect(shop.ref(Log, 'b').ask.behind()).resolves.toEqual(['inside as well']);
  });

  it('that holds it too long is a StoreBusyError to others, while its own messages are accepted', async () => {
    const refused = shop.dataSource.transaction(async (em) => {
      await tell(em, 'inside');
      await expect(shop.ref(Log, 'beside').ask.add('x')).rejects.toMatchObject({ code: 'PS_STORE_BUSY' });
      await tell(em, 'inside still');
    });
    await refused;
    await shop.ref(Log, 'beside').ask.add('again');
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual(['inside', 'inside still']);
    await expect(shop.ref(Log, 'beside').ask.behind()).resolves.toEqual(['again']);
  });

  it('that has read what was written since is told that it cannot go on', async () => {
    await shop.dataSource.transaction(async (em) => {
      await em.query('SELECT * FROM ps_actor');
      await shop.ref(Log, 'beside').ask.add('x');
      await expect(tell(em, 'too late')).rejects.toMatchObject({
        code: 'PS_INVALID_TRANSACTION',
        message: expect.stringMatching(/has read what was changed since.*Run it again/) as string,
      });
    });
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual([]);
  });

  it('is known by raw SQL as well as by TypeORM: one that was ended behind its back takes nothing', async () => {
    const runner = shop.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('COMMIT');
    await expect(tell(runner, 'x')).rejects.toMatchObject({ code: 'PS_INVALID_TRANSACTION' });
    await runner.query('BEGIN');
    await runner.commitTransaction();
    await runner.query('BEGIN');
    await expect(tell(runner, 'x')).rejects.toMatchObject({ code: 'PS_INVALID_TRANSACTION' });
    await runner.query('COMMIT');
  });

  it('of a connection that does not wait for the disk is refused where the store does', async () => {
    await shop.close();
    shop = await Shop.open(path, { actors, storage: TypeormStorageModule.sqlite(path) });
    await shop.dataSource.query('PRAGMA synchronous = NORMAL');
    await shop.dataSource.transaction((em) =>
      expect(tell(em, 'x')).rejects.toMatchObject({
        code: 'PS_UNSAFE_STORAGE',
        message: expect.stringMatching(/synchronous of your DataSource is below FULL.*prepareDatabase/) as string,
      }),
    );
    const options = { ...dataSourceOn(path).options, prepareDatabase: (db: { pragma(text: string): void }) => db.pragma('synchronous = FULL') }; // prettier-ignore
    const safe = await new DataSource(options).initialize();
    await safe.transaction((em) => tell(em, 'safe'));
    await safe.destroy();
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual(['safe']);
  });

  it('may be of any DataSource on the file, also one that is initialized anew', async () => {
    const other = await dataSourceOn(path).initialize();
    await other.transaction((em) => tell(em, '1'));
    await other.destroy();
    await other.initialize();
    await other.transaction((em) => tell(em, '2'));
    await other.destroy();
    await expect(shop.ref(Log).ask.behind()).resolves.toEqual(['1', '2']);
  });
});

it('a store that is closed takes nothing (X7)', async () => {
  const { callerTransactions } = shop.module.get<Storage>(STORAGE, { strict: false });
  await shop.module.close();
  const row = { actor: 'a', id: 'm', argsHash: '', message: new Uint8Array(1), attempts: 1, dueAt: 0 };
  await shop.dataSource.transaction((em) =>
    expect(callerTransactions?.accept(em, { row, mustExist: false, committed: () => undefined })).rejects.toMatchObject(
      { code: 'PS_STORE_CLOSED' },
    ),
  );
});
