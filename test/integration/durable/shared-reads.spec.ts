import { Actor, Handle, MemoryStorage, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { Storage } from 'plexspaces/spi';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';

@Actor({ type: 'shared_counter' })
@UseFacets(durability(), virtualActor())
class SharedCounter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

const memory = new MemoryStorage();
let looks = 0;
const noMove = (): Promise<void> => Promise.resolve();
let beforeHead = noMove;
/** After the head was read, before it is told. */
let afterHead = noMove;
/** After a flush was carried out, before its node hears so. */
let afterFlush = noMove;
let isMoving = false;

/** One node's handle on a store that others write too. */
function handle(isShared = true): Storage {
  const own = new MemoryStorage(memory.tables);
  const capabilities = { ...own.journal.capabilities, shared: isShared };
  const head = async (actor: string): ReturnType<typeof own.journal.head> => {
    looks++;
    if (!isMoving) {
      isMoving = true;
      await beforeHead().finally(() => (isMoving = false));
    }
    const row = await own.journal.head(actor);
    await afterHead();
    return row;
  };
  const flush: typeof own.journal.flush = async (writes) => {
    const outcomes = await own.journal.flush(writes);
    await afterFlush();
    return outcomes;
  };
  const journal = Object.create(own.journal, {
    capabilities: { value: capabilities },
    flush: { value: flush },
    head: { value: head, configurable: true },
  }) as Storage['journal'];
  return { journal, inbox: own.inbox, checkpoints: own.checkpoints };
}

const start = (isShared?: boolean): Promise<App> => startApp({ actors: [SharedCounter], storage: handle(isShared) });
afterEach(closeApps);

describe('a read-only answer on a store that others write (P2)', () => {
  it('is what the actor is, also on a node whose activation has been overtaken', async () => {
    const [old, young] = [await start(), await start()];
    const there = old.client(SharedCounter).ref('a');
    const here = young.client(SharedCounter).ref('a');
    await there.ask.add(1);
    expect(await there.ask.current()).toBe(1);
    await here.ask.add(10);
    expect(await there.with({ stale: true }).ask.current()).toBe(1); // what that node knows, and no more
    expect(await there.ask.current()).toBe(11);
    expect(await there.ask.add(100)).toBe(111);
    expect(await here.ask.current()).toBe(111);
  });

  it('is confirmed before the first append of an activation too, and after it', async () => {
    const [first, second] = [await start(), await start()];
    const b = first.client(SharedCounter).ref('b');
    const same = second.client(SharedCounter).ref('b');
    expect(await b.ask.current()).toBe(0);
    await same.ask.add(5);
    expect(await b.ask.current()).toBe(5);
  });

  it('does not trust the head row that an activation began on once somebody has moved it', async () => {
    const [writer, reader] = [await start(), await start()];
    await writer.client(SharedCounter).ref('w').ask.add(1);
    const read = reader.client(SharedCounter).ref('w');
    expect(await read.ask.current()).toBe(1);
    await writer.client(SharedCounter).ref('w').ask.add(10); // of the same epoch: the reader has not written
    expect(await read.ask.current()).toBe(11);
  });

  it('comes also while another node writes all the time', async () => {
    const [writer, reader] = [await start(), await start()];
    const ref = writer.client(SharedCounter).ref('busy');
    await ref.ask.add(1);
    const read = reader.client(SharedCounter).ref('busy');
    let moves = 0;
    beforeHead = async (): Promise<void> => {
      if (moves++ < 50) await ref.ask.add(1); // the head has moved whenever the reader looks
    };
    const value = await read.ask.current();
    beforeHead = noMove;
    expect(value).toBeGreaterThanOrEqual(1);
    expect(moves).toBeLessThan(10);
    expect(await ref.ask.current()).toBeGreaterThanOrEqual(value);
  });

  it('takes the first append of its own activation, made while it looked, for nobody else’s', async () => {
    const app = await start();
    const ref = app.client(SharedCounter).ref('own');
    expect(await ref.ask.current()).toBe(0);
    afterHead = async (): Promise<void> => {
      afterHead = noMove;
      await ref.ask.add(1);
    };
    expect(await ref.ask.current()).toBe(1);
    expect(app.events.filter(({ to }) => to === 'Failed')).toEqual([]);
  });

  it('is never older than what the store has, also where its own node has not heard of it yet', async () => {
    const app = await start();
    const ref = app.client(SharedCounter).ref('unheard');
    await ref.ask.add(1);
    const [stored, looked] = [new Gate(), new Gate()];
    afterFlush = () => stored.pass();
    const writing = ref.ask.add(10);
    await stored.reached;
    afterHead = (): Promise<void> => {
      afterHead = noMove;
      setImmediate(() => looked.open());
      return Promise.resolve();
    };
    const reading = app.client(SharedCounter).ref('unheard').ask.current();
    await looked.pass();
    afterFlush = noMove;
    stored.open();
    expect(await reading).toBe(11); // the journal has it: whoever looks there sees it
    expect(await writing).toBe(11);
  });

  it('costs one look for all who wait, and none where nobody else writes', async () => {
    const app = await start();
    const c = app.client(SharedCounter).ref('c');
    await c.ask.add(1);
    looks = 0;
    expect(await Promise.all(Array.from({ length: 20 }, () => c.ask.current()))).toEqual(Array(20).fill(1));
    expect(looks).toBeLessThanOrEqual(2);
    expect(looks).toBeGreaterThan(0);

    const alone = (await start(false)).client(SharedCounter).ref('d');
    await alone.ask.add(1);
    looks = 0;
    await alone.ask.current();
    expect(looks).toBe(0);
  });

  it('is an error when the store cannot say', async () => {
    const storage = handle();
    const app = await startApp({ actors: [SharedCounter], storage });
    const e = app.client(SharedCounter).ref('e');
    await e.ask.add(1);
    const broken = new Error('no connection');
    Object.defineProperty(storage.journal, 'head', { value: () => Promise.reject(broken), configurable: true });
    await expect(e.ask.current()).rejects.toThrow('no connection');
    expect(await e.with({ stale: true }).ask.current()).toBe(1);
  });
});
