import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { settle } from './gate';
import { World } from './world';

@Actor({ type: 'audit' })
@UseFacets(durability(), virtualActor())
class Audit {
  @State() seen: string[] = [];

  @Handle() note(what: string): number {
    return this.seen.push(what);
  }
  @Handle() all(): string[] {
    return this.seen;
  }
}

@Actor({ type: 'shop' })
@UseFacets(durability(), virtualActor())
class Shop {
  @State() orders = 0;

  @Handle() async order(@Ctx() ctx: ActorContext): Promise<number> {
    const audit = ctx.actor(Audit, 'a');
    await audit.ask.note(`asked by ${ctx.self.key}`);
    await audit.tell.note(`told by ${ctx.self.key}`);
    return ++this.orders;
  }
  /** Who is told by way of another shop hears of it there. */
  @Handle() async report(@Ctx() ctx: ActorContext, by: string | null, what: string): Promise<void> {
    if (by === null) await ctx.actor(Audit, 'a').tell.note(what);
    else await ctx.actor(Shop, by).tell.report(null, what);
  }
  @Handle() async later(@Ctx() ctx: ActorContext, delay: string): Promise<void> {
    await ctx.actor(Audit, 'a').with({ delay }).tell.note(`later by ${ctx.self.key}`);
  }
}

describe('an idempotency key that two actors get', () => {
  it.each(['k', 'k'.repeat(300)])('is two keys, also for what they send to a third (P4, P5): %#', async (key) => {
    const world = new World();
    const node = await world.start([Audit, Shop]);
    for (const shop of ['a', 'b', 'a']) await node.ref(Shop, shop).with({ idempotencyKey: key }).ask.order();
    expect(await node.ref(Audit, 'a').ask.all()).toEqual(['asked by a', 'told by a', 'asked by b', 'told by b']);
    await world.end();
  });
});

describe('an idempotency key that goes on like the id of what another one caused', () => {
  it('is another message, also for a third that hears of both in one millisecond (P5)', async () => {
    const world = new World(new ManualClock());
    const node = await world.start([Audit, Shop]);
    await node.ref(Shop, 'a').with({ idempotencyKey: 'k' }).ask.report('b', 'by way of b');
    await node.ref(Shop, 'a').with({ idempotencyKey: 'k/0' }).ask.report(null, 'by a');
    await settle();
    expect((await node.ref(Audit, 'a').ask.all()).sort()).toEqual(['by a', 'by way of b']);
    await world.end();
  });
});

describe('an idempotency key that is used again after its window', () => {
  it('is another message, and so is what is sent for it, also while the first is remembered by its receiver (P5)', async () => {
    const clock = new ManualClock();
    const world = new World(clock);
    const node = await world.start([Audit, Shop]);
    const later = () => node.ref(Shop, 'a').with({ idempotencyKey: 'day' }).ask.later('12h');
    await later();
    await clock.advance('24h'); // the first was noted 12 hours ago
    await clock.advance('30m');
    await later();
    await clock.advance('12h');
    expect(await node.ref(Audit, 'a').ask.all()).toEqual(['later by a', 'later by a']);
    await world.end();
  });
});
