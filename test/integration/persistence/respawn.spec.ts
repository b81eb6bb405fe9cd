import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  type ActorId,
  type ActorRef,
  ActorSystem,
  Ctx,
  Handle,
  type OnActivate,
  type PlexSpacesError,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { TrickyStorage } from './storages';

let store = new TrickyStorage();
let env = new ManualClock();
beforeEach(() => {
  store = new TrickyStorage();
  env = new ManualClock();
});
afterEach(closeApps);

/** Snapshots by hand only, as the reference's. */
@Actor({ type: 'counter' })
class Counter implements OnActivate<[step?: number]> {
  @State() value = 0;
  @State() name = '';
  private step = 1;

  onCreate(value: number, name: string): void {
    this.value = value;
    this.name = name;
  }
  onActivate(_self: ActorId, step = 1): void {
    this.step = step;
  }
  @Handle() async increment(@Ctx() ctx: ActorContext): Promise<number> {
    this.value += this.step;
    await ctx.saveSnapshot(store);
    return this.value;
  }
  @Handle() fail(): void {
    throw new Error('no');
  }
  @Handle({ readOnly: true }) all(): [number, string, number] {
    return [this.value, this.name, this.step];
  }
}

/** Saved whenever it leaves memory. */
@Actor({ type: 'kept', snapshot: true })
class Kept extends Counter {}

@Actor({ type: 'durable' })
@UseFacets(durability())
class Durable extends Counter {}

@Actor({ type: 'manager' })
class Manager {
  @Handle() async bringBack(key: string, @Ctx() ctx: ActorContext): Promise<number> {
    const counter = await ctx.respawnOr(Counter, key, { storage: store, fallback: () => [5, 'fallback'] });
    return counter.ask.increment();
  }
  @Handle() async bringBackOnly(key: string, tenant: string, @Ctx() ctx: ActorContext): Promise<unknown> {
    try {
      return await (await ctx.respawn(Counter, key, { storage: store, tenant })).ask.increment();
    } catch (error) {
      return (error as PlexSpacesError).code; // an answer, so that no retry has to be waited for
    }
  }
}

@Actor({ type: 'durable_manager' })
@UseFacets(durability(), virtualActor())
class DurableManager extends Manager {}

const ACTORS = [Counter, Kept, Durable, Manager, DurableManager];
const start = (): Promise<App> => startApp({ actors: ACTORS, env, snapshots: { storage: store } });
const never = (): never => {
  throw new Error('the fallback was called');
};

/** A process that leaves a snapshot of `a` at 8, "seven". */
async function before(): Promise<void> {
  const app = await start();
  await (await app.client(Counter).spawn('a', 7, 'seven')).ask.increment();
  await app.close();
}

const ID = 'default/default/counter/a';

describe('respawnOr', () => {
  it('[PS20] [PS13] [EX35] restores the actor where there is a snapshot; the ref answers as soon as it is there', async () => {
    await before();
    const app = await start();
    const ref = await app.client(Counter).respawnOr('a', { storage: store, fallback: never });
    expect(await ref.ask.all()).toEqual([8, 'seven', 1]);
    expect(ref.actorId).toBe(ID);
    expect((await ref.info()).state).toBe('Active');
  });

  it('[PS20] [EX35] starts what the fallback says where there is none, under that id', async () => {
    const app = await start();
    const ref = await app.client(Counter).respawnOr('a', {
      storage: store,
      fallback: () => ({ value: 0, name: 'default' }),
    });
    expect(await ref.ask.all()).toEqual([0, 'default', 1]);
    expect(ref.actorId).toBe(ID);
    expect(await ref.ask.increment()).toBe(1);
  });

  it('[PS20] a fallback may give the arguments of onCreate instead of a snapshot, or a promise of either', async () => {
    const { client } = await start();
    const ref = await client(Counter).respawnOr('a', { storage: store, fallback: () => [3, 'three'] });
    expect(await ref.ask.all()).toEqual([3, 'three', 1]);
    const other = await client(Counter).respawnOr('b', { storage: store, fallback: async () => ({ value: 4 }) });
    expect(await other.ask.all()).toEqual([4, '', 1]);
  });

  it('[PS20] takes the storage of the class, or of forRoot, where none is given', async () => {
    const first = await start();
    await first.client(Kept).spawn('a', 7, 'seven');
    await first.close();
    const again = await start();
    const ref = await again.client(Kept).respawnOr('a', { fallback: never });
    expect(await ref.ask.all()).toEqual([7, 'seven', 1]);
    const none = await startApp({ actors: [Counter], env });
    await expect(none.client(Counter).respawn('a')).rejects.toMatchObject({ code: 'PS_INVALID_SNAPSHOT' });
  });

  it('[PS21] args are asked for at respawn, reach every instance of the actor, and are not stored', async () => {
    await before();
    const { client } = await start();
    const args = jest.fn((): [number] => [123_456_789]);
    const ref = await client(Counter).respawnOr('a', { storage: store, args, fallback: never });
    expect(args).toHaveBeenCalledTimes(1);
    expect(await ref.ask.increment()).toBe(123_456_797);
    await expect(ref.ask.fail()).rejects.toThrow('no');
    expect(await ref.ask.all()).toEqual([123_456_797, 'seven', 123_456_789]); // after a new instance; in the reader's too
    expect(args).toHaveBeenCalledTimes(1);
    const again = await start();
    const bare = await again.client(Counter).respawn('a', { storage: store });
    expect(await bare.ask.all()).toEqual([123_456_797, 'seven', 1]);
  });

  it('[PS21] args reach an actor that the fallback began as well', async () => {
    const { client } = await start();
    const options = { storage: store, args: async (): Promise<[number]> => [10] };
    const created = await client(Counter).respawnOr('a', { ...options, fallback: () => [0, 'new'] });
    expect(await created.ask.increment()).toBe(10);
    const copied = await client(Counter).respawnOr('b', { ...options, fallback: () => ({ value: 1 }) });
    expect(await copied.ask.increment()).toBe(11);
  });

  it.each(['a flipped bit', 'half of it', 'nothing left of it', 'that of another actor'])(
    '[PS22] a snapshot damaged (%s) is an error; the fallback is not called, the bytes stay',
    async (damage) => {
      await before();
      const bytes = Buffer.from((await store.tryRead(ID)) as Uint8Array);
      if (damage === 'a flipped bit') bytes[bytes.length - 2]! ^= 4;
      const bad = {
        'a flipped bit': bytes,
        'half of it': bytes.subarray(0, bytes.length / 2),
        'nothing left of it': Buffer.alloc(0),
        'that of another actor': bytes,
      }[damage] as Uint8Array;
      const key = damage === 'that of another actor' ? 'b' : 'a';
      const id = `default/default/counter/${key}`;
      await store.inner.tryWrite(id, bad);
      const app = await start();
      const fallback = jest.fn(() => [0, ''] as [number, string]);
      const respawning = app.client(Counter).respawnOr(key, { storage: store, fallback });
      await expect(respawning).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD', actor: id });
      expect(fallback).not.toHaveBeenCalled();
      expect(Buffer.from((await store.tryRead(id)) as Uint8Array)).toEqual(Buffer.from(bad));
    },
  );

  it('[PS22] a storage that fails is an error; the fallback is not called; later it works', async () => {
    await before();
    const app = await start();
    const fallback = jest.fn(() => [0, ''] as [number, string]);
    store.readFails = new Error('EIO');
    const respawning = app.client(Counter).respawnOr('a', { storage: store, fallback });
    await expect(respawning).rejects.toMatchObject({ code: 'PS_SNAPSHOT_UNREADABLE', retryable: true });
    expect(fallback).not.toHaveBeenCalled();
    store.readFails = null;
    const ref = await app.client(Counter).respawnOr('a', { storage: store, fallback });
    expect(await ref.ask.all()).toEqual([8, 'seven', 1]);
    expect(fallback).not.toHaveBeenCalled();
  });

  it('[PS22] a fallback that throws leaves no actor, and its error is the caller’s', async () => {
    const { client } = await start();
    await expect(client(Counter).respawnOr('a', { storage: store, fallback: never })).rejects.toThrow(
      'the fallback was called',
    );
    await expect(client(Counter).ref('a').ask.increment()).rejects.toMatchObject({ code: 'PS_ACTOR_NOT_FOUND' });
  });

  it('[PS23] two respawns with one id see one history', async () => {
    const fallback = () => [0, 'mine'] as [number, string];
    const values: number[] = [];
    for (let process = 0; process < 3; process++) {
      const app = await start();
      const ref = await app.client(Counter).respawnOr('0b0e3a52-chosen-by-the-caller', { storage: store, fallback });
      values.push(await ref.ask.increment());
      await app.close();
    }
    expect(values).toEqual([1, 2, 3]);
  });

  it('[PS23] also within one process: after a stop it goes on from where it was', async () => {
    const { client } = await start();
    const ref = await client(Kept).spawn('a', 1, 'one');
    await ref.stop();
    await expect(ref.ask.increment()).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    const again = await client(Kept).respawnOr('a', { fallback: never });
    expect(await again.ask.all()).toEqual([1, 'one', 1]);
    expect(await ref.ask.all()).toEqual([1, 'one', 1]);
  });

  it('[PS23] while it is being stopped: waits, and goes on from where it was', async () => {
    const { client } = await start();
    const ref = await client(Kept).spawn('a', 1, 'one');
    const stopping = ref.stop();
    const again = await client(Kept).respawnOr('a', { fallback: never });
    await stopping;
    expect(await again.ask.all()).toEqual([1, 'one', 1]);
  });

  it('leaves an actor in memory alone: nothing is read, nothing is called', async () => {
    const { client } = await start();
    const ref = await client(Counter).spawn('a', 1, 'one');
    const again = await client(Counter).respawnOr('a', { storage: store, args: never, fallback: never });
    expect(await again.ask.all()).toEqual([1, 'one', 1]);
    expect(again.actorId).toBe(ref.actorId);
    expect(store.calls).toEqual([]);
  });

  it('of many at once one brings it back, and the others find it', async () => {
    const { client } = await start();
    const fallback = jest.fn(() => [0, ''] as [number, string]);
    const refs = await Promise.all(
      Array.from({ length: 20 }, () => client(Counter).respawnOr('a', { storage: store, fallback })),
    );
    expect(fallback).toHaveBeenCalledTimes(1);
    await Promise.all(refs.map((ref) => ref.ask.increment()));
    expect((await refs[0]!.ask.all())[0]).toBe(20);
  });

  it('[PS24] the class is renamed and its type kept: it still restores', async () => {
    await before();
    @Actor({ type: 'counter' })
    class RenamedAndMovedElsewhere {
      @State() value = 0;
      @State() name = '';
      @Handle() both(): [number, string] {
        return [this.value, this.name];
      }
    }
    const { client } = await startApp({ actors: [RenamedAndMovedElsewhere], env });
    const ref = await client(RenamedAndMovedElsewhere).respawn('a', { storage: store });
    expect(await ref.ask.both()).toEqual([8, 'seven']);
  });

  it('[PS26] can be called outside actors, from the start code of an application', async () => {
    await before();
    const seen: unknown[] = [];
    @Injectable()
    class AtStart implements OnApplicationBootstrap {
      constructor(private readonly system: ActorSystem) {}
      async onApplicationBootstrap(): Promise<void> {
        const restored = await this.system.respawnOr(Counter, 'a', { storage: store, fallback: never });
        seen.push(await restored.ask.increment());
        const options = { storage: store, fallback: () => [0, ''] as [number, string], tenant: 'acme' };
        const made: ActorRef<Counter> = await this.system.respawnOr(Counter, 'a', options);
        seen.push(await made.ask.increment(), made.id.tenant);
      }
    }
    await startApp({ actors: [Counter], env, providers: [AtStart] });
    expect(seen).toEqual([9, 1, 'acme']);
  });

  it.each([Manager, DurableManager])('can be called in a handler of %p', async (cls) => {
    await before();
    const { client } = await start();
    const manager = await client(cls).ref('m').orCreate();
    expect(await manager.ask.bringBack('a')).toBe(9);
    expect(await manager.ask.bringBack('other')).toBe(6);
    expect(await manager.ask.bringBackOnly('a', 'default')).toBe(10);
    expect(await manager.ask.bringBackOnly('nobody', 'default')).toBe('PS_ACTOR_NOT_FOUND');
    expect(await manager.ask.bringBackOnly('a', 'another tenant')).toBe('PS_SCOPE');
  });
});

describe('respawn', () => {
  it('restores, or says that there is nothing', async () => {
    await before();
    const { client } = await start();
    expect(await (await client(Counter).respawn('a', { storage: store })).ask.all()).toEqual([8, 'seven', 1]);
    await expect(client(Counter).respawn('b', { storage: store })).rejects.toMatchObject({
      code: 'PS_ACTOR_NOT_FOUND',
    });
  });

  it('in another scope is another actor', async () => {
    await before();
    const { client } = await start();
    await expect(client(Counter).within({ tenant: 'acme' }).respawn('a', { storage: store })).rejects.toMatchObject({
      code: 'PS_ACTOR_NOT_FOUND',
    });
  });
});

describe('[Q52] respawnOr of a durable actor', () => {
  it('asks the journal, not the storage', async () => {
    const { client } = await start();
    const made = await client(Durable).respawnOr('a', { fallback: () => [5, 'five'] });
    expect(await made.ask.increment()).toBe(6);
    const again = await client(Durable).respawnOr('a', { fallback: never });
    expect(await again.ask.all()).toEqual([6, 'five', 1]);
    await expect(client(Durable).respawn('b')).rejects.toMatchObject({ code: 'PS_ACTOR_NOT_FOUND' });
    expect(store.calls).toEqual([]);
  });

  it('refuses args, which nobody could give it when it resumes by itself', async () => {
    const { client } = await start();
    await expect(client(Durable).respawnOr('a', { args: () => [1], fallback: never })).rejects.toMatchObject({
      code: 'PS_INVALID_SNAPSHOT',
    });
  });

  it('leaves one that was stopped for good where it is', async () => {
    const { client } = await start();
    const ref = await client(Durable).spawn('a', 1, 'one');
    await ref.stop();
    await expect(client(Durable).respawnOr('a', { fallback: never })).rejects.toMatchObject({
      code: 'PS_ACTOR_TERMINATED',
    });
  });
});
