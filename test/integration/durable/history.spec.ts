import { createHash } from 'node:crypto';
import type { Type } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  StateMap,
  UseFacets,
  actorContext,
  durability,
  virtualActor,
} from 'plexspaces';
import { steadyClock } from './steady-clock';
import { World, ofKind } from './world';

interface Shop {
  sell(item: string, count: number): Promise<number>;
  refuse(): void;
  note(text: string): void;
  total(): number;
}

/** `mutation` is what a later version of the handler does differently. */
function shop(mutation: 'none' | 'state' | 'answer' | 'effect' | 'send' | 'throws' = 'none'): Type<Shop> {
  @Actor({ type: 'shop' })
  @UseFacets(durability({ checkpointEvery: 7 }), virtualActor())
  class DurableShop implements Shop {
    @State() sold = 0;
    @State() byItem = new StateMap<string, number>();
    @State() ids: string[] = [];

    @Handle() async sell(item: string, count: number): Promise<number> {
      const ctx = actorContext();
      const price = mutation === 'effect' ? await this.priceOf(`${item}!`) : await this.priceOf(item);
      this.sold += price * count + (mutation === 'state' ? 1 : 0);
      this.byItem.set(item, (this.byItem.get(item) ?? 0) + count);
      this.ids.push(`${ctx.uuid()} ${ctx.random()} ${ctx.now()}`);
      if (count > 2 && mutation !== 'send') await ctx.actor(DurableShop, 'head-office').tell.note(`${item} ${count}`);
      if (mutation === 'throws') throw new Error('changed my mind');
      return this.sold + (mutation === 'answer' ? 1 : 0);
    }
    @Handle() note(text: string): void {
      this.ids.push(text);
    }
    @Handle() refuse(): void {
      this.sold = -1;
      throw Object.assign(new Error('closed'), { name: 'TerminalError' });
    }
    @Handle({ readOnly: true }) total(): number {
      return this.sold;
    }
    @SideEffect() protected async priceOf(item: string): Promise<number> {
      return item.length;
    }
  }
  return DurableShop;
}

const plain = (state: Record<string, unknown>): string =>
  JSON.stringify(state, (_, value: unknown) => (value instanceof Map ? [...value] : value));

describe('the history of an actor', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.end());

  async function script(cls: Type<Shop>) {
    const node = await world.start([cls]);
    const ref = node.ref(cls);
    const live = new Map<number, string>([[0, '{}']]);
    for (let i = 0; i < 20; i++) {
      if (i % 5 === 4) await ref.ask.refuse().catch(() => undefined);
      else await ref.ask.sell(`item${i % 3}`, (i % 4) + 1);
      const entries = await ref.history.entries();
      live.set(entries.length, plain(await world.journal.stateAt(ref.id, { seq: entries.length })));
      expect((JSON.parse(live.get(entries.length)!) as { sold: number }).sold).toBe(await ref.ask.total());
    }
    return { node, ref, live };
  }

  it('[FI-DU12] [FI-DU14] [JR24] stateAt for every entry is what was recorded live there, and disturbs nobody', async () => {
    const { node, ref, live } = await script(shop());
    const { activationCount, state } = await ref.info();
    const entries = await ref.history.entries();
    let expected = '{}';
    for (let seq = 0; seq <= entries.length; seq++) {
      expected = live.get(seq) ?? expected;
      expect([seq, plain(await ref.history.stateAt({ seq }))]).toEqual([seq, expected]);
    }
    expect(plain(await ref.history.stateAt({ seq: entries.length + 1000 }))).toBe(expected);
    expect(await ref.info()).toMatchObject({ activationCount, state });
    expect(await ref.history.entries()).toEqual(entries);
    expect(await ref.ask.total()).toBe((JSON.parse(expected) as { sold: number }).sold);
    await node.close();
    const later = await world.start([shop()]);
    const head = world.storage.tables.actors.get(ref.actorId)!.head;
    for (let seq = 0; seq <= entries.length; seq++) await world.journal.stateAt(ref.id, { seq });
    expect(world.storage.tables.actors.get(ref.actorId)!.head).toEqual(head);
    await later.close();
  });

  it('[FI-DU14] stateAt by time', async () => {
    const env = steadyClock();
    const cls = shop();
    const node = await world.start([cls], { env });
    const times: number[] = [];
    for (let i = 1; i <= 5; i++) {
      await node.ref(cls).ask.sell('x', 1);
      times.push(env.now());
      await env.advance(1_000);
    }
    for (let i = 0; i < 5; i++) {
      expect(await node.ref(cls).history.stateAt({ time: times[i]! + 500 })).toMatchObject({ sold: i + 1 });
    }
    expect(await node.ref(cls).history.stateAt({ time: times[0]! - 1 })).toEqual({});
  });

  it('[JR23] replaying one journal twice gives the same state, to the byte', async () => {
    const { ref } = await script(shop());
    const hash = async (): Promise<string> =>
      createHash('sha256')
        .update(plain(await world.journal.stateAt(ref.id, { seq: Infinity })))
        .digest('hex');
    expect(await hash()).toBe(await hash());
    const before = await hash();
    world.storage.tables.checkpoints.clear();
    expect(await hash()).toBe(before);
  });

  it('[JR23] verify is clean on the code that wrote the history, and starts no effect', async () => {
    const { ref, node } = await script(shop());
    const appends = node.probe.appends.length;
    expect(await ref.history.verify()).toEqual({ ok: true, turns: 20, unverifiable: 0, divergences: [] });
    expect(node.probe.appends.length).toBe(appends);
  });

  it.each(['state', 'answer', 'effect', 'send', 'throws'] as const)(
    '[JR23] verify names a changed %s, and harms nothing',
    async (mutation) => {
      const { ref, node } = await script(shop());
      const entries = await ref.history.entries();
      await node.close();
      const changed = shop(mutation);
      const later = await world.start([changed]);
      const { ok, turns, divergences } = await later.ref(changed).history.verify();
      expect([ok, turns]).toEqual([false, 20]);
      expect(divergences).toHaveLength(mutation === 'send' ? 8 : 16);
      const [first] = divergences;
      expect(first).toMatchObject({ method: 'sell', messageId: expect.any(String) as string });
      expect(first!.expected).not.toBe(first!.got);
      const received = ofKind(entries, 'MessageReceived').find(({ seq }) => seq === first!.seq);
      expect(received?.messageId).toBe(first!.messageId);
      const total = await later.ref(changed).ask.total();
      expect(total).toBe((await later.ref(changed).history.stateAt({ seq: entries.length }))['sold']);
      expect(await later.ref(changed).history.entries()).toEqual(entries);
    },
  );

  it('verify tells a handler that is gone', async () => {
    const { ref, node } = await script(shop());
    await node.close();
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class Bare {
      @State() sold = 0;
      @Handle() refuse(@Ctx() _: ActorContext): void {
        throw Object.assign(new Error('closed'), { name: 'TerminalError' });
      }
    }
    const later = await world.start([Bare]);
    const { divergences } = await later.ref(Bare).history.verify();
    expect(divergences).toHaveLength(16);
    expect(divergences[0]!.expected).toContain('sell');
    expect(ref.actorId).toBe(later.ref(Bare).actorId);
  });
});
