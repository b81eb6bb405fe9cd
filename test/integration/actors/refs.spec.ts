import { inspect } from 'node:util';
import {
  Actor,
  type ActorClient,
  type ActorContext,
  type ActorRef,
  ActorTerminatedError,
  Ctx,
  Facet,
  type FacetMessage,
  type FacetTurn,
  Handle,
  NoActorContextError,
  State,
  UnknownActorTypeError,
  UnknownMethodError,
  UseFacets,
  actorContext,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, KINDS, PLAIN, actorOf, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gates: Record<string, Gate> = {};
beforeEach(() => {
  gates = { a: new Gate(), b: new Gate() };
});

class Counter {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() async hold(): Promise<string> {
    const { key } = actorContext().self;
    await gates[key]!.pass();
    this.value++;
    return `from ${key}`;
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
  @Handle({ readOnly: true }) async holdRead(name: string): Promise<string> {
    await gates[name]!.pass();
    return name;
  }
  @Handle({ name: 'renamed' }) original(): string {
    return 'it is me';
  }
  @Handle() describe(@Ctx() ctx: ActorContext): Record<string, unknown> {
    const { messageId, correlationId, causationId, principal, headers, sender } = ctx;
    return { messageId, correlationId, causationId, principal, headers, sender };
  }
  notAMessage(): void {
    this.value = -1;
  }
}

/** As JavaScript that knows no types would use it. */
const untyped = (port: object): Record<string, (...args: unknown[]) => Promise<unknown>> => port as never;

describe.each(KINDS)('refs to $name', (kind) => {
  async function open() {
    const cls = kind.virtual(Counter);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    return { app, counters: app.client(cls) };
  }

  it('[AX23] tell resolves before its handler ends', async () => {
    const { counters } = await open();
    const ref = counters.ref('a');
    await ref.tell.hold();
    await gates['a']!.reached;
    const read = await counters.ref('a').ask.current();
    expect(read).toBe(0);
    gates['a']!.open();
    expect(await ref.ask.current()).toBe(1);
  });

  it('[AX24] ask gives the handler’s answer', async () => {
    const { counters } = await open();
    expect(await counters.ref('a').ask.add(5)).toBe(5);
    expect(await untyped(counters.ref('a').ask)['renamed']!()).toBe('it is me');
  });

  it('[AX22] answers that come in reverse order reach who asked for them', async () => {
    const { counters } = await open();
    const order: string[] = [];
    const asks = ['a', 'b'].map((key) =>
      counters
        .ref(key)
        .ask.hold()
        .then((answer) => {
          order.push(answer);
          return answer;
        }),
    );
    const reads = ['a', 'b'].map((name) => counters.ref('c').ask.holdRead(name));
    await Promise.all([gates['a']!.reached, gates['b']!.reached]);
    gates['b']!.open();
    expect([await asks[1], await reads[1]]).toEqual(['from b', 'b']);
    gates['a']!.open();
    expect([await asks[0], await reads[0]]).toEqual(['from a', 'a']);
    expect(order).toEqual(['from b', 'from a']);
  });

  it('[AX25] the correlation id is the request’s on reply, context and journal', async () => {
    const { counters } = await open();
    const ref = counters.ref('a').with({ correlationId: 'conversation-1' });
    const seen = await ref.ask.describe();
    expect(seen).toMatchObject({ correlationId: 'conversation-1', causationId: '', sender: null });
    const own = await counters.ref('a').ask.describe();
    expect(own['correlationId']).toBe(own['messageId']);
    if (!kind.isDurable) return;
    const [, received, processed, ...others] = (await ref.history.entries()) as [unknown, Entry, Entry, ...Entry[]];
    expect([received.kind, received.correlationId]).toEqual(['MessageReceived', 'conversation-1']);
    expect([processed.kind, processed.correlationId]).toEqual(['StateChanged', 'conversation-1']);
    expect(others.map(({ correlationId }) => correlationId)).toEqual([
      'conversation-1',
      own['correlationId'],
      own['correlationId'],
    ]);
  });

  it('[AX32] a ref by type name takes any message, and refuses what the class does not handle', async () => {
    const { app } = await open();
    const ref = app.system.ref('subject', 'a');
    expect(await ref.ask('add', 2)).toBe(2);
    await ref.tell('add', 1);
    expect(await ref.with({ headers: { x: 'y' } }).ask('current')).toBe(3);
    expect(await untyped(ref.typed.ask)['add']!(0)).toBe(3);
    const refused = [
      'notAMessage',
      'original',
      'constructor',
      '__proto__',
      'then',
      'toString',
      'hasOwnProperty',
      '$stop',
      '$create',
      '',
      1,
      Symbol('add'),
      null,
      undefined,
    ];
    for (const method of refused) {
      await expect(ref.ask(method as string)).rejects.toThrow(UnknownMethodError);
      await expect(ref.tell(method as string)).rejects.toThrow(UnknownMethodError);
    }
    expect(await ref.ask('current')).toBe(3);
  });
});

const codeOf = (error: unknown): string => (error as { code: string }).code;

interface Entry {
  readonly kind: string;
  readonly correlationId: string;
}

describe('a ref', () => {
  it('[AX28] tells the id it was made for', async () => {
    const cls = PLAIN.virtual(Counter);
    const app = await startApp({ actors: [cls] });
    const ref = app.client(cls).ref('a', { tenant: 't', namespace: 'n' });
    expect(ref.id).toEqual({ tenant: 't', namespace: 'n', type: 'subject', key: 'a' });
    expect(ref.actorId).toBe('t/n/subject/a');
    expect(app.system.ref('subject', 'b').actorId).toBe('default/default/subject/b');
    expect(app.system.ref('subject', 'b').id.key).toBe('b');
  });

  it.each([PLAIN, DURABLE])('[AX07] keeps odd keys apart: $name', async (kind) => {
    const cls = kind.virtual(Counter);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    const keys = [
      'a@node1',
      'a/b',
      'a%2fb',
      'a b',
      'a',
      'A',
      'ü',
      'u\u0308',
      '🦊',
      '%',
      '../a',
      '\n',
      '__proto__',
      'a:b',
      ' a',
    ];
    const pairs = [...keys, 'x'.repeat(512)];
    await Promise.all(
      pairs.map((key, i) =>
        app
          .client(cls)
          .ref(key)
          .ask.add(i + 1),
      ),
    );
    const values = await Promise.all(pairs.map((key) => app.client(cls).ref(key).ask.current()));
    expect(values).toEqual(pairs.map((_, i) => i + 1));
    expect(new Set(pairs.map((key) => app.client(cls).ref(key).actorId)).size).toBe(pairs.length);
    for (const key of pairs) expect(app.client(cls).ref(key).id.key).toBe(key);
    const { client } = { client: app.client(cls) };
    expect(client.ref('b/c', { namespace: 'a' }).actorId).not.toBe(client.ref('c', { namespace: 'a/b' }).actorId);
  });

  it('[AX18] costs nothing to make: 100,000 of them activate nobody and read nothing', async () => {
    const cls = DURABLE.virtual(Counter);
    const app = await startApp({ actors: [cls] });
    const head = jest.spyOn(app.system.storage.journal, 'head');
    const read = jest.spyOn(app.system.storage.journal, 'read');
    const flush = jest.spyOn(app.system.storage.journal, 'flush');
    const client: ActorClient<Counter> = app.client(cls);
    const refs = Array.from({ length: 100_000 }, (_, i) => client.ref(`k${i}`));
    await settle();
    expect(refs).toHaveLength(100_000);
    expect(app.events).toEqual([]);
    for (const spy of [head, read, flush]) expect(spy).not.toHaveBeenCalled();
  });

  it('[AX30] fails with errors one can tell apart', async () => {
    const Virtual = PLAIN.virtual(Counter, { type: 'virtual', mailbox: { maxMessages: 1 } });
    const Regular = PLAIN.regular(Counter, { type: 'regular' });
    const app = await startApp({ actors: [Virtual, Regular] });
    const regulars = app.client(Regular);
    const busy = app.client(Virtual).ref('a');
    await (await regulars.spawn('stopped')).stop();
    const held = busy.ask.hold();
    await gates['a']!.reached;
    const waiting = busy.with({ timeout: 1 }).ask.add(1);
    const full = busy.ask.add(1);
    const codes = await Promise.all(
      [regulars.ref('never').ask.add(1), waiting, full, regulars.ref('stopped').ask.add(1)].map((ask) =>
        ask.then(
          () => 'answered',
          (error: unknown) => codeOf(error),
        ),
      ),
    );
    expect(codes).toEqual(['PS_ACTOR_NOT_FOUND', 'PS_ASK_TIMEOUT', 'PS_MAILBOX_FULL', 'PS_ACTOR_TERMINATED']);
    expect(() => app.system.ref('nobody', 'a')).toThrow(UnknownActorTypeError);
    gates['a']!.open();
    await held;
  });
});

describe('ports of a ref', () => {
  async function open(): Promise<ActorRef<Counter>> {
    const cls = PLAIN.virtual(Counter);
    const app = await startApp({ actors: [cls] });
    return app.client(cls).ref('a');
  }

  it('refuse unknown names by a rejection that names them and what there is', async () => {
    const ref = await open();
    for (const name of [
      'notAMessage',
      'constructor',
      'toString',
      'valueOf',
      'hasOwnProperty',
      '__proto__',
      'catch',
      '0',
    ])
      for (const port of [ref.ask, ref.tell]) {
        await expect(untyped(port)[name]!(1)).rejects.toThrow(UnknownMethodError);
        await expect(untyped(port)[name]!(1)).rejects.toThrow(new RegExp(`"${name}".*It handles: .*add`));
      }
    expect(await ref.ask.current()).toBe(0);
  });

  it('are no promises, and can be awaited, printed, compared and put into JSON', async () => {
    const ref = await open();
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    expect(untyped(ref.ask)['then']).toBeUndefined();
    expect(await Promise.resolve(ref.ask)).toBe(ref.ask);
    expect(Symbol.iterator in ref.ask).toBe(false);
    expect((ref.ask as unknown as Record<symbol, unknown>)[Symbol.toPrimitive]).toBeUndefined();
    expect(typeof inspect(ref.ask, { depth: 0 })).toBe('string');
    expect(() => String(ref.ask as unknown)).toThrow(TypeError);
    await settle();
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });

  it('a ref can be awaited as well', async () => {
    const ref = await open();
    expect(await Promise.resolve(ref)).toBe(ref);
  });

  it('work when a method is taken out under either of its names', async () => {
    const ref = await open();
    const { ask } = ref;
    expect(await ask.original()).toBe('it is me');
    expect(await untyped(ask)['renamed']!()).toBe('it is me');
  });
});

describe('an actor class', () => {
  it('[AX31] is declared with its facets, which show in the list; its behaviour answers', async () => {
    @Facet({ name: 'stamp', priority: 200, category: 'domain' })
    class Stamp implements Facet {
      async intercept(_turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
        return `stamped ${String(await next())}`;
      }
    }
    const cls = actorOf(Counter, { type: 'built' }, facet('stamp'), virtualActor(), durability());
    const app = await startApp({ actors: [cls], providers: [Stamp] });
    const ref = app.client(cls).ref('a');
    expect((await ref.facets.list()).map(({ name }) => name)).toEqual(['stamp', 'virtual_actor', 'durability']);
    expect(await ref.ask.add(1)).toBe('stamped 1');
  });

  it.each([PLAIN, DURABLE])('[AX33] a message shows its five parts to facets: $name', async (kind) => {
    const seen: FacetMessage[] = [];
    @Facet({ name: 'looker', priority: 300, category: 'domain' })
    class Looker implements Facet {
      onMessage({ message }: FacetTurn): void {
        seen.push(message);
      }
    }
    @Actor({ type: 'watched' })
    @UseFacets(facet('looker'), virtualActor(), ...(kind.isDurable ? [durability()] : []))
    class Watched extends Counter {}
    @Actor({ type: 'caller' })
    @UseFacets(virtualActor())
    class Caller {
      @Handle() async call(): Promise<unknown> {
        return actorContext().actor(Watched, 'w').ask.describe();
      }
    }
    const app = await startApp({ actors: [Watched, Caller], providers: [Looker], storage: kind.storage() });
    await app
      .client(Watched)
      .ref('w')
      .with({ headers: { trace: '1' }, principal: 'ada' })
      .ask.add(7);
    const context = await app.client(Caller).ref('c').ask.call();
    expect(seen[0]).toMatchObject({
      senderId: '',
      messageType: 'add',
      payload: [7],
      metadata: { trace: '1' },
      principal: 'ada',
    });
    expect(seen[1]).toMatchObject({ senderId: 'default/default/caller/c', messageType: 'describe', payload: [] });
    expect(context).toMatchObject({ messageId: seen[1]?.messageId, sender: { type: 'caller', key: 'c' } });
    expect(seen[0]?.messageId).not.toBe(seen[1]?.messageId);
  });
});

describe('messages between actors', () => {
  it.each([PLAIN, DURABLE])('carry correlation and causation on: $name', async (kind) => {
    const Counters = kind.virtual(Counter, { type: 'counter' });
    class Relay {
      @Handle() async relay(@Ctx() ctx: ActorContext): Promise<unknown> {
        return { here: ctx.messageId, there: await ctx.actor(Counters, 'a').ask.describe() };
      }
    }
    const Relays = kind.virtual(Relay, { type: 'relay' });
    const app = await startApp({ actors: [Counters, Relays], storage: kind.storage() });
    const ref = app
      .client(Relays)
      .ref('r')
      .with({ correlationId: 'c-1', headers: { h: '1' }, principal: 'ada' });
    const { here, there } = (await ref.ask.relay()) as { here: string; there: Record<string, unknown> };
    expect(there).toMatchObject({
      correlationId: 'c-1',
      causationId: here,
      headers: { h: '1' },
      principal: 'ada',
      sender: { type: 'relay', key: 'r' },
    });
    expect(there['messageId']).toBe(`${here}/0`);
  });

  it('a ref taken out of a turn is refused after it', async () => {
    let kept: ActorRef<Counter> | undefined;
    const Counters = PLAIN.virtual(Counter, { type: 'counter' });
    class Leaker {
      @Handle() leak(): void {
        kept = actorContext().actor(Counters, 'a');
      }
    }
    const Leakers = PLAIN.virtual(Leaker, { type: 'leaker' });
    const app = await startApp({ actors: [Counters, Leakers] });
    await app.client(Leakers).ref('l').ask.leak();
    await expect(kept!.ask.add(1)).rejects.toMatchObject({ code: 'PS_TURN_ENDED' });
    await expect(kept!.tell.add(1)).rejects.toMatchObject({ code: 'PS_TURN_ENDED' });
    expect(() => actorContext()).toThrow(NoActorContextError);
  });

  it.each([PLAIN, DURABLE])('asks that come back to their asker are a CallCycleError: $name', async (kind) => {
    class Peer {
      @Handle() async ring(path: string[]): Promise<unknown> {
        const [next, ...rest] = path;
        return next === undefined ? 'end' : actorContext().actor(Peers, next).ask.ring(rest);
      }
      @Handle({ readOnly: true }) peek(): string {
        return 'peeked';
      }
      @Handle() async peekBack(key: string): Promise<string> {
        return actorContext().actor(Peers, key).ask.peek();
      }
    }
    const Peers = kind.virtual(Peer, { type: 'peer' });
    const app = await startApp({ actors: [Peers], storage: kind.storage() });
    const peers = app.client(Peers);
    await expect(peers.ref('a').ask.ring(['b', 'c', 'a'])).rejects.toMatchObject({ code: 'PS_CALL_CYCLE' });
    await expect(peers.ref('a').ask.ring(['a'])).rejects.toMatchObject({ code: 'PS_CALL_CYCLE' });
    expect(await peers.ref('a').ask.ring(['b', 'c'])).toBe('end');
    expect(await peers.ref('a').ask.peekBack('a')).toBe('peeked');
  });

  it('a stopped actor is told apart by another actor, too', async () => {
    const Counters = PLAIN.regular(Counter, { type: 'counter' });
    class Caller {
      @Handle() async call(): Promise<string> {
        return actorContext()
          .actor(Counters, 'a')
          .ask.add(1)
          .then(String, (error: unknown) => (error instanceof ActorTerminatedError ? 'gone' : 'other'));
      }
    }
    const Callers = PLAIN.virtual(Caller, { type: 'caller' });
    const app = await startApp({ actors: [Counters, Callers] });
    await (await app.client(Counters).spawn('a')).stop();
    expect(await app.client(Callers).ref('c').ask.call()).toBe('gone');
  });
});
