import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { StoreBusyError } from 'plexspaces/spi';
import { ManualClock } from 'plexspaces/testing';
import { Gate, failureOf, settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World } from '../durable/world';

let onActivate = (): void => undefined;

@Actor({ type: 'receiver' })
@UseFacets(durability(), virtualActor())
class Receiver {
  @State() taken: string[] = [];
  @Handle() take(what: string): number {
    return this.taken.push(what);
  }
}

@Actor({ type: 'regular' })
@UseFacets(durability())
class Regular {
  @State() taken: string[] = [];
  onActivate(): void {
    onActivate();
  }
  @Handle() take(what: string): number {
    return this.taken.push(what);
  }
  @Handle() all(): string[] {
    return this.taken;
  }
}

/** Locks that a handler holds while it asks. */
let [taken, released] = [0, 0];
let outside = new Gate();

@Actor({ type: 'asker' })
@UseFacets(durability(), virtualActor())
class Asker {
  @Handle() relay(@Ctx() ctx: ActorContext): Promise<number> {
    return ctx.actor(Receiver, 'r').ask.take('x');
  }

  @Handle() async holding(@Ctx() ctx: ActorContext): Promise<number> {
    taken++;
    try {
      return await ctx.actor(Receiver, 'r').ask.take('x');
    } finally {
      released++;
    }
  }

  /** The ask comes to nothing just before the effect that it waits for is over. */
  @Handle() async unaware(@Ctx() ctx: ActorContext): Promise<string> {
    void ctx.actor(Receiver, 'r').ask.take('x');
    return ctx.sideEffect('wait', async () => {
      await outside.pass();
      return 'through';
    });
  }
}

/** Writes that ten sends of one ask come to: but for the last, each is tried again by its receiver. */
const TEN_SENDS = 20;

/** Rejects what is written for the receiver, so often. */
function refuseReceiver(node: Node, times: number, refused: () => void = () => undefined): void {
  let count = 0;
  node.probe.onFlush = (writes, flush) => {
    if (!writes.some((write) => write.kind === 'append' && write.actor.includes('/receiver/')) || count >= times)
      return flush(writes);
    count++;
    refused();
    return Promise.reject(new StoreBusyError('memory', 1));
  };
}

describe('a store in trouble', () => {
  it('that is busy for a receiver is no outcome of the ask: it is sent again', async () => {
    const env = steadyClock();
    const world = new World(env);
    const node = await world.start([Asker, Receiver]);
    let busy = 2;
    node.probe.onFlush = (writes, flush) =>
      writes.some((write) => write.kind === 'append' && write.actor.includes('/receiver/')) && busy-- > 0
        ? Promise.reject(new StoreBusyError('memory', 1))
        : flush(writes);
    const answer = node.ref(Asker).ask.relay().then(String, String);
    await env.advance(60_000);
    await expect(answer).resolves.toBe('1');
    await world.end();
  });
});

describe('a store in trouble for longer than an ask is sent again', () => {
  it('is still no outcome of the ask: the asking turn fails, unrecorded, and is tried again (P6, P7)', async () => {
    const env = steadyClock();
    const world = new World(env);
    const node = await world.start([Asker, Receiver]);
    let refused = 0;
    node.probe.onFlush = (writes, flush) =>
      writes.some((write) => write.kind === 'append' && write.actor.includes('/receiver/')) && refused++ < 25
        ? Promise.reject(new StoreBusyError('memory', 1))
        : flush(writes);
    const answer = node.ref(Asker).ask.relay().then(String, String);
    await env.advance(600_000);
    await expect(answer).resolves.toMatch(/AskTimeout/); // nobody waits that long
    expect(refused).toBeGreaterThan(25);
    await expect(node.ref(Receiver, 'r').ask.take('y')).resolves.toBe(2); // it got there, once
    await world.end();
  });
});

describe('a turn whose ask came to nothing', () => {
  it('lets go of what its handler holds', async () => {
    const env = steadyClock();
    const world = new World(env);
    const node = await world.start([Asker, Receiver]);
    refuseReceiver(node, TEN_SENDS);
    taken = released = 0;
    const answer = node.ref(Asker).with({ timeout: '1h' }).ask.holding().then(String, String);
    await env.advance(600_000);
    await expect(answer).resolves.toBe('1');
    expect(taken).toBeGreaterThan(1); // the run that failed, and those after it
    expect(released).toBe(taken);
    await world.end();
  });

  it.each([0, 1, 5, 20, 60])(
    'does not commit without it, though an effect settles %i microtasks later (U5)',
    async (later) => {
      const env = steadyClock();
      const world = new World(env);
      const node = await world.start([Asker, Receiver]);
      outside = new Gate();
      let refusals = 0;
      refuseReceiver(node, TEN_SENDS, () => {
        if (++refusals < TEN_SENDS) return;
        void (async () => {
          for (let i = 0; i < later; i++) await undefined;
          outside.open();
        })();
      });
      const answer = node.ref(Asker).with({ timeout: '1h' }).ask.unaware().then(String, String);
      await env.advance(600_000);
      await expect(answer).resolves.toBe('through');
      await expect(node.ref(Receiver, 'r').ask.take('y')).resolves.toBe(2); // the ask has arrived, once
      await world.end();
    },
  );
});

describe('a tell that the store did not take', () => {
  it('takes none of the messages behind it along', async () => {
    const world = new World();
    const node = await world.start([Receiver]);
    const ref = node.ref(Receiver, 'r');
    await ref.ask.take('0');
    let busy = true;
    const hold = new Gate();
    node.probe.onFlush = async (writes, flush) => {
      if (!busy || !writes.some((write) => write.kind === 'accept')) return flush(writes);
      busy = false;
      await hold.pass();
      throw new StoreBusyError('memory', 1);
    };
    const told = failureOf(node.ref(Receiver, 'r').tell.take('x'));
    await hold.reached();
    const asked = node.ref(Receiver, 'r').ask.take('y').then(String, String);
    await settle(5);
    hold.open();
    await expect(told).resolves.toMatchObject({ code: 'PS_STORE_BUSY' });
    await expect(asked).resolves.toBe('2');
    await expect(ref.ask.take('z')).resolves.toBe(3);
    await world.end();
  });
});

describe('a wall clock that is put back', () => {
  it('while an actor is loaded does not delay a tell behind its successor', async () => {
    let back = 0;
    class Jumping extends ManualClock {
      override now(): number {
        return super.now() - back;
      }
    }
    const env = new Jumping();
    const world = new World(env);
    const node = await world.start([Regular]);
    await node.client(Regular).spawn('a');
    await node.close();
    const again = await world.start([Regular]);
    onActivate = () => void (back = 3_600_000);
    await again.ref(Regular).tell.take('first');
    await again.ref(Regular).tell.take('second');
    await expect(again.ref(Regular).ask.all()).resolves.toEqual(['first', 'second']);
    await world.end();
  });
});
