import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import { type Outcome, StoreFailedError, type Write } from 'plexspaces/spi';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, ofKind } from './world';

const started: string[] = [];

@Actor({ type: 'sink' })
@UseFacets(durability(), virtualActor())
class Sink {
  @State() got: string[] = [];
  @Handle() take(what: string): void {
    this.got.push(what);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.got;
  }
}

@Actor({ type: 'list' })
@UseFacets(durability(), virtualActor())
class List {
  @State() items: string[] = [];

  @Handle() add(item: string): string[] {
    started.push(item);
    this.items.push(item);
    return this.items;
  }
  @Handle() async addAndTell(@Ctx() ctx: ActorContext, item: string): Promise<void> {
    started.push(item);
    this.items.push(item);
    await ctx.actor(Sink, 'a').tell.take(item);
  }
  @Handle() async addByEffect(item: string): Promise<string[]> {
    started.push(item);
    this.items.push(await this.effect(item));
    return this.items;
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.items;
  }
  @SideEffect() protected async effect(item: string): Promise<string> {
    started.push(`effect ${item} ${currentEffect().idempotencyKey}`);
    return item.toUpperCase();
  }
}

const ACTOR = 'default/default/list/a';
const isOf = (write: Write): boolean => write.kind === 'append' && write.actor === ACTOR;

describe('turns while a commit is in flight', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    started.length = 0;
  });
  afterEach(() => world.end());

  async function warm(): Promise<Node> {
    const node = await world.start([List, Sink]);
    await node.ref(List).ask.add('0');
    started.length = 0;
    return node;
  }

  /** Holds every flush until the gate opens; then `verdict` may put an outcome of its own in place of the n-th write of the list. */
  function hold(node: Node, verdict: (n: number, write: Write) => Outcome | null = () => null): Gate {
    const gate = new Gate();
    let count = 0;
    node.probe.onFlush = async (writes, flush) => {
      await gate.pass();
      const verdicts = writes.map((write) => (isOf(write) ? verdict(++count, write) : null));
      const stored = await flush(writes.filter((_, i) => verdicts[i] === null));
      let next = 0;
      return verdicts.map((outcome) => outcome ?? (stored[next++] as Outcome));
    };
    return gate;
  }

  it('the next turns start on the state before them, which is not durable yet; their answers leave in order', async () => {
    const node = await warm();
    const gate = hold(node);
    const answers: string[][] = [];
    const asked = ['1', '2', '3'].map((item) =>
      node
        .ref(List)
        .ask.add(item)
        .then((all) => answers.push(all)),
    );
    await gate.reached();
    await settle();
    expect([started, answers]).toEqual([['1', '2', '3'], []]);
    gate.open();
    await Promise.all(asked);
    expect(answers).toEqual([
      ['0', '1'],
      ['0', '1', '2'],
      ['0', '1', '2', '3'],
    ]);
  });

  it('nothing of the next turn leaves before both are durable: no effect, no send', async () => {
    const node = await warm();
    const gate = hold(node);
    const first = node.ref(List).ask.add('1');
    await gate.reached(1);
    const second = node.ref(List).ask.addByEffect('2');
    const third = node.ref(List, 'b').ask.addAndTell('3');
    await settle();
    expect(started).toEqual(['1', '2', '3']);
    gate.release();
    expect(await first).toEqual(['0', '1']);
    await gate.reached(2);
    await settle();
    expect(started).toEqual(['1', '2', '3']);
    expect(await node.ref(Sink).ask.all()).toEqual([]);
    gate.open();
    expect(await second).toEqual(['0', '1', '2'.toUpperCase()]);
    await third;
  });

  it('a refused commit undoes the turns since, which run again in their order; nobody else notices', async () => {
    const node = await warm();
    const gate = hold(node, (n) => (n === 1 ? { kind: 'failed', reason: 'row too wide' } : null));
    const first = failureOf(node.ref(List).ask.add('1'));
    const second = node.ref(List).ask.addAndTell('2');
    const third = node.ref(List).ask.add('3');
    const other = node.ref(List, 'b').ask.add('x');
    await gate.reached();
    await settle();
    gate.open();
    expect(await first).toMatchObject({ code: 'PS_STORE_FAILED' });
    await second;
    expect(await third).toEqual(['0', '2', '3']);
    expect(await other).toEqual(['x']);
    expect(started.filter((item) => item !== 'x')).toEqual(['1', '2', '3', '2', '3']);
    await settle();
    expect(await node.ref(Sink).ask.all()).toEqual(['2']);
    const seqs = (await node.ref(List).history.entries()).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  it('a refused tell stays accepted: it runs again ahead of later ones, never lost and never overtaken', async () => {
    const node = await warm();
    const ref = node.ref(List);
    let refused = 0;
    node.probe.onFlush = async (writes, flush) => {
      const refusing = writes.map(
        (write) => isOf(write) && write.kind === 'append' && write.entries.length > 0 && refused++ === 0,
      );
      const stored = await flush(writes.filter((_, i) => !refusing[i]));
      let next = 0;
      return refusing.map((is) => (is ? { kind: 'failed', reason: 'row too wide' } : (stored[next++] as Outcome)));
    };
    await Promise.all([ref.tell.add('1'), ref.tell.add('2'), ref.tell.add('3')]);
    for (let i = 0; i < 5; i++) await env.advance(10_000);
    expect(await ref.ask.all()).toEqual(['0', '1', '2', '3']);
  });

  it('a commit refused after the message has records does not leave a journal that cannot be read', async () => {
    const node = await warm();
    const ref = node.ref(List);
    let appends = 0;
    node.probe.onFlush = async (writes, flush) => {
      if (writes.some(isOf) && ++appends === 2) return writes.map(() => ({ kind: 'failed', reason: 'row too wide' }));
      return flush(writes);
    };
    const outcome = ref
      .with({ idempotencyKey: 'k' })
      .ask.addByEffect('1')
      .catch((error: unknown) => error);
    await settle();
    const next = ref.ask.add('2').catch((error: unknown) => error);
    for (let i = 0; i < 5; i++) await env.advance(10_000);
    await Promise.all([outcome, next]);
    expect(await ref.with({ idempotencyKey: 'k' }).ask.addByEffect('1')).toContain('1');
    await node.close();
    const later = await world.start([List, Sink]);
    expect(await later.ref(List).ask.all()).toContain('1');
    expect(new Set(started.filter((item) => item.startsWith('effect 1'))).size).toBe(1);
    const entries = await later.ref(List).history.entries();
    expect(ofKind(entries, 'MessageReceived').length).toBe(ofKind(entries, 'MessageProcessed').length);
  });

  it.each([
    ['was lost on its way to the store', false],
    ['was stored, and only the answer was lost', true],
  ])('a flush that rejects is read back: it %s', async (_, arrives) => {
    const node = await warm();
    let broken = true;
    node.probe.onFlush = async (writes, flush) => {
      if (!broken) return flush(writes);
      broken = false;
      if (arrives) await flush(writes);
      throw new StoreFailedError('memory', 'connection reset');
    };
    const outcomes = Promise.allSettled(
      ['1', '2'].map((item) => node.ref(List).with({ idempotencyKey: item }).ask.add(item)),
    );
    for (let i = 0; i < 5; i++) await env.advance(1_000);
    const statuses = (await outcomes).map(({ status }) => status);
    if (arrives) expect(statuses).toEqual(['fulfilled', 'fulfilled']);
    const final: string[][] = [];
    for (const item of ['1', '2']) final.push(await node.ref(List).with({ idempotencyKey: item }).ask.add(item));
    expect((await node.ref(List).ask.all()).slice().sort()).toEqual(['0', '1', '2']);
    const seqs = (await node.ref(List).history.entries()).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  });

  it('a write that arrives twice is stored once', async () => {
    const node = await warm();
    node.probe.onFlush = async (writes, flush) => {
      const outcomes = await flush(writes);
      await flush(writes);
      return outcomes;
    };
    await node.ref(List).ask.add('1');
    await node.ref(List).ask.addAndTell('2');
    expect(await node.ref(List).ask.add('3')).toEqual(['0', '1', '2', '3']);
    await settle();
    expect(await node.ref(Sink).ask.all()).toEqual(['2']);
  });

  it('an activation that lost its journal to another is dropped, answers nobody with what was not stored, and comes back', async () => {
    const node = await warm();
    const other = await world.start([List, Sink]);
    expect(await other.ref(List).ask.add('theirs')).toEqual(['0', 'theirs']);
    const failure = failureOf(node.ref(List).ask.add('mine'));
    expect(await failure).toMatchObject({ code: 'PS_VERSION_CONFLICT', retryable: true });
    expect(await node.ref(List).ask.add('again')).toEqual(['0', 'theirs', 'again']);
    const epochs = ofKind(await node.ref(List).history.entries(), 'ActivationStarted').map(({ epoch }) => epoch);
    expect(epochs).toEqual([1, 2, 3]);
  });

  it('a store that fails for good loses nothing accepted: the actor fails by name and resumes when the store is back', async () => {
    const node = await warm();
    let isDown = false;
    const { onFlush } = node.probe;
    node.probe.onFlush = (writes, flush) =>
      isDown ? Promise.reject(new StoreFailedError('memory', 'down')) : onFlush(writes, flush);
    await node.ref(List).tell.add('1');
    await settle();
    isDown = true;
    const failure = failureOf(node.ref(List).ask.add('2'));
    for (let i = 0; i < 10; i++) await env.advance(1_000);
    expect((await failure).code).toMatch(/^PS_(STORE_FAILED|VERSION_CONFLICT)$/);
    isDown = false;
    await until(
      async () =>
        (
          await node
            .ref(List)
            .ask.add('3')
            .catch(() => [])
        ).length > 0,
    );
    expect(await node.ref(List).ask.all()).toEqual(['0', '1', '3']);
  });
});
