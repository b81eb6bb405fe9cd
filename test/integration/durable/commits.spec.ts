import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { Gate, failureOf, settle } from './gate';
import { World } from './world';

@Actor({ type: 'sink' })
@UseFacets(durability(), virtualActor())
class Sink {
  @State() got: string[] = [];
  @Handle() take(what: string): void {
    this.got.push(what);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.got;
  }
}

const started: string[] = [];
const ran: string[] = [];

@Actor({ type: 'worker' })
@UseFacets(durability(), virtualActor())
class Worker {
  @State() value = 0;

  @Handle()
  add(by: number): number {
    started.push(`add ${by}`);
    this.value += by;
    return this.value;
  }

  @Handle()
  async row(count: number): Promise<number> {
    for (let i = 0; i < count; i++) this.value += await this.effect(i);
    return this.value;
  }

  @Handle()
  async parallel(count: number): Promise<number> {
    const results = await Promise.all(Array.from({ length: count }, (_, i) => this.effect(i)));
    this.value += results.length;
    return this.value;
  }

  @Handle()
  async tellSink(@Ctx() ctx: ActorContext, what: string): Promise<void> {
    this.value++;
    await ctx.actor(Sink, 'a').tell.take(what);
  }

  @Handle()
  fail(): void {
    this.value = 999;
    throw new Error('no');
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }

  @SideEffect()
  protected async effect(i: number): Promise<number> {
    ran.push(`effect ${i}`);
    return 1;
  }
}

const ACTOR = 'default/default/worker/a';

describe('commits of a durable turn', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    started.length = ran.length = 0;
  });
  afterEach(() => world.end());

  it('an ask without effects is one append, however warm or cold the actor is', async () => {
    const { probe, ...node } = await worker();
    await node.ref.ask.add(1);
    expect(probe.appends).toEqual([{ actor: ACTOR, entries: 4, sends: 0 }]);
    await node.ref.ask.add(1);
    expect(probe.appends.slice(1)).toEqual([{ actor: ACTOR, entries: 3, sends: 0 }]);
    expect(probe.accepts).toBe(0);
  });

  it('an ask that changes nothing has no StateChanged entry; a read-only one is no append at all', async () => {
    const { probe, ref } = await worker();
    await ref.ask.add(0);
    await ref.ask.add(0);
    expect(probe.appends[1]).toEqual({ actor: ACTOR, entries: 2, sends: 0 });
    await ref.ask.current();
    expect(probe.appends).toHaveLength(2);
  });

  it.each([1, 2, 4, 7])('%i effects in a row are one append more than effects', async (count) => {
    const { probe, ref } = await worker();
    await ref.ask.row(count);
    expect(probe.appendsOf(ACTOR)).toBe(count + 1);
  });

  it('effects side by side share their appends: one before they start, one at the commit', async () => {
    const { probe, ref } = await worker();
    await ref.ask.parallel(9);
    expect(probe.appendsOf(ACTOR)).toBe(2);
  });

  it('a tell is one accepted row and one append; one to another actor leaves with the commit and costs none', async () => {
    const { probe, ref, node } = await worker();
    await ref.tell.add(1);
    await settle();
    expect([probe.accepts, probe.appendsOf(ACTOR)]).toEqual([1, 1]);
    await ref.ask.tellSink('x');
    await settle();
    expect([probe.accepts, probe.appendsOf(ACTOR)]).toEqual([1, 2]);
    expect(probe.appends[1]).toMatchObject({ actor: ACTOR, sends: 1 });
    expect(await node.ref(Sink).ask.all()).toEqual(['x']);
  });

  it('a failed ask without records is no append', async () => {
    const { probe, ref } = await worker();
    expect((await failureOf(ref.ask.fail())).message).toBe('no');
    expect(probe.appends).toEqual([]);
    expect(await ref.ask.current()).toBe(0);
  });

  it('many actors share a flush: one group commit for what came in one tick', async () => {
    const { probe, node } = await worker();
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => node.ref(Worker, key).ask.add(1)));
    probe.forget();
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => node.ref(Worker, key).ask.add(1)));
    expect(probe.appends).toHaveLength(4);
    expect(probe.flushes).toBe(1);
  });

  describe('the output gate', () => {
    it('[JR25] no answer leaves before the append is durable', async () => {
      const { gate, ref } = await gated();
      let answer: number | null = null;
      const asked = ref.ask.add(5).then((value) => (answer = value));
      await gate.reached();
      await settle();
      expect([started, answer]).toEqual([['add 5'], null]);
      gate.open();
      await asked;
      expect(answer).toBe(5);
    });

    it('[JR25] no send leaves before the append is durable', async () => {
      const { gate, ref, node } = await gated();
      const asked = ref.ask.tellSink('x');
      await gate.reached();
      await settle();
      expect(await node.ref(Sink).ask.all()).toEqual([]);
      gate.open();
      await asked;
      await settle();
      expect(await node.ref(Sink).ask.all()).toEqual(['x']);
    });

    it('[JR25] no effect starts before its message is durable, none before the record of the one before', async () => {
      const { gate, ref } = await gated();
      const asked = ref.ask.row(2);
      await gate.reached(1);
      await settle();
      expect(ran).toEqual([]);
      gate.release();
      await gate.reached(2);
      await settle();
      expect(ran).toEqual(['effect 0']);
      gate.release();
      await gate.reached(3);
      await settle();
      expect(ran).toEqual(['effect 0', 'effect 1']);
      gate.open();
      expect(await asked).toBe(2);
    });

    it('[JR25] a tell is not acknowledged before its row is durable', async () => {
      const { gate, ref } = await gated();
      let accepted = false;
      const told = ref.tell.add(5).then(() => (accepted = true));
      await gate.reached();
      await settle();
      expect(accepted).toBe(false);
      gate.open();
      await told;
      expect(await ref.ask.add(0)).toBe(5);
    });

    it('[JR25] an error answer waits as well', async () => {
      const { gate, ref } = await gated();
      let told = false;
      const asked = failureOf(ref.with({ idempotencyKey: 'k' }).ask.add('x'.repeat(2) as unknown as number)).catch(
        () => null,
      );
      void asked.then(() => (told = true));
      await gate.reached();
      await settle();
      expect(told).toBe(false);
      gate.open();
      await asked;
    });
  });

  async function worker() {
    const node = await world.start([Worker, Sink]);
    return { node, probe: node.probe, ref: node.ref(Worker) };
  }

  async function gated() {
    const { node, probe, ref } = await worker();
    const gate = new Gate();
    probe.onFlush = async (writes, flush) => {
      await gate.pass();
      return flush(writes);
    };
    return { node, ref, gate };
  }
});
