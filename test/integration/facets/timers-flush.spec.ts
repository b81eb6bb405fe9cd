import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import type { ManualClock } from 'plexspaces/testing';
import { settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World } from '../durable/world';

@Actor({ type: 'heart' })
@UseFacets(durability(), virtualActor({ idleTimeout: '1h' }), timer())
class Heart {
  @State() beats: number[] = [];
  @Handle() start(@Ctx() ctx: ActorContext): void {
    timers<Heart>(ctx).schedulePeriodic('beat', '10s', 'beat');
  }
  @Handle() beat(@Ctx() ctx: ActorContext): void {
    this.beats.push(ctx.now());
  }
  @Handle({ readOnly: true }) all(): number[] {
    return this.beats;
  }
}

describe('a timer whose tick the store does not take', () => {
  let env: ManualClock;
  let world: World;
  let node: Node;
  let start: number;
  const seconds = async (): Promise<number[]> =>
    (await node.ref(Heart).ask.all()).map((at) => Math.round((at - start) / 1_000));

  beforeEach(async () => {
    env = steadyClock();
    start = env.now();
    world = new World(env);
    node = await world.start([Heart], { providers: [TimerFacet] });
    await node.ref(Heart).ask.start();
  });
  afterEach(async () => {
    const ending = world.end();
    await settle();
    await env.advance('1m');
    await ending;
  });

  /** The store can be read all the while. */
  function refuseFlushesUntil(end: number): void {
    node.probe.onFlush = (writes, flush) =>
      env.now() < start + end * 1_000 ? Promise.reject(new Error('disk full')) : flush(writes);
  }

  it('ticks on in the same stay: the tick itself is gone, and the next ones come', async () => {
    let refused = 0;
    node.probe.onFlush = (writes, flush) => (refused++ === 0 ? Promise.reject(new Error('disk full')) : flush(writes));
    await env.advance('35s');
    expect(await seconds()).toEqual([20, 30]);
    expect(await node.ref(Heart).info()).toMatchObject({ activationCount: 1 });
  });

  it('ticks on however long that lasts', async () => {
    refuseFlushesUntil(75);
    await env.advance('2m');
    const made = await seconds();
    expect(made[0]).toBeGreaterThanOrEqual(75);
    expect(made.length).toBeGreaterThanOrEqual(3);
    expect(made.slice(1).map((at, i) => at - (made[i] as number))).toEqual(made.slice(1).map(() => 10));
    expect(await node.ref(Heart).history.verify()).toMatchObject({ divergences: [] });
  });
});
