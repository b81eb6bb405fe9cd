import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { Gate, settle, until } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { World } from '../durable/world';

// Turns that end while their effects are starting or under way.

let self: () => ActorRef<Stopped>;
let gate: Gate;
const calls: string[] = [];

@Actor({ type: 'stopped', maxTurnAge: '10s' })
@UseFacets(durability(), virtualActor())
class Stopped {
  @State() count = 0;
  @Handle() bump(): number {
    return ++this.count;
  }
  @Handle() async suicide(): Promise<void> {
    this.count++;
    await Promise.all([this.kill(), this.call('other')]);
  }
  @Handle() async slow(@Ctx() ctx: ActorContext): Promise<string> {
    this.count++;
    await this.call('quick');
    await this.wait();
    await ctx.sleep('1s');
    return this.call('last');
  }
  @SideEffect() protected async kill(): Promise<void> {
    calls.push('kill');
    void self().stop('brutal');
    await Promise.resolve();
  }
  @SideEffect() protected async call(name: string): Promise<string> {
    calls.push(name);
    return name;
  }
  @SideEffect() protected async wait(): Promise<void> {
    calls.push('wait');
    await gate.pass();
  }
}

describe('a turn that ends while its effects are under way', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeEach(() => {
    calls.length = unhandled.length = 0;
    gate = new Gate();
    process.on('unhandledRejection', note);
  });
  afterEach(() => void process.off('unhandledRejection', note));

  it('stopped brutally from inside its own effect, it is over and the next activation is sound', async () => {
    const world = new World();
    const node = await world.start([Stopped]);
    self = () => node.ref(Stopped);
    const outcome = await node
      .ref(Stopped)
      .ask.suicide()
      .then(String, (error: { code: string }) => error.code);
    expect(outcome).toBe('PS_ACTOR_TERMINATED');
    await expect(node.ref(Stopped).ask.bump()).resolves.toBe(1);
    await settle();
    expect({ unhandled, errors: node.log.errors }).toEqual({ unhandled: [], errors: [] });
    expect(calls.filter((name) => name === 'kill')).toHaveLength(1);
    await world.end();
  });

  it('too old, its late effect changes nothing, and the next start takes up its records', async () => {
    const env = steadyClock();
    const world = new World(env);
    const node = await world.start([Stopped]);
    const answer = node
      .ref(Stopped)
      .ask.slow()
      .then(String, (error: Error) => error.message);
    await until(() => calls.includes('wait'));
    await env.advance(10_500);
    await until(() => calls.filter((name) => name === 'wait').length === 2);
    gate.open();
    await env.advance(20_000);
    await expect(answer).resolves.toBe('last');
    expect(calls).toEqual(['quick', 'wait', 'wait', 'last']);
    await expect(node.ref(Stopped).ask.bump()).resolves.toBe(2);
    expect(unhandled).toEqual([]);
    await world.end();
  });
});
