import { Actor, Handle, State, StateList, StateMap, StateSet, UseFacets, durability, virtualActor } from 'plexspaces';
import { describeEntry } from 'plexspaces';
import { failureOf, until } from './gate';
import { World, ofKind } from './world';

@Actor({ type: 'stock' })
@UseFacets(durability({ checkpointEvery: 1_000_000 }), virtualActor())
class Stock {
  @State() byItem = new StateMap<string, { count: number }>();
  @State() log = new StateList<string>();
  @State() tags = new StateSet<string>();
  @State() note = '';

  @Handle() fill(count: number): void {
    for (let i = 0; i < count; i++) this.byItem.set(`item-${i}`, { count: i });
  }
  @Handle() put(item: string, count: number): number {
    this.byItem.set(item, { count });
    this.log.push(`${item} ${count}`);
    this.tags.add(item);
    return this.byItem.size;
  }
  @Handle() drop(item: string): boolean {
    this.tags.delete(item);
    return this.byItem.delete(item);
  }
  @Handle() clear(): void {
    this.byItem.clear();
    this.log = new StateList<string>();
  }
  @Handle() failAfter(item: string): void {
    this.put(item, 1);
    throw new Error('undone');
  }
  @Handle() mutate(item: string): void {
    (this.byItem.get(item) as { count: number }).count = 99;
  }
  @Handle({ readOnly: true }) seen(): { items: [string, { count: number }][]; log: string[]; tags: string[] } {
    return { items: [...this.byItem], log: [...this.log], tags: [...this.tags] };
  }
}

/** State of a shape of its own: the cache is left out and rebuilt. */
@Actor({ type: 'word-count' })
@UseFacets(durability({ checkpointEvery: 2 }), virtualActor())
class WordCount {
  private counts = new Map<string, number>();
  private total = 0;
  rebuilt = 0;

  @Handle() add(text: string): number {
    for (const word of text.split(' ')) this.counts.set(word, (this.counts.get(word) ?? 0) + 1);
    return (this.total = this.sum());
  }
  @Handle() failAfter(text: string): void {
    this.add(text);
    throw new Error('undone');
  }
  @Handle({ readOnly: true }) state(): unknown {
    return { total: this.total, counts: [...this.counts], rebuilt: this.rebuilt };
  }
  toSnapshot(): [string, number][] {
    return [...this.counts];
  }
  fromSnapshot(snapshot: [string, number][]): void {
    this.counts = new Map(snapshot);
    this.total = this.sum();
    this.rebuilt++;
  }
  private sum(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

describe('shapes of state', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.end());

  it('collections journal what changed of them, not the whole, and come back over restarts', async () => {
    const first = await world.start([Stock]);
    await first.ref(Stock).ask.fill(1_000);
    await first.ref(Stock).ask.put('item-7', 70);
    await first.ref(Stock).ask.put('new', 1);
    await first.ref(Stock).ask.drop('item-8');
    const changes = ofKind(await first.ref(Stock).history.entries(), 'StateChanged');
    const sizes = changes.map((entry) => JSON.stringify(describeEntry(entry)).length);
    expect(Math.max(...sizes.slice(1))).toBeLessThan(sizes[0]! / 10);
    const live = await first.ref(Stock).ask.seen();
    first.crash();

    const second = await world.start([Stock]);
    expect(await second.ref(Stock).ask.seen()).toEqual(live);
    expect(live.items).toHaveLength(1_000);
    expect(new Map(live.items).get('item-7')).toEqual({ count: 70 });
    await second.ref(Stock).ask.clear();
    await second.ref(Stock).ask.put('only', 1);
    await second.close();
    const third = await world.start([Stock]);
    expect(await third.ref(Stock).ask.seen()).toEqual({
      items: [['only', { count: 1 }]],
      log: ['only 1'],
      tags: ['item-7', 'new', 'only'],
    });
  });

  it('collections are undone with a failed turn, and journaled right after it', async () => {
    const node = await world.start([Stock]);
    await node.ref(Stock).ask.put('a', 1);
    await failureOf(node.ref(Stock).ask.failAfter('b'));
    expect(await node.ref(Stock).ask.put('c', 2)).toBe(2);
    await node.close();
    const later = await world.start([Stock]);
    expect((await later.ref(Stock).ask.seen()).items.map(([item]) => item)).toEqual(['a', 'c']);
    expect(await later.ref(Stock).history.verify()).toMatchObject({ ok: true });
  });

  it('a value a collection handed out cannot be changed in place: the change would be lost', async () => {
    const node = await world.start([Stock]);
    await node.ref(Stock).ask.put('a', 1);
    expect((await failureOf(node.ref(Stock).ask.mutate('a'))).message).toMatch(/read only|frozen|Cannot assign/i);
    expect((await node.ref(Stock).ask.seen()).items).toEqual([['a', { count: 1 }]]);
  });

  it('toSnapshot and fromSnapshot: the state is what they say, caches are rebuilt', async () => {
    const first = await world.start([WordCount]);
    expect(await first.ref(WordCount).ask.add('a b a')).toBe(3);
    await failureOf(first.ref(WordCount).ask.failAfter('x x'));
    expect(await first.ref(WordCount).ask.add('b')).toBe(4);
    expect(await first.ref(WordCount).ask.add('c')).toBe(5);
    await until(async () => (await first.ref(WordCount).history.checkpoints()).length > 0);
    first.crash();
    const second = await world.start([WordCount]);
    expect(await second.ref(WordCount).ask.state()).toEqual({
      total: 5,
      counts: [
        ['a', 2],
        ['b', 2],
        ['c', 1],
      ],
      rebuilt: 1,
    });
    expect(await second.ref(WordCount).history.stateAt({ seq: 4 })).toEqual({
      $snapshot: [
        ['a', 2],
        ['b', 1],
      ],
    });
    expect(await second.ref(WordCount).history.verify()).toMatchObject({ ok: true, turns: 3 });
  });
});
