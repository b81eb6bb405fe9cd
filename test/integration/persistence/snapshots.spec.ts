import type { Type } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  type ActorId,
  type ActorRef,
  type FacetSpec,
  Ctx,
  Handle,
  MemoryPersistentStorage,
  MemoryStorage,
  State,
  StateMap,
  type PersistentStorage,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { actorOf } from '../../support/kinds';
import { TrickyStorage, UserStorage } from './storages';

let store = new TrickyStorage();
let env = new ManualClock();
let gate = new Gate();
beforeEach(() => {
  store = new TrickyStorage();
  env = new ManualClock();
  gate = new Gate();
});
afterEach(closeApps);

class Body {
  @State() value = 0;
  @State() name = 'default';
  @State() readonly marks = new StateMap<string, number>();

  onCreate(value = 0, name = 'default'): void {
    this.value = value;
    this.name = name;
  }
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() rename(name: string): void {
    this.name = name;
  }
  @Handle() mark(name: string): void {
    this.marks.set(name, this.value);
  }
  @Handle() addAndCheckpoint(by: number, @Ctx() ctx: ActorContext): number {
    ctx.checkpoint();
    return (this.value += by);
  }
  @Handle() async addAndSave(by: number, @Ctx() ctx: ActorContext): Promise<number> {
    this.value += by;
    await ctx.saveSnapshot(store);
    return this.value;
  }
  @Handle() addAndSaveUnheard(by: number, @Ctx() ctx: ActorContext): number {
    this.value += by;
    void ctx.saveSnapshot(store);
    return this.value;
  }
  @Handle() async held(): Promise<void> {
    await gate.pass();
    this.value = 1_000_000;
  }
  @Handle() fail(): void {
    this.value = -1;
    throw new Error('no');
  }
  @Handle({ readOnly: true }) all(): { value: number; name: string; marks: [string, number][] } {
    return { value: this.value, name: this.name, marks: [...this.marks] };
  }
}

/** The class of the test, as the one process after the other declares it. */
const declare = (
  snapshot: true | { storage?: PersistentStorage; every?: number },
  ...facets: FacetSpec[]
): Type<Body> => actorOf(Body, { type: 'counter', snapshot }, ...facets);

const start = (cls: Type<object>, parts = {}): Promise<App> => startApp({ actors: [cls], env, ...parts });

/** What the store would give another process. */
async function stored(key = 'a', storage: PersistentStorage = store): Promise<unknown> {
  await env.settle();
  const cls = declare({ storage: new MemoryPersistentStorage() });
  const reader = await start(cls);
  const copy = new TrickyStorage();
  const id = `default/default/counter/${key}`;
  const bytes = await storage.tryRead(id);
  if (bytes === null) return null;
  await copy.tryWrite(id, bytes);
  const ref = await reader.client(cls).respawn(key, { storage: copy });
  const state = await ref.ask.all();
  await reader.close();
  return state;
}

const state = (value: number, name = 'default', marks: [string, number][] = []) => ({ value, name, marks });

describe('@Actor({ snapshot })', () => {
  it('[PS15] the flag alone: saved in the storage of forRoot, found again by the next process', async () => {
    const cls = declare(true);
    const first = await start(cls, { snapshots: { storage: store } });
    const ref = await first.client(cls).spawn('a', 7, 'seven');
    await ref.ask.add(1);
    await first.close();
    const second = await start(cls, { snapshots: { storage: store } });
    const again = await second.client(cls).respawn('a');
    expect(await again.ask.all()).toEqual(state(8, 'seven'));
  });

  it('[PS15] is refused at start where there is no storage', async () => {
    await expect(start(declare(true))).rejects.toMatchObject({ code: 'PS_INVALID_ACTOR_CLASS' });
  });

  it('[Q52] is refused at start beside durability(), whose journal loses nothing', async () => {
    const cls = declare({ storage: store }, durability());
    await expect(start(cls)).rejects.toThrow('Drop snapshot');
  });

  it('[PS14] saves every 10 completed messages where nothing else is said', async () => {
    const cls = declare({ storage: store });
    const ref = await (await start(cls)).client(cls).spawn('a');
    for (let i = 0; i < 8; i++) await ref.ask.add(1);
    await env.settle();
    expect(store.writes).toBe(0);
    await ref.ask.add(1); // onCreate was the first
    expect(await stored()).toEqual(state(9));
    for (let i = 0; i < 10; i++) await ref.ask.add(1);
    expect(await stored()).toEqual(state(19));
    expect(store.writes).toBe(2);
  });

  it('[PS14] saves every n completed messages; failed and read-only ones do not count', async () => {
    const cls = declare({ storage: store, every: 3 });
    const ref = await (await start(cls)).client(cls).spawn('a');
    await ref.ask.add(1);
    for (let i = 0; i < 5; i++) {
      await ref.ask.all();
      await expect(ref.ask.fail()).rejects.toThrow('no');
    }
    await env.settle();
    expect(store.writes).toBe(0);
    await ref.ask.mark('x');
    expect(await stored()).toEqual(state(1, 'default', [['x', 1]]));
  });

  it('[PS14] keeps one snapshot per actor: the newer takes the place of the older', async () => {
    const users = new UserStorage();
    const cls = declare({ storage: users, every: 1 });
    const app = await start(cls);
    for (const key of ['a', 'b']) {
      const ref = await app.client(cls).spawn(key);
      for (let i = 0; i < 5; i++) await ref.ask.add(1);
    }
    await env.settle();
    expect([...users.bytes.keys()]).toEqual(['default/default/counter/a', 'default/default/counter/b']);
    expect(await stored('b', users)).toEqual(state(5));
  });

  it('[PS14] is saved when it is stopped, deactivated, or the application closes', async () => {
    const cls = declare({ storage: store }, virtualActor());
    const app = await start(cls);
    const [idle, stopped, open] = ['idle', 'stopped', 'open'].map((key) => app.client(cls).ref(key)) as [
      ActorRef<Body>,
      ActorRef<Body>,
      ActorRef<Body>,
    ];
    await idle.ask.add(1);
    await env.advance('5m');
    expect(await stored('idle')).toEqual(state(1));
    await stopped.ask.add(2);
    await stopped.stop();
    expect(await stored('stopped')).toEqual(state(2));
    await open.ask.add(3);
    expect(await stored('open')).toBeNull();
    await app.close();
    expect(await stored('open')).toEqual(state(3));
  });

  it('[PS14] is not saved again when nothing happened since', async () => {
    const cls = declare({ storage: store, every: 1 }, virtualActor());
    const app = await start(cls);
    await app.client(cls).ref('a').ask.add(1);
    await env.settle();
    await app.client(cls).ref('a').ask.all();
    await env.advance('5m');
    await app.close();
    expect(store.writes).toBe(1);
  });

  it('[PS14] saves what had completed when a stopping node cuts a turn off', async () => {
    const cls = declare({ storage: store });
    const app = await start(cls, { shutdownTimeout: '10s' });
    const ref = await app.client(cls).spawn('a');
    await ref.ask.add(1);
    const held = ref.ask.held().catch((error: unknown) => error);
    await gate.reached;
    const closing = app.close();
    await env.advance('10s');
    await closing;
    expect(await held).toMatchObject({ code: 'PS_NODE_STOPPING' });
    expect(await stored()).toEqual(state(1));
  });

  it('[PS02] a snapshot taken in turn n shows exactly state n, however the writes are held up', async () => {
    const cls = declare({ storage: store });
    const ref = await (await start(cls)).client(cls).spawn('a');
    const hold = (store.hold = new Gate());
    await ref.ask.addAndCheckpoint(1);
    await hold.reached; // state 1 is on its way
    await ref.ask.add(1);
    const held = ref.ask.held(); // a turn that has changed nothing yet
    await gate.reached;
    hold.open();
    expect(await stored()).toEqual(state(1));
    gate.open();
    await held;
    expect(await stored()).toEqual(state(1));
  });

  it('[PS02] turns that complete while a save is under way are covered by one more', async () => {
    const cls = declare({ storage: store, every: 1 });
    const ref = await (await start(cls)).client(cls).spawn('a');
    await env.settle();
    const hold = (store.hold = new Gate());
    for (let i = 0; i < 50; i++) await ref.ask.add(1);
    expect(store.writes).toBe(2); // that of onCreate, and the one that is held
    hold.open();
    expect(await stored()).toEqual(state(50));
    expect(store.writes).toBe(3);
  });

  it('[PS04] brings back all of the state: every field, collections too', async () => {
    const cls = declare({ storage: store });
    const app = await start(cls);
    const ref = await app.client(cls).spawn('a', 3, 'three');
    await ref.ask.mark('x');
    await ref.ask.add(1);
    await ref.ask.mark('y');
    await app.close();
    expect(await stored()).toEqual(
      state(4, 'three', [
        ['x', 3],
        ['y', 4],
      ]),
    );
  });

  it('[PS16] saveSnapshot in a handler: when the handler has ended the store holds the new value', async () => {
    const cls = declare({ storage: new MemoryPersistentStorage() });
    const ref = await (await start(cls)).client(cls).spawn('a');
    expect(await ref.ask.addAndSave(5)).toBe(5);
    expect(store.writes).toBe(1);
    expect(await stored()).toEqual(state(5));
  });

  it('[PS16] checkpoint() on such an actor saves after the turn', async () => {
    const cls = declare({ storage: store });
    const ref = await (await start(cls)).client(cls).spawn('a');
    await ref.ask.addAndCheckpoint(5);
    expect(await stored()).toEqual(state(5));
  });

  it('[PS17] saveSnapshot rejects with what the store rejects with', async () => {
    const cls = declare({ storage: new MemoryPersistentStorage() });
    const ref = await (await start(cls)).client(cls).spawn('a');
    store.writeFails = new Error('disk full');
    await expect(ref.ask.addAndSave(5)).rejects.toThrow('disk full');
    expect(await ref.ask.all()).toEqual(state(0)); // the handler threw, so its turn left no trace
  });

  it('[PS17] a failure nobody listens to is nobody’s crash: the actor goes on', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const cls = declare({ storage: new MemoryPersistentStorage() });
    const ref = await (await start(cls)).client(cls).spawn('a');
    store.writeFails = new Error('disk full');
    expect(await ref.ask.addAndSaveUnheard(5)).toBe(5);
    await env.settle();
    expect(await ref.ask.add(1)).toBe(6);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('[PS17] an automatic save that fails is told, disturbs nobody, and is made up for', async () => {
    const cls = declare({ storage: store, every: 2 });
    const app = await start(cls);
    const ref = await app.client(cls).spawn('a');
    store.writeFails = new Error('disk full');
    for (let i = 0; i < 3; i++) await ref.ask.add(1);
    await env.settle();
    expect(app.complaints.join()).toContain('disk full');
    expect((await ref.info()).state).toBe('Active');
    store.writeFails = null;
    await app.close();
    expect(await stored()).toEqual(state(3));
  });

  it('is not kept from leaving by a store that hangs', async () => {
    const cls = declare({ storage: store });
    const app = await start(cls);
    const ref = await app.client(cls).spawn('a');
    store.hold = new Gate(); // for ever
    const stopping = ref.stop();
    await env.advance('10s');
    await stopping;
    expect(app.complaints.join()).toContain('has not answered');
  });

  it('[PS27] needs no journal: nothing of such an actor is in the journal store', async () => {
    const journal = new MemoryStorage();
    const cls = declare({ storage: store, every: 1 });
    const app = await start(cls, { storage: journal });
    await (await app.client(cls).spawn('a')).ask.add(1);
    await app.close();
    expect(await journal.journal.actors('', '', 10)).toEqual([]);
    expect(await stored()).toEqual(state(1));
  });

  it('[PS25] one life: created, written to the configured storage, restored in spawn, saved again by itself', async () => {
    const cls = declare({ storage: store, every: 2 });
    const first = await start(cls);
    await (await first.client(cls).spawn('a')).ask.add(1);
    await first.close();
    expect(store.calls).toEqual(['read', 'write']); // is it there? then what it became
    const second = await start(cls);
    const ref = await second.client(cls).respawn('a');
    expect(store.calls).toEqual(['read', 'write', 'read']);
    for (let i = 0; i < 2; i++) await ref.ask.add(1);
    await env.settle();
    expect(store.calls).toEqual(['read', 'write', 'read', 'write']);
    await second.close();

    const elsewhere = new TrickyStorage();
    const moved = declare({ storage: elsewhere });
    const third = await start(moved);
    await (await third.client(moved).respawn('a', { storage: store })).ask.add(1);
    await third.close();
    expect(await stored('a', elsewhere)).toEqual(state(4));
    expect(await stored('a')).toEqual(state(3));
  });

  it('[PS11] a storage of two methods is enough', async () => {
    const users = new UserStorage();
    const cls = declare({ storage: users, every: 1 }, virtualActor());
    const app = await start(cls);
    await app.client(cls).ref('a').ask.add(4);
    await app.close();
    const again = await start(cls);
    expect(await again.client(cls).ref('a').ask.add(1)).toBe(5);
  });

  it('[PS11] that storage may be one object for a hundred actors', async () => {
    const users = new UserStorage();
    const cls = declare({ storage: users }, virtualActor());
    const app = await start(cls);
    const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key, i) => app.client(cls).ref(key).ask.add(i)));
    await app.close();
    const again = await start(cls);
    const values = await Promise.all(keys.map((key) => again.client(cls).ref(key).ask.add(0)));
    expect(values).toEqual(keys.map((_, i) => i));
  });
});

describe('a virtual actor with snapshots', () => {
  it('[PS13] [FI-VA06] is restored by its first message after a restart', async () => {
    const cls = declare({ storage: store }, virtualActor());
    const first = await start(cls);
    await first.client(cls).ref('a').ask.add(7);
    await first.close();
    const second = await start(cls);
    expect(await second.client(cls).ref('a').ask.all()).toEqual(state(7));
    expect(await second.client(cls).ref('never').ask.all()).toEqual(state(0));
  });

  it('[PS22] fails its activation when the snapshot cannot be read; nothing is overwritten; the next message tries again', async () => {
    const cls = declare({ storage: store, every: 1 }, virtualActor());
    const first = await start(cls);
    await first.client(cls).ref('a').ask.add(7);
    await first.close();
    const writes = store.writes;
    const second = await start(cls);
    store.readFails = new Error('the disk is away');
    await expect(second.client(cls).ref('a').ask.add(1)).rejects.toMatchObject({
      code: 'PS_SNAPSHOT_UNREADABLE',
      message: expect.stringContaining('the disk is away') as unknown,
    });
    expect(store.writes).toBe(writes);
    store.readFails = null;
    expect(await second.client(cls).ref('a').ask.add(1)).toBe(8);
  });
});

describe('spawn and orCreate of a key with a snapshot', () => {
  async function restarted(): Promise<[App, Type<Body>]> {
    const cls = declare({ storage: store });
    const first = await start(cls);
    await (await first.client(cls).spawn('a', 7, 'seven')).ask.add(1);
    await first.close();
    return [await start(cls), cls];
  }

  it('[PS13] orCreate restores it, and onCreate does not run', async () => {
    const [app, cls] = await restarted();
    const ref = await app.client(cls).ref('a').orCreate(100, 'new');
    expect(await ref.ask.all()).toEqual(state(8, 'seven'));
  });

  it('[PS13] spawn refuses to take its place; it is there then', async () => {
    const [app, cls] = await restarted();
    await expect(app.client(cls).spawn('a', 100, 'new')).rejects.toMatchObject({ code: 'PS_ACTOR_EXISTS' });
    expect(await app.client(cls).ref('a').ask.all()).toEqual(state(8, 'seven'));
  });

  it('a message does not bring it back: an actor without virtualActor() lives from spawn or respawn', async () => {
    const [app, cls] = await restarted();
    await expect(app.client(cls).ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_NOT_FOUND' });
  });
});

describe('a snapshot type of its own', () => {
  interface Saved {
    readonly value: number;
  }
  let converted: unknown[] = [];
  let rebuilt: string[] = [];

  const declareCached = (): Type<CachedBody> => {
    @Actor({ type: 'cached', snapshot: { storage: store } })
    class Cached extends CachedBody {}
    return Cached;
  };

  class CachedBody {
    value = 0;
    readonly cache = new Map<string, string>();
    toSnapshot(): Saved {
      converted.push(this);
      return { value: this.value };
    }
    fromSnapshot({ value }: Saved): void {
      this.value = value;
    }
    onActivate(self: ActorId): void {
      this.cache.set('built', `for ${this.value}`);
      rebuilt.push(`${self.key} ${this.value}`);
    }
    @Handle() set(value: number): void {
      this.value = value;
      this.cache.set('secret of the cache', 'not essential');
    }
    @Handle() both(): [number, [string, string][]] {
      return [this.value, [...this.cache]];
    }
    @Handle() isMe(): boolean {
      return converted.includes(this);
    }
  }

  beforeEach(() => {
    converted = [];
    rebuilt = [];
  });

  it('[PS06] is made by a conversion of the live actor', async () => {
    const cls = declareCached();
    const ref = await (await start(cls)).client(cls).spawn('a');
    await ref.ask.set(7);
    expect(await ref.ask.isMe()).toBe(true);
  });

  it('[PS18] leaves out what is not essential: the stored bytes lack the cache', async () => {
    const cls = declareCached();
    const app = await start(cls);
    await (await app.client(cls).spawn('a')).ask.set(7);
    await app.close();
    const bytes = Buffer.from((await store.tryRead('default/default/cached/a')) as Uint8Array).toString('latin1');
    expect(bytes).toContain('value');
    expect(bytes).not.toContain('cache of');
    expect(bytes).not.toContain('secret');
    expect(bytes).not.toContain('essential');
  });

  it('[PS19] what was left out is rebuilt on recovery, from the state that is there by then', async () => {
    const cls = declareCached();
    const app = await start(cls);
    await (await app.client(cls).spawn('a')).ask.set(7);
    await app.close();
    rebuilt = [];
    const again = await start(cls);
    const ref = await again.client(cls).respawn('a');
    expect(await ref.ask.both()).toEqual([7, [['built', 'for 7']]]);
    expect(rebuilt).toEqual(['a 7']);
  });

  it('is refused when the class keeps its state in another way by now', async () => {
    const cls = declareCached();
    const app = await start(cls);
    await (await app.client(cls).spawn('a')).ask.set(7);
    await app.close();
    @Actor({ type: 'cached', snapshot: { storage: store } })
    class Rewritten {
      @State() value = 0;
      @Handle() get(): number {
        return this.value;
      }
    }
    const again = await start(Rewritten);
    await expect(again.client(Rewritten).respawn('a')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
  });

  it('of a newer schema is refused', async () => {
    @Actor({ type: 'shape', schema: 2, snapshot: { storage: store } })
    class New {
      @State() value = 0;
      @Handle() set(value: number): void {
        this.value = value;
      }
    }
    const app = await start(New);
    await (await app.client(New).spawn('a')).ask.set(1);
    await app.close();
    @Actor({ type: 'shape', snapshot: { storage: store } })
    class Old {
      @State() value = 0;
      @Handle() set(value: number): void {
        this.value = value;
      }
    }
    const again = await start(Old);
    await expect(again.client(Old).respawn('a')).rejects.toMatchObject({ code: 'PS_SCHEMA_TOO_NEW' });
  });
});

describe('[PS03] a snapshot as the argument of a new actor', () => {
  it('gives an actor in that state, and onCreate does not run', async () => {
    const cls = declare({ storage: store });
    const ref = await (await start(cls)).client(cls).spawnFrom('a', { value: 7, name: 'seven' });
    expect(await ref.ask.all()).toEqual(state(7, 'seven'));
    expect(await ref.ask.add(1)).toBe(8);
  });

  it('fields that it does not name keep their initial values; a Map becomes the collection the class has', async () => {
    const cls = declare({ storage: store });
    const client = (await start(cls)).client(cls);
    expect(await (await client.spawnFrom('a', { name: 'n' })).ask.all()).toEqual(state(0, 'n'));
    const marks = new StateMap([['x', 1]]);
    expect(await (await client.spawnFrom('b', { marks })).ask.all()).toEqual(state(0, 'default', [['x', 1]]));
    const plain = new Map([['y', 2]]) as unknown as typeof marks;
    const ref = await client.spawnFrom('c', { marks: plain });
    await ref.ask.mark('z');
    expect(((await ref.ask.all()) as { marks: unknown }).marks).toEqual([
      ['y', 2],
      ['z', 0],
    ]);
  });

  it('shares nothing with the object it was given', async () => {
    @Actor({ type: 'list' })
    class List {
      @State() items: string[] = [];
      @Handle() push(item: string): string[] {
        this.items.push(item);
        return this.items;
      }
    }
    const client = (await start(List)).client(List);
    const snapshot = { items: ['a'] };
    const ref = await client.spawnFrom('x', snapshot);
    snapshot.items.push('b');
    expect(await ref.ask.push('c')).toEqual(['a', 'c']);
    expect(snapshot.items).toEqual(['a', 'b']);
  });

  it('of a type of its own is taken in by fromSnapshot, and caches are rebuilt after it', async () => {
    @Actor({ type: 'own' })
    class Own {
      value = 0;
      cache = '';
      toSnapshot(): { value: number } {
        return { value: this.value };
      }
      fromSnapshot({ value }: { value: number }): void {
        this.value = value;
      }
      onActivate(): void {
        this.cache = `of ${this.value}`;
      }
      @Handle() both(): [number, string] {
        return [this.value, this.cache];
      }
    }
    const ref = await (await start(Own)).client(Own).spawnFrom('a', { value: 7 });
    expect(await ref.ask.both()).toEqual([7, 'of 7']);
  });

  it('is journaled when the actor is durable, and can be verified', async () => {
    @Actor({ type: 'durable' })
    @UseFacets(durability())
    class Durable extends Body {}
    const journal = new MemoryStorage();
    const first = await start(Durable, { storage: journal });
    await (await first.client(Durable).spawnFrom('a', { value: 7, name: 'seven' })).ask.add(1);
    await first.close();
    const second = await start(Durable, { storage: journal });
    const ref = second.client(Durable).ref('a');
    expect(await ref.ask.all()).toEqual(state(8, 'seven'));
    expect(await ref.history.verify()).toMatchObject({ ok: true });
  });

  it('is refused when it names what is no state, is no object, or the actor exists', async () => {
    const cls = declare({ storage: store });
    const client = (await start(cls)).client(cls);
    await expect(client.spawnFrom('a', { valeu: 1 })).rejects.toMatchObject({
      code: 'PS_INVALID_SNAPSHOT',
      message: expect.stringContaining('valeu') as unknown,
    });
    await expect(client.spawnFrom('a', [] as never)).rejects.toMatchObject({ code: 'PS_INVALID_SNAPSHOT' });
    await expect(client.spawnFrom('a', { value: Symbol('x') } as never)).rejects.toMatchObject({
      code: 'PS_INVALID_PAYLOAD',
    });
    await client.spawnFrom('a', { value: 1 });
    await expect(client.spawnFrom('a', { value: 2 })).rejects.toMatchObject({ code: 'PS_ACTOR_EXISTS' });
    expect(await client.ref('a').ask.add(0)).toBe(1);
  });

  it('cannot be smuggled in as plain data', async () => {
    const cls = declare({ storage: store });
    const ref = (await start(cls)).client(cls).ref('a');
    await ref.orCreate({ bytes: new Uint8Array(), $snapshot: { value: 7 } } as never);
    expect(await ref.ask.add(0)).not.toBe(7);
  });
});

describe('[Q52] a durable actor', () => {
  @Actor({ type: 'durable' })
  @UseFacets(durability({ checkpointEvery: 1_000, compression: 'none' }))
  class Durable extends Body {}

  it('takes saveSnapshot for a checkpoint: the journal is the truth, the storage given is not written', async () => {
    const ref = await (await start(Durable)).client(Durable).spawn('a');
    expect(await ref.history.checkpoints()).toEqual([]);
    expect(await ref.ask.addAndSave(5)).toBe(5);
    await env.settle();
    expect(await ref.history.checkpoints()).toHaveLength(1);
    expect(store.calls).toEqual([]);
  });
});
