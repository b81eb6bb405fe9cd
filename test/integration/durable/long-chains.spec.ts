import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { World, ofKind } from './world';

@Actor({ type: 'poller' })
@UseFacets(durability(), virtualActor())
class Poller {
  @State() ticks = 0;
  @State() longest = 0;

  @Handle() async tick(left: number, @Ctx() ctx: ActorContext): Promise<void> {
    this.ticks++;
    this.longest = Math.max(this.longest, ctx.messageId.length);
    if (left > 1) await ctx.actor(Poller, ctx.self.key).tell.tick(left - 1);
  }
  @Handle({ readOnly: true }) look(): { ticks: number; longest: number } {
    return { ticks: this.ticks, longest: this.longest };
  }
}

describe('an actor that goes on telling itself', () => {
  const world = new World(new ManualClock());
  afterAll(() => world.end());

  it('sends messages whose ids do not grow with each, and are those of no other (P5, P12)', async () => {
    const node = await world.start([Poller]);
    const poller = node.ref(Poller);
    await poller.with({ idempotencyKey: 'first' }).tell.tick(2_000);
    for (let seen = 0; seen < 2_000; seen = (await poller.ask.look()).ticks) await new Promise(setImmediate);
    expect((await poller.ask.look()).longest).toBeLessThan(300);
    const received = ofKind(await poller.history.replayFrom(1), 'MessageReceived');
    expect(received).toHaveLength(2_000);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(2_000);
  });
});
