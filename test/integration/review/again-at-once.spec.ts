import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { StoreFailedError } from 'plexspaces/spi';
import { World } from '../durable/world';

@Actor({ type: 'counter' })
@UseFacets(durability(), virtualActor())
class Counter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

describe('an ask that is sent again as soon as its commit has failed', () => {
  it.each([0, 1, 2])('is answered (%i failed flushes before)', async (before) => {
    const world = new World();
    const node = await world.start([Counter]);
    const ref = node.ref(Counter, 'a');
    for (let i = 0; i < before; i++) await ref.ask.add(1);
    let broken = 1;
    node.probe.onFlush = (writes, flush) =>
      broken-- > 0 ? Promise.reject(new StoreFailedError('memory', 'the connection broke')) : flush(writes);
    const keyed = ref.with({ idempotencyKey: 'k', timeout: 2_000 });
    const again = (): Promise<number> => keyed.ask.add(1);
    await expect(again().catch(again)).resolves.toBe(before + 1);
    await world.end();
  });
});
