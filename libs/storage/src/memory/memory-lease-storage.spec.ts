import { MemoryLeases, MemoryLeaseStorage } from './memory-lease-storage';

describe('leases in memory', () => {
  let now: number;
  let leases: MemoryLeases;
  let store: MemoryLeaseStorage;
  beforeEach(() => {
    now = 1_000;
    leases = new MemoryLeases(() => now);
    store = new MemoryLeaseStorage(leases);
  });

  it('grants a free lease to the first, and tells the others who has it, for how long (L1, L2)', async () => {
    const granted = await Promise.all(['a', 'b', 'c'].map((holder) => store.claim('x', holder, 100)));
    expect(granted.map(({ holder }) => holder)).toEqual(['a', 'a', 'a']);
    now += 40;
    expect(await store.claim('x', 'b', 100)).toEqual({ holder: 'a', leftMs: 60 });
    expect(await store.claim('x', 'a', 100)).toEqual({ holder: 'a', leftMs: 100 });
    now += 99;
    expect(await store.claim('x', 'b', 100)).toEqual({ holder: 'a', leftMs: 1 });
    now += 1;
    expect(await store.claim('x', 'b', 100)).toEqual({ holder: 'b', leftMs: 100 });
  });

  it('releases at once, for its holder alone (L4)', async () => {
    await store.claim('x', 'a', 100);
    await store.release('x', 'b');
    expect(leases.holderOf('x')).toEqual({ holder: 'a', leftMs: 100 });
    await store.release('x', 'a');
    expect(leases.holderOf('x')).toBeNull();
  });

  it('takes nothing after its handle is closed, and keeps what it had (L6)', async () => {
    await store.claim('x', 'a', 100);
    await store.close();
    await store.close();
    await expect(store.claim('x', 'a', 100)).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    await expect(store.release('x', 'a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    expect(leases.holderOf('x')?.holder).toBe('a');
  });
});
