import {
  Actor,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, failureOf, settle } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World } from './world';

let opening: Gate;
let inner: Gate;
let calls: number;
let passed: number[];
let facetCounts: number[];
let isDown: boolean;

@Actor({ type: 'renewed' })
@UseFacets(durability(), virtualActor())
class Renewed {
  @State() value = 0;
  async onActivate(): Promise<void> {
    await opening.pass();
  }
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() async addTwice(): Promise<number> {
    this.value += 1;
    await inner.pass();
    this.value += 1;
    return this.value;
  }
  @Handle({ retry: { maxAttempts: 1 } }) poison(): void {
    this.value += 1000;
    throw new Error('toxic');
  }
  @Handle() tellInAnError(): void {
    const seen = this.value;
    this.value = 999;
    throw new Error(`saw ${seen}`);
  }
}

@Actor({ type: 'unopenable' })
@UseFacets(durability(), virtualActor())
class Unopenable {
  onActivate(): void {
    if (isDown) throw new Error('database down');
  }
  @Handle() ping(): string {
    return 'pong';
  }
  @Handle() fail(): void {
    isDown = true;
    throw new Error('database down');
  }
}

@Actor({ type: 'unencodable' })
@UseFacets(virtualActor())
class Unencodable {
  @State() count = 0;
  @State() data: unknown = null;
  @Handle() spoil(): void {
    this.count++;
    this.data = () => 1;
  }
  @Handle() read(): number {
    return this.count;
  }
}

@Actor({ type: 'slow-effect', maxTurnAge: '1m' })
@UseFacets(durability(), virtualActor())
class SlowEffect {
  @State() got = 0;
  @Handle() async work(): Promise<void> {
    const answer = await this.call();
    await this.pass(answer);
    this.got = answer;
  }
  @Handle() read(): number {
    return this.got;
  }
  @SideEffect() protected async call(): Promise<number> {
    const answer = ++calls;
    await opening.pass();
    return answer;
  }
  @SideEffect() protected async pass(answer: number): Promise<void> {
    passed.push(answer);
    await inner.pass();
  }
}

@Facet({ name: 'turn-counter', priority: 300, category: 'domain' })
class TurnCounter {
  initialState(): { turns: number } {
    return { turns: 0 };
  }
  async intercept(turn: FacetTurn<unknown, { turns: number }>, next: () => Promise<unknown>): Promise<unknown> {
    try {
      return await next();
    } finally {
      turn.state = { turns: turn.state.turns + 1 };
      facetCounts.push(turn.state.turns);
    }
  }
}

@Actor({ type: 'counted', maxTurnAge: '1m' })
@UseFacets(durability(), virtualActor(), facet('turn-counter'))
class Counted {
  @Handle() async wait(): Promise<void> {
    await inner.pass();
  }
  @Handle() ping(): string {
    return 'pong';
  }
}

beforeEach(() => {
  opening = new Gate();
  inner = new Gate();
  calls = 0;
  passed = [];
  facetCounts = [];
  isDown = false;
});

describe('the instance after a failed turn', () => {
  let world: World;
  let node: Node;
  beforeEach(async () => {
    world = new World();
    opening.open();
    node = await world.start([Renewed, Unencodable]);
    await node.ref(Renewed).ask.add(1);
    opening.close();
  });
  afterEach(async () => {
    opening.open();
    await world.end();
  });

  it("a parked message's instance is not used again (P7)", async () => {
    const ref = node.ref(Renewed);
    await ref.tell.poison();
    const behind = ref.ask.addTwice();
    await opening.reached(2);
    await settle();
    opening.open();
    await settle();
    inner.open();
    expect([await behind, await ref.ask.add(0)]).toEqual([3, 3]);
  });

  it('a flush that fails meanwhile does not put a second instance under a running turn (P3, P7)', async () => {
    const ref = node.ref(Renewed);
    const refusal = new Gate();
    node.probe.onFlush = async () => {
      node.probe.onFlush = (later, go) => go(later);
      await refusal.pass();
      throw new Error('disk full');
    };
    const refused = [ref.ask.add(10), ref.ask.tellInAnError()].map(failureOf);
    await refusal.reached();
    await settle();
    refusal.open();
    await settle();
    const next = ref.ask.addTwice();
    for (let i = 0; i < 2; i++) {
      opening.release();
      await settle();
    }
    opening.open();
    inner.open();
    await Promise.all(refused);
    expect([await next, await ref.ask.add(0)]).toEqual([3, 3]);
    node.crash();
    const later = await world.start([Renewed]);
    expect(await later.ref(Renewed).ask.add(0)).toBe(3);
  });

  it('an error that tells of a turn does not leave before that turn is durable (P4)', async () => {
    const ref = node.ref(Renewed);
    opening.open();
    const flushing = new Gate();
    node.probe.onFlush = async (writes, flush) => {
      await flushing.pass();
      return flush(writes);
    };
    const added = ref.ask.add(6);
    let told = '';
    const failed = failureOf(ref.ask.tellInAnError()).then(({ message }) => (told = message));
    await flushing.reached();
    await settle();
    expect(told).toBe('');
    flushing.open();
    expect(await added).toBe(7);
    expect(await failed).toBe('saw 7');
  });

  it('a plain actor whose new state cannot be encoded goes back to the state before (P7)', async () => {
    const ref = node.ref(Unencodable);
    expect(await ref.ask.read()).toBe(0);
    await failureOf(ref.ask.spoil());
    expect(await ref.ask.read()).toBe(0);
  });
});

describe('a failed turn, as time goes on', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
  });
  afterEach(() => world.end());

  it('tells its asker the error also when no new instance can be made (P7)', async () => {
    const node = await world.start([Unopenable]);
    const ref = node.ref(Unopenable);
    await ref.ask.ping();
    const failure = failureOf(ref.ask.fail());
    await env.advance(1_000);
    isDown = false;
    await env.advance(60_000);
    expect(await failure).toMatchObject({ message: 'database down' });
    expect(await ref.ask.ping()).toBe('pong');
  });

  it('an effect that settles before the next attempt is not taken for a record of it (P6)', async () => {
    const first = await world.start([SlowEffect]);
    await first.ref(SlowEffect).tell.work();
    await opening.reached();
    await env.advance(60_000);
    opening.open();
    await env.advance(200);
    await inner.reached();
    first.crash();
    inner = new Gate();
    inner.open();
    const second = await world.start([SlowEffect]);
    await env.advance(100_000);
    const ref = second.ref(SlowEffect);
    expect(await ref.ask.read()).toBe(2);
    expect(passed).toEqual([2, 2]);
    expect(await ref.history.verify()).toMatchObject({ ok: true });
  });

  it('a facet around it writes nothing into the next instance (P7)', async () => {
    const node = await world.start([Counted], { providers: [TurnCounter] });
    const ref = node.ref(Counted);
    await ref.ask.ping();
    abandoned(ref.ask.wait());
    await inner.reached();
    await env.advance(60_000);
    inner.open();
    await settle();
    await ref.ask.ping();
    expect(facetCounts.at(-1)).toBe(2);
  });
});
