import { Actor, type ActorContext, type ActorId, Ctx, Handle, MemoryPersistentStorage, State } from 'plexspaces';
import { closeApps, startApp } from '../../support/app';

// The examples of the reference on actor persistence, as they read here.
const STORAGE = new MemoryPersistentStorage();
const own = new MemoryPersistentStorage();
afterEach(closeApps);

/** `#[actor("12345678-…", snapshot)]`: the type is what stays when the class is renamed. */
@Actor({ type: '12345678-1234-5678-9abc-123456789abc', snapshot: true })
class Counter {
  @State() value = 0;
  @State() name = '';

  @Handle()
  async increment(amount: number, @Ctx() ctx: ActorContext): Promise<void> {
    this.value += amount;
    // Manual snapshot saving when needed
    void ctx.saveSnapshot(STORAGE);
  }

  @Handle({ readOnly: true })
  show(): { value: number; name: string } {
    return { value: this.value, name: this.name };
  }
}

interface CounterSnapshot {
  readonly value: number;
  // Exclude non-essential state like caches
}

@Actor({ type: 'aaaaaaaa-bbbb-cccc-dddd-999999999999', snapshot: { storage: own, every: 1 } })
class CachingCounter {
  private value = 0;
  private cache = new Map<string, string>();

  toSnapshot(): CounterSnapshot {
    return { value: this.value };
  }
  fromSnapshot(snapshot: CounterSnapshot): void {
    this.value = snapshot.value;
  }
  onActivate(self: ActorId): void {
    this.cache = new Map([['key', self.key]]); // Rebuilt on recovery
  }

  @Handle()
  increment(by: number): void {
    this.value += by;
    this.cache.set('last', `added ${by}`);
  }

  @Handle()
  show(): [number, Record<string, string>] {
    return [this.value, Object.fromEntries(this.cache)];
  }
}

const start = (cls: typeof Counter | typeof CachingCounter) =>
  startApp({ actors: [cls], snapshots: { storage: STORAGE } });

describe('the examples on persistence', () => {
  it('[EX33] a counter with the snapshot flag, and a save by hand that nobody waits for', async () => {
    const first = await start(Counter);
    const counter = await first.client(Counter).spawnFrom('id', { value: 40, name: 'answer' });
    await counter.ask.increment(2);
    await first.close();
    const second = await start(Counter);
    const again = await second.client(Counter).respawn('id');
    expect(await again.ask.show()).toEqual({ value: 42, name: 'answer' });
  });

  it('[EX34] a snapshot type without the cache', async () => {
    const first = await start(CachingCounter);
    const counter = await first.client(CachingCounter).spawn('id');
    await counter.ask.increment(7);
    expect(await counter.ask.show()).toEqual([7, { key: 'id', last: 'added 7' }]);
    await first.close();
    const second = await start(CachingCounter);
    const again = await second.client(CachingCounter).respawn('id');
    expect(await again.ask.show()).toEqual([7, { key: 'id' }]);
  });

  it('[EX35] try to restore from the snapshot, fall back on a new instance', async () => {
    const actorId = '0198a4b2-7c1e-7f00-8000-6c9f1f1e2d3c';
    const { system } = await start(Counter);
    const counter = await system.respawnOr(Counter, actorId, {
      storage: STORAGE,
      args: () => [], // runtime args
      fallback: () => ({ value: 0, name: 'default' }),
    });
    expect(await counter.ask.show()).toEqual({ value: 0, name: 'default' });
    await counter.ask.increment(1);
    await counter.stop();
    const restored = await system.respawnOr(Counter, actorId, {
      storage: STORAGE,
      fallback: () => ({ value: -1, name: 'never' }),
    });
    expect(await restored.ask.show()).toEqual({ value: 1, name: 'default' });
  });
});
