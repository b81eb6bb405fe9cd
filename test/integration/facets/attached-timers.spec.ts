import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { ReminderFacet, reminders } from 'plexspaces/facets/reminder';
import { TimerFacet, timers } from 'plexspaces/facets/timer';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';

// Timers and reminders of an actor whose class knows nothing of them: the facets are attached at run time.

@Actor({ type: 'bare' })
@UseFacets(durability(), virtualActor({ idleTimeout: '5m' }))
class Bare {
  @State() count = 0;
  @Handle() timer(@Ctx() ctx: ActorContext): void {
    timers<Bare>(ctx).schedulePeriodic('t', '1m', 'run');
  }
  @Handle() reminder(@Ctx() ctx: ActorContext): void {
    reminders<Bare>(ctx).register('r', '1m', 'run');
  }
  @Handle() run(): void {
    this.count++;
  }
  @Handle({ readOnly: true }) read(): number {
    return this.count;
  }
}

let app: TestApp;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  app = await ActorTestingModule.create({ actors: [Bare], providers: [ReminderFacet, TimerFacet], clock }).start();
});
afterEach(() => app.close());

it.each(['timer', 'reminder'] as const)(
  '[FC05] a %s that is attached, detached and attached again verifies',
  async (name) => {
    const ref = app.ref(Bare, 'b');
    for (const expected of [2, 4]) {
      await ref.facets.attach(name, { priority: 300, config: {} });
      await ref.ask[name]();
      await clock.advance('2m');
      expect(await ref.ask.read()).toBe(expected);
      await ref.facets.detach(name);
      await clock.advance('2m');
      expect(await ref.ask.read()).toBe(expected);
    }
    expect(await ref.history.verify()).toMatchObject({ turns: 8, divergences: [] });
    expect(await app.storage.inbox.pending(ref.actorId)).toEqual([]);
  },
);
