import type { Type } from '@nestjs/common';
import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, kinds } from './world';

/** How often the next messages fail. */
let stumbles = 0;

class Listener {
  @State() heard: string[] = [];

  @Handle() hear(what: string): number {
    if (stumbles-- > 0) throw new Error('stumbled');
    return this.heard.push(what);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.heard;
  }
}

@Actor({ type: 'plain-listener' })
@UseFacets(virtualActor())
class PlainListener extends Listener {}

@Actor({ type: 'durable-listener' })
@UseFacets(durability(), virtualActor())
class DurableListener extends Listener {}

@Actor({ type: 'busy-listener', mailbox: { maxMessages: 5 } })
@UseFacets(durability(), virtualActor())
class BusyListener extends Listener {}

@Actor({ type: 'plain-child' })
class PlainChild extends Listener {}

@Actor({ type: 'durable-child' })
@UseFacets(durability())
class DurableChild extends Listener {}

class Speaker {
  @Handle() async say(@Ctx() ctx: ActorContext, durably: boolean, ...what: string[]): Promise<void> {
    for (const each of what) await ctx.actor(listener(durably), 'a').tell.hear(each);
  }
  @Handle() async shout(@Ctx() ctx: ActorContext, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await ctx.actor(BusyListener, 'a').tell.hear(String(i));
  }
  @Handle() async sayLater(@Ctx() ctx: ActorContext, durably: boolean, what: string): Promise<void> {
    await ctx.actor(listener(durably), 'a').with({ delay: '1h' }).tell.hear(what);
  }
  @Handle() async sayTo(@Ctx() ctx: ActorContext, key: string, what: string): Promise<void> {
    await ctx.actor(DurableChild, key).tell.hear(what);
  }
  @Handle() async ask(@Ctx() ctx: ActorContext, durably: boolean, what: string): Promise<number> {
    return ctx.actor(listener(durably), 'a').ask.hear(what);
  }
  @Handle() async raise(@Ctx() ctx: ActorContext, durably: boolean, key: string): Promise<void> {
    const child = durably ? ctx.spawn(DurableChild, key) : ctx.spawn(PlainChild, key);
    await child.tell.hear('born');
  }
}

@Actor({ type: 'plain-speaker' })
@UseFacets(virtualActor())
class PlainSpeaker extends Speaker {}

@Actor({ type: 'durable-speaker' })
@UseFacets(durability(), virtualActor())
class DurableSpeaker extends Speaker {}

function listener(durably: boolean): Type<Listener> {
  return durably ? DurableListener : PlainListener;
}

const ACTORS = [PlainListener, DurableListener, BusyListener, PlainChild, DurableChild, PlainSpeaker, DurableSpeaker];

describe('what a turn sends, whether sender and receiver keep a journal or not', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
  });
  afterEach(() => world.end());

  const start = (): Promise<Node> => world.start(ACTORS);
  const pairs = [
    [PlainSpeaker, false],
    [PlainSpeaker, true],
    [DurableSpeaker, false],
    [DurableSpeaker, true],
  ] as const;

  describe.each(pairs)('%p to one that is durable: %p', (speaker, durably) => {
    const heard = async (node: Node): Promise<string[]> => {
      await settle();
      return node.ref(listener(durably)).ask.all();
    };

    it('arrives once and in order, turn by turn', async () => {
      const node = await start();
      for (const i of [1, 2, 3]) await node.ref(speaker).ask.say(durably, `${i}.1`, `${i}.2`);
      expect(await heard(node)).toEqual(['1.1', '1.2', '2.1', '2.2', '3.1', '3.2']);
      expect(node.log.errors).toEqual([]);
    });

    it('is not overtaken by an ask of a later turn', async () => {
      const node = await start();
      const ref = node.ref(speaker);
      const [, count] = await Promise.all([ref.ask.say(durably, 'told', 'too'), ref.ask.ask(durably, 'asked')]);
      expect(count).toBe(3);
      expect(await heard(node)).toEqual(['told', 'too', 'asked']);
    });

    it('arrives when its delay is over', async () => {
      const node = await start();
      await node.ref(speaker).ask.sayLater(durably, 'later');
      expect(await heard(node)).toEqual([]);
      await env.advance('1h');
      await until(async () => (await heard(node)).length > 0);
      expect(await heard(node)).toEqual(['later']);
    });

    it('brings a new actor to life, and what it is told behind that', async () => {
      const node = await start();
      await node.ref(speaker).ask.raise(durably, 'c');
      await settle();
      expect(await node.ref(durably ? DurableChild : PlainChild, 'c').ask.hear('alive')).toBe(2);
    });
  });

  it('survives the process once a durable receiver has accepted it, from a plain sender too', async () => {
    const first = await start();
    await first.ref(PlainSpeaker).ask.sayLater(true, 'later');
    await settle();
    first.crash();
    const second = await start();
    await env.advance('1h');
    await until(async () => (await second.ref(DurableListener).ask.all()).length > 0);
    expect(await second.ref(DurableListener).ask.all()).toEqual(['later']);
  });

  it('is refused aloud where a durable receiver has no room for what a plain sender tells it', async () => {
    const node = await start();
    await node.ref(BusyListener).ask.hear('first');
    await node.ref(PlainSpeaker).ask.shout(9);
    await settle();
    const heard = await node.ref(BusyListener).ask.all();
    const lost = node.log.errors.filter((line) => line.includes('is lost'));
    expect(lost.length).toBeGreaterThan(0);
    expect(heard).toHaveLength(1 + 9 - lost.length);
  });

  it.each(['an actor', 'a client'])(
    'is accepted when its delay is over by a receiver that is durable by then: from %s',
    async (who) => {
      const first = await start();
      await first.ref(PlainListener).ask.hear('0');
      if (who === 'an actor') await first.ref(PlainSpeaker).ask.sayLater(false, 'later');
      else await first.ref(PlainListener).with({ delay: '1h' }).tell.hear('later');
      await first.ref(PlainListener).facets.attach('durability');
      stumbles = 1;
      await env.advance('1h');
      await settle();
      await env.advance('1s');
      await settle();
      expect(await first.ref(PlainListener).ask.all()).toEqual(['0', 'later']);
      const entries = await first.ref(PlainListener).history.entries();
      expect(entries.filter(({ kind }) => kind === 'MessageReceived')).toHaveLength(2); // the attachment and this one
      first.crash();
      const second = await start();
      expect(await second.ref(PlainListener).ask.all()).toEqual(['0', 'later']);
    },
  );

  it('is parked where a durable receiver was never created', async () => {
    const node = await start();
    await node.ref(PlainSpeaker).ask.sayTo('nobody', 'x');
    await settle();
    await env.advance('1s');
    await settle();
    const entries = await node.ref(DurableChild, 'nobody').history.entries();
    expect(kinds(entries)).toEqual(['MessageParked']);
  });
});
