import { type ActorClient, ActorSystem, MemoryStorageModule, getActorToken } from 'plexspaces';
import { type InboxRow, STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { databases } from './databases';
import { Created, Invoice, Log, Plain, Shop, type ShopDatabase, sqlite } from './shop';

// A tell that is part of the application's own transaction: accepted exactly if that commits (X1–X6).

const actors = [Log, Plain, Created];

afterAll(() => Promise.all(databases.map((database) => database.remove())));

describe.each(databases)('ref.with({ transaction }) on $name', (database: ShopDatabase) => {
  let place: string;
  let shop: Shop;
  beforeEach(async () => {
    place = await database.fresh();
    shop = await Shop.open(place, { actors, database });
  });
  afterEach(() => shop.close());

  const log = (key = 'a') => shop.ref(Log, key);
  const told = (key = 'a') => log(key).ask.all();
  const inbox = () => shop.module.get<Storage>(STORAGE, { strict: false }).inbox;
  const transaction = <T>(run: (em: EntityManager) => Promise<T>): Promise<T> => shop.dataSource.transaction(run);
  /** What is there when nothing is under way any more, without anybody having asked for it. */
  const settled = async (key = 'a'): Promise<string[]> => {
    const system = shop.module.get(ActorSystem);
    while (!system.isIdle) await new Promise((resolve) => setImmediate(resolve));
    return told(key);
  };
  /** Until the actor has it. Nothing but the commit wakes it: the patrol comes after 30 s. */
  const arrives = async (count: number, key = 'a'): Promise<string[]> => {
    const ended = async () =>
      (await log(key).history.entries()).filter(({ kind }) => kind === 'MessageProcessed').length;
    while ((await ended()) < count) await new Promise((resolve) => setImmediate(resolve));
    return told(key);
  };

  it('is accepted with the commit, together with the rows of the transaction (X1)', async () => {
    await transaction(async (em) => {
      await em.insert(Invoice, { id: 'i1' });
      await log().with({ transaction: em }).tell.add('sold');
      await expect(settled()).resolves.toEqual([]);
      await expect(inbox().pending(log().actorId)).resolves.toEqual([]);
    });
    await expect(arrives(1)).resolves.toEqual(['sold']);
    await expect(shop.invoices()).resolves.toEqual(['i1']);
  });

  it('wakes an actor that is not in memory, and one that is (X5)', async () => {
    for (const count of [1, 2, 3]) {
      await transaction((em) => log().with({ transaction: em }).tell.add(`${count}`));
      await expect(arrives(count)).resolves.toHaveLength(count);
    }
  });

  it('leaves nothing when the transaction is rolled back, and wakes nobody (X5, X6)', async () => {
    const failing = transaction(async (em) => {
      await em.insert(Invoice, { id: 'i1' });
      await log().with({ transaction: em, idempotencyKey: 'k' }).tell.add('sold');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(settled()).resolves.toEqual([]);
    await expect(inbox().pending(log().actorId)).resolves.toEqual([]);
    await expect(shop.invoices()).resolves.toEqual([]);
    // the key is free, and so is the number that stood for the actor for a while
    await log('b').ask.add('b');
    await log().with({ idempotencyKey: 'k' }).ask.add('later');
    await expect(Promise.all([told(), told('b')])).resolves.toEqual([['later'], ['b']]);
  });

  it('keeps ids of actors apart when the transaction that drew one is rolled back (X6)', async () => {
    for (let round = 0; round < 3; round++) {
      const failing = transaction(async (em) => {
        await log(`gone ${round}`).with({ transaction: em }).tell.add('gone');
        await log(`gone ${round}`).with({ transaction: em }).tell.add('gone too');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await log(`new ${round}`).tell.add('new');
      await transaction((em) => log(`gone ${round}`).with({ transaction: em }).tell.add('kept'));
      await expect(arrives(1, `gone ${round}`)).resolves.toEqual(['kept']);
      await expect(arrives(1, `new ${round}`)).resolves.toEqual(['new']);
    }
  });

  it('keeps the order of the calls, behind what was accepted before and before what is sent after (P2)', async () => {
    await log().tell.add('before');
    await transaction(async (em) => {
      const ref = log().with({ transaction: em });
      await Promise.all([ref.tell.add('1'), ref.tell.add('2'), ref.tell.add('3')]);
      await log().with({ transaction: em }).tell.add('4');
    });
    await log().tell.add('after');
    await expect(arrives(6)).resolves.toEqual(['before', '1', '2', '3', '4', 'after']);
  });

  it('keeps it over a restart that comes before any of them ran', async () => {
    await transaction(async (em) => {
      const system = shop.module.get(ActorSystem);
      for (const line of ['1', '2', '3']) await log().with({ transaction: em }).tell.add(line);
      await system.drain(); // what is committed now is for the next start
    });
    await shop.close();
    shop = await Shop.open(place, { actors, database });
    await expect(arrives(3)).resolves.toEqual(['1', '2', '3']);
  });

  it('takes a QueryRunner as well, and the manager of one', async () => {
    const runner = shop.dataSource.createQueryRunner();
    await runner.startTransaction();
    await log().with({ transaction: runner }).tell.add('runner');
    await log().with({ transaction: runner.manager }).tell.add('manager');
    await runner.commitTransaction();
    await runner.release();
    await expect(arrives(2)).resolves.toEqual(['runner', 'manager']);
  });

  it('skips a known id with the same arguments, in one transaction and over several; others are a conflict (X3)', async () => {
    const keyed = (em: EntityManager) => log().with({ transaction: em, idempotencyKey: 'k' });
    await transaction(async (em) => {
      await keyed(em).tell.add('once');
      await keyed(em).tell.add('once');
      await expect(keyed(em).tell.add('other')).rejects.toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    });
    await expect(arrives(1)).resolves.toEqual(['once']);
    await transaction(async (em) => {
      await em.insert(Invoice, { id: 'i1' });
      await keyed(em).tell.add('once');
      await expect(keyed(em).tell.add('other')).rejects.toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    });
    await log().with({ idempotencyKey: 'k' }).tell.add('once');
    await expect(settled()).resolves.toEqual(['once']);
    await expect(shop.invoices()).resolves.toEqual(['i1']); // a duplicate does not end the transaction
  });

  it('meets a delay: the time runs from the call', async () => {
    await transaction(async (em) => {
      await log().with({ transaction: em, delay: '1h' }).tell.add('later');
      await log().with({ transaction: em, delay: 1 }).tell.add('soon');
    });
    await expect(arrives(1)).resolves.toEqual(['soon']);
    const [row] = await inbox().pending(log().actorId);
    expect(row).toMatchObject({ state: 'queued', attempts: 0 });
  });

  it('writes the row that a tell outside a transaction has (X4)', async () => {
    const options = {
      delay: '1h',
      idempotencyKey: 'k',
      principal: 'p',
      headers: { h: '1' },
      correlationId: 'c',
    } as const;
    await transaction((em) =>
      log('x')
        .with({ ...options, transaction: em })
        .tell.add('same'),
    );
    await log('y').with(options).tell.add('same');
    const [[inside], [outside]] = await Promise.all([
      inbox().pending(log('x').actorId),
      inbox().pending(log('y').actorId),
    ]);
    const { dueAt, ...rest } = inside!;
    expect(rest).toEqual({ ...rest, actor: log('x').actorId });
    // Six bytes before the message say whose it is.
    const bare = ({ message }: InboxRow): Partial<InboxRow> => ({ actor: '', message: message!.subarray(6) });
    expect({ ...rest, ...bare(inside!) }).toEqual({ ...outside!, ...bare(outside!), dueAt: undefined });
    expect(Math.abs(dueAt! - outside!.dueAt!)).toBeLessThan(60_000);
  });

  it('needs the receiver to be there where it lives from spawn', async () => {
    const created = shop.module.get<ActorClient<Created>>(getActorToken(Created));
    await transaction(async (em) => {
      await expect(created.ref('nobody').with({ transaction: em }).tell.get()).rejects.toMatchObject({
        code: 'PS_ACTOR_NOT_FOUND',
      });
    });
    const ref = await created.spawn('c', 'sku', 1);
    await transaction((em) => ref.with({ transaction: em }).tell.get());
    await ref.stop();
    await transaction(async (em) => {
      await expect(ref.with({ transaction: em }).tell.get()).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    });
  });

  it('runs guards and the schema as for any tell, and stores nothing of what they refuse', async () => {
    await transaction(async (em) => {
      const boss = log().with({ transaction: em, principal: 'boss' });
      await expect(log().with({ transaction: em }).tell.guarded('word')).rejects.toMatchObject({ status: 403 });
      await expect(boss.tell.guarded('no word')).rejects.toMatchObject({ code: 'PS_INVALID_ARGUMENTS' });
      await boss.tell.guarded('word');
    });
    await expect(arrives(1)).resolves.toEqual(['word']);
  });

  it('is refused while the mailbox is full, and may exceed it once it is accepted', async () => {
    let open = (): void => undefined;
    Log.gate = new Promise((resolve) => (open = resolve));
    await log().tell.wait();
    await transaction(async (em) => {
      for (let i = 0; i < 25; i++) await log().with({ transaction: em }).tell.add(`${i}`);
    });
    await transaction((em) =>
      expect(log().with({ transaction: em }).tell.add('x')).rejects.toMatchObject({ code: 'PS_MAILBOX_FULL' }),
    );
    open();
    await expect(arrives(26)).resolves.toHaveLength(25);
  });

  it('goes by what a savepoint took back, whatever was said of the commit (X5)', async () => {
    await transaction(async (em) => {
      await log().with({ transaction: em }).tell.add('kept');
      await em.query('SAVEPOINT mine');
      await log().with({ transaction: em }).tell.add('taken back');
      await em.query('ROLLBACK TO SAVEPOINT mine');
    });
    await expect(arrives(1)).resolves.toEqual(['kept']);
    await expect(settled()).resolves.toEqual(['kept']);
    await log().tell.add('after');
    await expect(arrives(2)).resolves.toEqual(['kept', 'after']);
  });

  describe('is refused, with nothing written, for', () => {
    const refused = async (make: () => object, code: string, message: RegExp): Promise<void> => {
      await expect(log().with({ transaction: make() }).tell.add('x')).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
      await expect(settled()).resolves.toEqual([]);
    };
    const INVALID = 'PS_INVALID_TRANSACTION';

    it('a DataSource, and its manager, which have no connection of their own (X2)', async () => {
      await refused(() => shop.dataSource, INVALID, /has no connection of its own/);
      await refused(() => shop.dataSource.manager, INVALID, /has no connection of its own/);
      await refused(() => ({}), INVALID, /is no EntityManager/);
    });

    it('a QueryRunner without a transaction, and one whose transaction has ended (X2)', async () => {
      const runner = shop.dataSource.createQueryRunner();
      await refused(() => runner, INVALID, /is not open/);
      await runner.startTransaction();
      await runner.commitTransaction();
      await refused(() => runner.manager, INVALID, /is not open/);
      let kept!: EntityManager;
      await transaction((em) => Promise.resolve(void (kept = em)));
      await refused(() => kept, INVALID, /is not open|has ended/);
      await runner.release();
    });

    it('a transaction on another database (X2)', async () => {
      const elsewhere = await (await database.elsewhere()).initialize();
      await elsewhere.transaction((em) => refused(() => em, INVALID, /belongs to a DataSource that is on /));
      await elsewhere.destroy();
    });

    it('another kind of database (X2)', async () => {
      const elsewhere = await new DataSource({ type: 'better-sqlite3', database: ':memory:' }).initialize();
      await elsewhere.transaction((em) => refused(() => em, INVALID, /belongs to a DataSource that is /));
      await elsewhere.destroy();
    });

    it('what is not awaited, and comes when the transaction has ended', async () => {
      let late!: Promise<void>;
      await transaction((em) => {
        late = Promise.resolve()
          .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
          .then(() => log().with({ transaction: em }).tell.add('late'));
        return Promise.resolve();
      });
      await expect(late).rejects.toMatchObject({ code: INVALID });
      await expect(settled()).resolves.toEqual([]);
    });

    it('an ask, a creation, a stop', async () => {
      await transaction(async (em) => {
        const ref = log().with({ transaction: em }) as unknown as ReturnType<typeof log>;
        // @ts-expect-error only tells are part of a transaction
        expect(log().with({ transaction: em }).ask).toBeDefined();
        for (const call of [() => ref.ask.add('x'), () => ref.orCreate(), () => ref.stop()])
          await expect(call()).rejects.toMatchObject({
            code: 'PS_INVALID_MESSAGE_OPTION',
            message: expect.stringMatching(/^Message option transaction is for tells/) as string,
          });
      });
      await expect(settled()).resolves.toEqual([]);
    });

    it('a turn, which commits its sends itself', async () => {
      await transaction(async (em) => {
        Log.transaction = em;
        const answer = log().ask.forward('x');
        if (database === sqlite) return void answer.catch(() => undefined); // its turn waits for the lock of this transaction
        await expect(answer).rejects.toMatchObject({ code: 'PS_INVALID_MESSAGE_OPTION' });
      });
      await expect(settled('other')).resolves.toEqual([]);
    });

    it('an actor without a journal', async () => {
      await transaction((em) =>
        expect(shop.ref(Plain).with({ transaction: em }).tell.sell()).rejects.toMatchObject({
          code: 'PS_TRANSACTION_NOT_SUPPORTED',
          message: expect.stringMatching(/it keeps no journal/) as string,
        }),
      );
    });

    it.each([[null], [undefined], ['BEGIN'], [7]])('%p', (given) => {
      expect(() => log().with({ transaction: given as never })).toThrow(
        expect.objectContaining({ code: 'PS_INVALID_MESSAGE_OPTION' }),
      );
    });
  });

  it('a store that was closed takes nothing (X7)', async () => {
    const ref = log();
    await shop.module.close();
    await transaction((em) =>
      expect(ref.with({ transaction: em }).tell.add('x')).rejects.toMatchObject({ code: 'PS_NODE_STOPPING' }),
    );
  });
});

it.each([
  ['memory', () => MemoryStorageModule],
  ["sqlite ':memory:'", () => TypeormStorageModule.sqlite(':memory:')],
])('a store that has no transactions says so: %s', async (_, storage) => {
  const shop = await Shop.open(undefined, { actors, storage: storage() as never });
  await shop.dataSource.transaction((em) =>
    expect(shop.ref(Log).with({ transaction: em }).tell.add('x')).rejects.toMatchObject({
      code: 'PS_TRANSACTION_NOT_SUPPORTED',
      message: expect.stringMatching(/storage is in no database of yours\. Use TypeormStorageModule/) as string,
    }),
  );
  await shop.close();
});
