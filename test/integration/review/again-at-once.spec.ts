import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { StoreFailedError } from 'plexspaces/spi';
import { Gate, settle } from '../durable/gate';
import { World } from '../durable/world';

@Actor({ type: 'counter' })
@UseFacets(durability(), virtualActor())
class Counter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

@Actor({ type: 'lines' })
@UseFacets(durability({ checkpointEvery: 1 }), virtualActor())
class Lines {
  @State() lines: string[] = [];

  @Handle() note(line: string): readonly string[] {
    this.lines = [...this.lines, line];
    return this.lines;
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

describe('a tell that is sent again after the store did not take it', () => {
  it('stays behind what its sender sent before, also where the actor is loaded meanwhile (P2)', async () => {
    const world = new World();
    const node = await world.start([Lines]);
    const ref = node.ref(Lines, 'a');
    const gate = new Gate();
    node.probe.onSave = async (record, keep, save) => {
      await gate.pass();
      await save(record, keep);
    };
    gate.close();
    await ref.ask.note('first');
    const stopping = ref.stop(); // its last checkpoint is on the way
    await gate.reached();
    await settle();
    const earlier = ref.ask.note('earlier');
    let broken = 1;
    node.probe.onFlush = (writes, flush) =>
      broken-- > 0 ? Promise.reject(new StoreFailedError('memory', 'the connection broke')) : flush(writes);
    const keyed = ref.with({ idempotencyKey: 'k' });
    await expect(keyed.tell.note('later')).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await keyed.tell.note('later');
    gate.open();
    await stopping;
    expect(await earlier).toEqual(['first', 'earlier']);
    expect(await ref.ask.note('last')).toEqual(['first', 'earlier', 'later', 'last']);
    await world.end();
  });
});
