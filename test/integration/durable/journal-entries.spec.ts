import {
  Actor,
  type ActorContext,
  Ctx,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  UseFacets,
  describeEntry,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { World, kinds, ofKind } from './world';

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** The same class twice, with the facet and without it. */
class Tally {
  @State() value = 0;
  @State() name = '';

  @Handle()
  async add(by: number): Promise<number> {
    this.value += by * (await this.rate(by));
    return this.value;
  }

  @Handle()
  rename(name: string): void {
    this.name = name;
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }

  @SideEffect()
  protected async rate(_by: number): Promise<number> {
    return 2;
  }
}

@Actor({ type: 'tally' })
@UseFacets(durability(), virtualActor())
class DurableTally extends Tally {}

@Actor({ type: 'plain-tally' })
@UseFacets(virtualActor())
class PlainTally extends Tally {}

@Actor({ type: 'relay' })
@UseFacets(durability(), virtualActor())
class Relay {
  @State() count = 0;

  @Handle()
  async pass(@Ctx() ctx: ActorContext, by: number): Promise<void> {
    this.count++;
    await ctx.actor(DurableTally, 'a').tell.rename(`renamed ${by}`);
    await ctx.actor(DurableTally, 'a').with({ delay: '1h' }).tell.rename('later');
  }
}

describe('the journal of a durable actor', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.end());

  it('[JR05] [JR07] [JR08] every entry has id, actor, sequence, time, correlation id, kind and data; ids are ULIDs in order', async () => {
    const node = await world.start([DurableTally]);
    const tally = node.ref(DurableTally);
    await tally.ask.add(1);
    await tally.ask.rename('x');
    const entries = await tally.history.entries();
    expect(kinds(entries)).toEqual([
      'ActivationStarted',
      'MessageReceived',
      'SideEffectExecuted',
      'StateChanged',
      'MessageProcessed',
      'MessageReceived',
      'StateChanged',
      'MessageProcessed',
    ]);
    for (const entry of entries) {
      expect(entry.id).toMatch(ULID);
      expect(entry.actor).toBe('default/default/tally/a');
      expect(entry.time).toBeGreaterThan(0);
      expect(entry.correlationId).not.toBe('');
      const described = describeEntry(entry);
      expect(described).toMatchObject({ seq: entry.seq, kind: entry.kind });
    }
    expect(entries.map(({ id }) => id)).toEqual([...entries.map(({ id }) => id)].sort());
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  });

  it('[JR06] MessageReceived keeps message id, sender, type, payload and metadata as they were sent', async () => {
    const node = await world.start([DurableTally, Relay]);
    const tally = node.ref(DurableTally);
    await tally
      .with({ idempotencyKey: 'k1', headers: { lang: 'de' }, principal: 'ann', correlationId: 'corr-1' })
      .ask.rename('Zoë \u0000 ✓');
    const [received] = ofKind(await tally.history.entries(), 'MessageReceived');
    expect(received).toMatchObject({
      sender: '',
      method: 'rename',
      headers: { lang: 'de' },
      principal: 'ann',
      correlationId: 'corr-1',
    });
    expect(received!.messageId).toContain('k1');
    expect(describeEntry(received!)).toMatchObject({ payload: ['Zoë \u0000 ✓'] });
  });

  it('[JR06] [JR29] a message of an actor names it as sender, the causing message, and shares the correlation id', async () => {
    const node = await world.start([DurableTally, Relay]);
    const relay = node.ref(Relay);
    await relay.with({ correlationId: 'trip-7' }).ask.pass(1);
    const tally = node.ref(DurableTally);
    await tally.ask.add(0);
    const sent = ofKind(await relay.history.entries(), 'MessageSent');
    const arrived = ofKind(await tally.history.entries(), 'MessageReceived');
    const cause = ofKind(await relay.history.entries(), 'MessageReceived')[0]!.messageId;
    expect(sent.map(({ method, receiver }) => ({ method, receiver }))).toEqual([
      { method: 'rename', receiver: 'default/default/tally/a' },
      { method: 'rename', receiver: 'default/default/tally/a' },
    ]);
    expect(sent.map(({ messageId }) => messageId)).toEqual([`${cause}/0`, `${cause}/1`]);
    expect(arrived[0]).toMatchObject({
      sender: 'default/default/relay/a',
      causationId: cause,
      messageId: `${cause}/0`,
    });
    const all = [...(await relay.history.entries()), ...(await tally.history.entries()).slice(0, 4)];
    expect(new Set(all.map(({ correlationId }) => correlationId))).toEqual(new Set(['trip-7']));
  });

  it('[JR29] entries of one request share its correlation id, those of two requests do not', async () => {
    const node = await world.start([DurableTally]);
    const tally = node.ref(DurableTally);
    await tally.ask.add(1);
    await tally.ask.add(2);
    const entries = await tally.history.entries();
    const first = new Set(entries.slice(1, 5).map(({ correlationId }) => correlationId));
    const second = new Set(entries.slice(5).map(({ correlationId }) => correlationId));
    expect([first.size, second.size]).toEqual([1, 1]);
    expect(first).not.toEqual(second);
  });

  it('[JR11] [FI-DU09] a script of messages is in the journal message by message, effect by effect, without a gap', async () => {
    const node = await world.start([DurableTally]);
    const tally = node.ref(DurableTally);
    for (let i = 1; i <= 20; i++) await (i % 2 === 0 ? tally.ask.add(i) : tally.tell.rename(`n${i}`));
    await tally.ask.add(0);
    const entries = await tally.history.entries();
    expect(ofKind(entries, 'MessageReceived')).toHaveLength(21);
    expect(ofKind(entries, 'MessageProcessed')).toHaveLength(21);
    expect(ofKind(entries, 'SideEffectExecuted')).toHaveLength(11);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  });

  it('[JR13] there is one entry per side effect, with its result', async () => {
    const node = await world.start([DurableTally]);
    const tally = node.ref(DurableTally);
    await tally.ask.add(3);
    const [effect] = ofKind(await tally.history.entries(), 'SideEffectExecuted');
    expect(effect).toMatchObject({ scope: 'handler', ordinal: 0, name: 'rate', error: null, attempts: 1 });
    expect(describeEntry(effect!)).toMatchObject({ result: 2 });
  });

  it('[JR12] the state folded from the journal alone is the live state', async () => {
    const node = await world.start([DurableTally]);
    const tally = node.ref(DurableTally);
    for (let i = 0; i < 10; i++) await tally.ask.add(i);
    await tally.ask.rename('end');
    expect(await world.journal.stateAt(tally.id, { seq: Number.MAX_SAFE_INTEGER })).toEqual({ value: 90, name: 'end' });
    expect(await tally.ask.current()).toBe(90);
  });

  it('[JR14] a run and a restart append: entries that were there stay byte by byte', async () => {
    const actor = 'default/default/tally/a';
    const bytes = async (): Promise<Buffer[]> => {
      const all: Buffer[] = [];
      for await (const page of world.storage.journal.read(actor, 0))
        for (const entry of page) all.push(Buffer.from(entry.bytes));
      return all;
    };
    const first = await world.start([DurableTally]);
    await first.ref(DurableTally).ask.add(1);
    const before = await bytes();
    await first.ref(DurableTally).ask.add(2);
    const between = await bytes();
    await first.close();
    const second = await world.start([DurableTally]);
    await second.ref(DurableTally).ask.add(3);
    const after = await bytes();
    expect(between.slice(0, before.length)).toEqual(before);
    expect(after.slice(0, between.length)).toEqual(between);
    expect(after.length).toBeGreaterThan(between.length);
  });

  it('[JR28] sequences are per actor, dense from 1, however the actors interleave', async () => {
    const node = await world.start([DurableTally]);
    const actors = ['a', 'b', 'c'].map((key) => node.ref(DurableTally, key));
    await Promise.all(Array.from({ length: 30 }, (_, i) => actors[i % 3]!.ask.add(1)));
    for (const actor of actors) {
      const seqs = (await actor.history.entries()).map(({ seq }) => seq);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(seqs.length).toBe(1 + 10 * 4);
    }
  });

  it('[JR30] [FI-DU16] the same class runs with the facet and without it; without it nothing of it is stored', async () => {
    const node = await world.start([DurableTally, PlainTally]);
    expect(await node.ref(DurableTally).ask.add(1)).toBe(await node.ref(PlainTally).ask.add(1));
    await node.ref(PlainTally).tell.rename('x');
    expect(await node.ref(PlainTally).ask.current()).toBe(2);
    expect(await node.ref(PlainTally).history.entries()).toEqual([]);
    expect(await world.storage.journal.actors('', '', 10)).toEqual(['default/default/tally/a']);
    expect(await world.storage.inbox.pending('default/default/plain-tally/a')).toEqual([]);
  });

  it('[JR09] handler and facet can tell a re-run from a first run, and see which effects came from the record', async () => {
    const seen: unknown[] = [];
    let failures = 1;

    @Facet({ name: 'looker', priority: 200, category: 'domain', onReplay: 'run' })
    class Looker {
      onMessage(turn: FacetTurn): void {
        seen.push(['facet', turn.isReplay]);
      }
    }

    @Actor({ type: 'watched' })
    @UseFacets(facet('looker'), durability(), virtualActor())
    class Watched {
      @State() value = 0;
      @Handle({ retry: { maxAttempts: 3, initialDelay: 0 } })
      async run(@Ctx() ctx: ActorContext): Promise<number> {
        seen.push(['handler', ctx.isReplay]);
        this.value = await ctx.sideEffect('first', () => 1);
        this.value += await ctx.sideEffect('second', () => 1);
        seen.push([ctx.isReplay, ctx.sideEffects.map(({ name, fromRecord }) => `${name} ${fromRecord}`)]);
        if (failures-- > 0) throw new Error('once');
        return this.value;
      }
    }

    const node = await world.start([Watched], { providers: [Looker] });
    expect(await node.ref(Watched).ask.run()).toBe(2);
    expect(seen).toEqual([
      ['facet', false],
      ['handler', false],
      [false, ['first false', 'second false']],
      ['facet', true],
      ['handler', true],
      [false, ['first true', 'second true']],
    ]);
  });
});
