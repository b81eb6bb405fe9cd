import { Actor, Handle, State, UseFacets, durability } from 'plexspaces';
import { Gate, failureOf, settle } from './gate';
import { headOf } from './probe-storage';
import { type Node, World } from './world';

@Actor({ type: 'created' })
@UseFacets(durability())
class Created {
  @State() balance = -1;
  onCreate(balance: number): void {
    this.balance = balance;
  }
  @Handle() add(by: number): number {
    return (this.balance += by);
  }
}

describe('a creation', () => {
  let world: World;
  let node: Node;
  beforeEach(async () => {
    world = new World();
    node = await world.start([Created]);
  });
  afterEach(() => world.end());

  it('that the store refused did not happen, and can be tried again (P3)', async () => {
    node.probe.onFlush = async () => {
      node.probe.onFlush = (writes, flush) => flush(writes);
      throw new Error('disk full');
    };
    await failureOf(node.client(Created).spawn('a', 100));
    const ref = await node.client(Created).ref('a').orCreate(50);
    expect(await ref.ask.add(1)).toBe(51);
  });

  it('is acknowledged to nobody before it is durable (P4)', async () => {
    const flushing = new Gate();
    node.probe.onFlush = async (writes, flush) => {
      await flushing.pass();
      return flush(writes);
    };
    const acknowledged: number[] = [];
    const creations = [1, 2].map((n) =>
      node
        .client(Created)
        .ref('a')
        .orCreate(n)
        .then(() => acknowledged.push(n)),
    );
    await flushing.reached();
    await settle();
    expect(acknowledged).toEqual([]);
    expect(await headOf(world.storage, node.ref(Created).actorId)).toMatchObject({ status: 'absent' });
    flushing.open();
    await Promise.all(creations);
    expect(await node.ref(Created).ask.add(0)).toBe(1);
  });
});
