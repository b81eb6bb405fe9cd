import { Actor, Handle, State, StateMap, UseFacets, durability, virtualActor } from 'plexspaces';
import { Gate, failureOf, settle } from './gate';
import { World } from './world';

let reading: Gate;
let spoiling: Gate;

@Actor({ type: 'read-together' })
@UseFacets(durability(), virtualActor())
class ReadTogether {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle({ readOnly: true }) async read(): Promise<number> {
    await reading.pass();
    return this.value;
  }
  @Handle({ readOnly: true }) async spoil(): Promise<void> {
    this.value = 666;
    await spoiling.pass();
  }
}

@Actor({ type: 'two-fields' })
@UseFacets(durability(), virtualActor())
class TwoFields {
  @State() a = new StateMap<string, number>();
  @State() b = new StateMap<string, number>();
  @Handle() join(): void {
    this.b = this.a;
  }
  @Handle() put(key: string): [number, number] {
    this.a.set(key, 1);
    return [this.a.size, this.b.size];
  }
  @Handle() sizes(): [number, number] {
    return [this.a.size, this.b.size];
  }
}

describe('what is shared', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    reading = new Gate();
    spoiling = new Gate();
  });
  afterEach(async () => {
    spoiling.open();
    await world.end();
  });

  it('a read-only handler that writes is not seen by those who read beside it (P2)', async () => {
    const node = await world.start([ReadTogether]);
    const ref = node.ref(ReadTogether);
    await ref.ask.add(1);
    const read = ref.ask.read();
    await reading.reached();
    const spoilt = failureOf(ref.ask.spoil());
    await settle();
    reading.open();
    expect(await read).toBe(1);
    spoiling.open();
    await spoilt;
  });

  it('a collection in two fields is refused, since after a crash it would be two (P8)', async () => {
    const first = await world.start([TwoFields]);
    const refused = await failureOf(first.ref(TwoFields).ask.join());
    expect(refused).toMatchObject({ code: 'PS_INVALID_PAYLOAD', path: 'b' });
    expect((refused as Error).message).toContain('the same collection as a');
    expect(await first.ref(TwoFields).ask.put('x')).toEqual([1, 0]);
    first.crash();
    const second = await world.start([TwoFields]);
    expect(await second.ref(TwoFields).ask.sizes()).toEqual([1, 0]);
  });
});
