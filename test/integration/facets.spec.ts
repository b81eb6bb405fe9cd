import { Module, type OnModuleInit } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  Facet,
  FacetAttachedError,
  type FacetContext,
  FacetNotAttachedError,
  FacetRegistry,
  type FacetTurn,
  Handle,
  InvalidFacetConfigError,
  InvalidFacetError,
  State,
  TerminalError,
  UnknownFacetError,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { Gate, Probe, closeAll, start } from './facets-fixture';

@Facet({ name: 'security', priority: 1000, category: 'security' })
class Security extends Probe {
  constructor() {
    super('security');
  }
}
@Facet({ name: 'logging', priority: 900, category: 'observability' })
class Logging extends Probe {
  constructor() {
    super('logging');
  }
}
@Facet({ name: 'metrics', priority: 800, category: 'observability' })
class Metrics extends Probe {
  constructor() {
    super('metrics');
  }
}
@Facet({ name: 'free', priority: 600, category: 'domain' })
class Free extends Probe {
  constructor() {
    super('free');
  }
}
@Facet({ name: 'domain', priority: 200, category: 'domain' })
class Domain extends Probe {
  constructor() {
    super('domain');
  }
}
@Facet({ name: 'persistence', priority: 70, category: 'infrastructure' })
class Persistence extends Probe {
  constructor() {
    super('persistence');
  }
}
const PROBES = [Security, Logging, Metrics, Free, Domain, Persistence];

/** Refuses every message that asks for it. */
@Facet({ name: 'guard', priority: 1000, category: 'security' })
class Guard implements Facet {
  async intercept({ message }: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
    if (message.metadata['token'] === 'bad') throw new TerminalError('no entry', undefined, { code: 'DENIED' });
    return next();
  }
}

class Account {
  @State() balance = 0;

  @Handle()
  deposit(amount: number): number {
    Probe.trace.push('handler');
    this.balance += amount;
    return this.balance;
  }

  @Handle()
  fail(amount: number): void {
    this.balance += amount;
    throw new Error('out of order');
  }

  @Handle()
  balanceOf(): number {
    return this.balance;
  }
}

afterEach(async () => {
  await closeAll();
  Probe.trace.length = 0;
});

describe('order and bands', () => {
  @Actor({ type: 'full' })
  @UseFacets(
    ...['metrics', 'persistence', 'security', 'domain', 'logging', 'free'].map((name) => facet(name)),
    durability(),
    virtualActor(),
  )
  class Full extends Account {}

  it('[FC03] enters facets by descending priority, whatever the order of their declaration', async () => {
    const { client } = await start([Full], PROBES);
    await client(Full).ref('a').ask.deposit(1);
    expect(Probe.entered()).toEqual(['security', 'logging', 'metrics', 'free', 'domain']);
  });

  it('[FC07] [FC09] passes security, logging, metrics, domain, the behaviour and persistence in this order, then answers', async () => {
    const { client } = await start([Full], PROBES);
    const account = client(Full).ref('a');
    await account.ask.deposit(5).then((answer) => Probe.trace.push(`answer ${answer}`));
    expect(Probe.trace).toEqual([
      ...['> security deposit', '> logging deposit', '> metrics deposit', '> free deposit', '> domain deposit'],
      'handler',
      ...['< domain', '< free', '< metrics', '< logging', '< security'],
      'commit persistence 5',
      'answer 5',
    ]);
    const kinds = (await account.history.entries()).map(({ kind }) => kind);
    expect(kinds.at(-1)).toBe('MessageProcessed');
  });

  it('[FC10] runs a facet at 600 in numeric order, and refuses priority 0 by name', async () => {
    @Actor({ type: 'gaps' })
    @UseFacets(facet('domain', {}, { priority: 799 }), facet('metrics', {}, { priority: 501 }), facet('free'))
    class Gaps extends Account {}
    const { client } = await start([Gaps], PROBES);
    const account = await client(Gaps).spawn('a');
    await account.ask.deposit(1);
    expect(Probe.entered()).toEqual(['domain', 'free', 'metrics']);
    await expect(account.facets.attach('logging', { priority: 0 })).rejects.toThrow(InvalidFacetError);
    await expect(account.facets.attach('logging', { priority: 0 })).rejects.toThrow(/logging .*priority 0/);

    @Facet({ name: 'zero', priority: 0, category: 'domain' })
    class Zero implements Facet {}
    await expect(start([Gaps], [...PROBES, Zero])).rejects.toThrow(/zero .*priority 0/);
  });

  @Actor({ type: 'guarded' })
  @UseFacets(facet('domain'), facet('guard'), durability(), virtualActor())
  class Guarded extends Account {}

  it('[FC04] lets a security facet refuse: no facet below it, no handler, no state, no journal entry', async () => {
    const { client } = await start([Guarded], [Domain, Guard]);
    const account = client(Guarded).ref('a');
    await account.ask.deposit(5);
    const before = await account.history.entries();
    Probe.trace.length = 0;

    const denied = account.with({ headers: { token: 'bad' } });
    await expect(denied.ask.deposit(7)).rejects.toMatchObject({ code: 'DENIED' });
    expect(Probe.trace).toEqual([]);
    expect(await account.history.entries()).toEqual(before);
    expect(await account.ask.balanceOf()).toBe(5);
    expect((await account.info()).state).toBe('Active');
  });

  it('[FC05] shows every accepted message, error and denial to a logging facet once', async () => {
    const sink: string[] = [];
    @Facet({ name: 'log', priority: 900, category: 'observability' })
    class Log implements Facet {
      async intercept({ message }: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
        try {
          const answer = await next();
          sink.push(`${message.messageType} ${String(answer)}`);
          return answer;
        } catch (error) {
          sink.push(`${message.messageType} failed: ${(error as Error).message}`);
          throw error;
        }
      }
      onDenied({ message, deniedBy, error }: Parameters<NonNullable<Facet['onDenied']>>[0]): void {
        sink.push(`${message.messageType} denied by ${deniedBy}: ${(error as Error).message}`);
      }
    }
    @Actor({ type: 'logged' })
    @UseFacets(facet('log'), facet('guard'))
    class Logged extends Account {}
    const { client } = await start([Logged], [Log, Guard]);
    const account = await client(Logged).spawn('a');
    sink.length = 0;

    await account.ask.deposit(5);
    await expect(account.ask.fail(1)).rejects.toThrow('out of order');
    await expect(account.with({ headers: { token: 'bad' } }).ask.deposit(7)).rejects.toThrow('no entry');
    await account.tell.deposit(1);
    expect(await account.ask.balanceOf()).toBe(6);
    expect(sink).toEqual([
      'deposit 5',
      'fail failed: out of order',
      'deposit denied by guard: no entry',
      'deposit 6',
      'balanceOf 6',
    ]);
  });

  it('[FC08] commits nothing when a domain facet throws after the handler', async () => {
    @Facet({ name: 'ceiling', priority: 200, category: 'domain' })
    class Ceiling implements Facet {
      async intercept(_turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
        const balance = (await next()) as number;
        if (balance > 10) throw new TerminalError('too much');
        return balance;
      }
    }
    @Actor({ type: 'ceiled' })
    @UseFacets(facet('ceiling'), facet('persistence'), durability(), virtualActor())
    class Ceiled extends Account {}
    const { client } = await start([Ceiled], [Ceiling, Persistence]);
    const account = client(Ceiled).ref('a');
    await account.ask.deposit(10);
    Probe.trace.length = 0;
    await expect(account.ask.deposit(1)).rejects.toThrow('too much');
    expect(Probe.trace).toEqual(['handler']);
    expect(await account.ask.balanceOf()).toBe(10);
    const changes = (await account.history.entries()).filter(({ kind }) => kind === 'StateChanged');
    expect(changes).toHaveLength(1);
  });

  it('lets a persistence facet fail the turn', async () => {
    @Facet({ name: 'audit', priority: 10, category: 'infrastructure' })
    class Audit implements Facet {
      onCommit(): void {
        throw new TerminalError('audit log is full');
      }
    }
    @Actor({ type: 'audited' })
    @UseFacets(facet('audit'))
    class Audited extends Account {}
    const { client } = await start([Audited], [Audit]);
    const account = client(Audited).ref('a');
    await expect(account.orCreate()).rejects.toThrow('audit log is full');
  });
});

describe('composition', () => {
  it('[FC01] one class under two types differs only by its facets', async () => {
    @Actor({ type: 'plain' })
    @UseFacets(facet('domain'))
    class Plain extends Account {}
    @Actor({ type: 'rich' })
    @UseFacets(facet('security'), facet('metrics'), durability(), virtualActor())
    class Rich extends Account {}
    const { client } = await start([Plain, Rich], PROBES);
    const plain = await client(Plain).spawn('a');
    const rich = client(Rich).ref('a');
    Probe.trace.length = 0;
    expect(await plain.ask.deposit(2)).toBe(2);
    expect(Probe.entered()).toEqual(['domain']);
    Probe.trace.length = 0;
    expect(await rich.ask.deposit(2)).toBe(2);
    expect(Probe.entered()).toEqual(['security', 'metrics']);
    expect((await rich.facets.list()).map(({ name }) => name)).toEqual([
      'security',
      'metrics',
      'virtual_actor',
      'durability',
    ]);
  });

  it('[FC02] an actor without facets runs; adding one changes no handler code', async () => {
    @Actor({ type: 'bare' })
    class Bare extends Account {}
    const { client } = await start([Bare], PROBES);
    const account = await client(Bare).spawn('a');
    expect(await account.facets.list()).toEqual([]);
    expect(await account.ask.deposit(1)).toBe(1);
    await account.facets.attach('domain');
    expect(await account.ask.deposit(1)).toBe(2);
    await account.facets.detach('domain');
    expect(await account.ask.deposit(1)).toBe(3);
    expect(Probe.entered()).toEqual(['domain']);
  });

  it('[FC17] declared facets are active for the very first message', async () => {
    @Actor({ type: 'declared' })
    @UseFacets(facet('domain'), virtualActor())
    class Declared extends Account {}
    const { client } = await start([Declared], PROBES);
    await client(Declared).ref('a').ask.deposit(1);
    expect(Probe.trace.slice(0, 2)).toEqual(['> domain deposit', 'handler']);
  });
});

describe('attaching at run time', () => {
  const gates = { held: new Gate() };

  @Actor({ type: 'live' })
  class Live extends Account {
    @Handle()
    async hold(): Promise<void> {
      await gates.held.pass();
    }
  }

  @Actor({ type: 'live_durable' })
  @UseFacets(durability(), virtualActor())
  class LiveDurable extends Live {}

  beforeEach(() => (gates.held = new Gate()));

  async function live(...providers: Parameters<typeof start>[1][]): Promise<ActorRef<Live>[]> {
    const { client } = await start([Live, LiveDurable], [...PROBES, ...providers.flat()] as never);
    return [await client(Live).spawn('a'), client(LiveDurable).ref('a')];
  }

  it('[FC18] the next message passes through it, the running one does not', async () => {
    for (const account of await live()) {
      gates.held = new Gate();
      Probe.trace.length = 0;
      const running = account.ask.hold();
      await gates.held.reached;
      const attached = account.facets.attach('metrics', { priority: 850, config: {} });
      const next = account.ask.deposit(1);
      gates.held.open();
      await Promise.all([running, attached, next]);
      expect(Probe.trace).toEqual(['> metrics deposit', 'handler', '< metrics']);
      const list = await account.facets.list();
      expect(list[0]).toMatchObject({ name: 'metrics', priority: 850 });
    }
  });

  it('[FC19] without a priority it gets its default', async () => {
    for (const account of await live()) {
      await account.facets.attach('metrics');
      await account.facets.attach(facet('domain'));
      expect((await account.facets.list()).slice(0, 2)).toEqual([
        expect.objectContaining({ name: 'metrics', priority: 800 }),
        expect.objectContaining({ name: 'domain', priority: 200 }),
      ]);
    }
  });

  @Facet({
    name: 'counter',
    priority: 300,
    category: 'observability',
    config: [
      { key: 'namespace', type: 'string', default: 'none' },
      { key: 'step', type: 'number', default: 1 },
    ],
  })
  class Counting implements Facet<{ namespace: string; step: number }, { count: number }> {
    static readonly seen: unknown[] = [];
    initialState(): { count: number } {
      return { count: 0 };
    }
    onMessage(turn: FacetTurn<{ namespace: string; step: number }, { count: number }>): void {
      turn.state.count += turn.config.step;
      Counting.seen.push(`${turn.config.namespace} ${turn.state.count}`);
    }
    service({ state }: FacetContext<unknown, { count: number }>): { total: () => number } {
      return { total: () => state.count };
    }
  }

  it('[FC20] its configuration is in effect; unknown options and bad values are refused by name', async () => {
    for (const account of await live([Counting])) {
      Counting.seen.length = 0;
      const attempts: [Record<string, unknown>, RegExp][] = [
        [{ namspace: 'x' }, /Option namspace of facet counter is not known. Known: namespace, step/],
        [{ step: 'many' }, /Option step of facet counter must be a number/],
      ];
      for (const [config, message] of attempts) {
        await expect(account.facets.attach('counter', { config })).rejects.toThrow(InvalidFacetConfigError);
        await expect(account.facets.attach('counter', { config })).rejects.toThrow(message);
      }
      await account.facets.attach('counter', { config: { namespace: 'myapp', step: '2' } });
      await account.ask.deposit(1);
      await account.ask.deposit(1);
      expect(Counting.seen).toEqual(['myapp 2', 'myapp 4']);
      expect((await account.facets.list())[0]?.config).toEqual({ namespace: 'myapp', step: 2 });
    }
  });

  it('[FC21] attaching twice, or a failing onAttach, is an error and leaves the chain as it was', async () => {
    @Facet({ name: 'unwilling', priority: 250, category: 'domain' })
    class Unwilling extends Probe {
      constructor() {
        super('unwilling');
      }
      async onAttach(): Promise<void> {
        throw new Error('no connection');
      }
    }
    for (const account of await live([Unwilling])) {
      await account.facets.attach('metrics');
      const before = await account.facets.list();
      await expect(account.facets.attach('metrics')).rejects.toThrow(FacetAttachedError);
      await expect(account.facets.attach('unwilling')).rejects.toThrow('no connection');
      expect(await account.facets.list()).toEqual(before);
      Probe.trace.length = 0;
      expect(await account.ask.deposit(1)).toBe(1);
      expect(Probe.entered()).toEqual(['metrics']);
    }
  });

  it('[FC22] after detach messages bypass it; detaching what is not attached is a named error', async () => {
    for (const account of await live()) {
      await account.facets.attach('metrics');
      await account.ask.deposit(1);
      await account.facets.detach('metrics');
      Probe.trace.length = 0;
      await account.ask.deposit(1);
      expect(Probe.entered()).toEqual([]);
      await expect(account.facets.detach('metrics')).rejects.toThrow(FacetNotAttachedError);
      await expect(account.facets.detach('metrics')).rejects.toThrow(/metrics is not attached/);
      expect(await account.ask.balanceOf()).toBe(2);
    }
  });

  it('[FC23] lists what is attached, with name and priority, in chain order', async () => {
    for (const account of await live()) {
      for (const name of ['domain', 'security', 'metrics']) await account.facets.attach(name);
      const list = await account.facets.list();
      expect(list.slice(0, 3).map(({ name, priority }) => [name, priority])).toEqual([
        ['security', 1000],
        ['metrics', 800],
        ['domain', 200],
      ]);
    }
  });

  it('[FC24] a custom facet is reachable, listed and detachable by its name', async () => {
    for (const account of await live([Counting])) {
      await account.facets.attach('counter');
      expect((await account.facets.list()).map(({ name }) => name)).toContain('counter');
      await account.facets.detach('counter');
      expect((await account.facets.list()).map(({ name }) => name)).not.toContain('counter');
    }
  });

  it('detaching takes the facet’s state with it', async () => {
    for (const account of await live([Counting])) {
      Counting.seen.length = 0;
      for (let round = 0; round < 2; round++) {
        await account.facets.attach('counter');
        await account.ask.deposit(1);
        await account.facets.detach('counter');
      }
      expect(Counting.seen).toEqual(['none 1', 'none 1']);
    }
  });

  it('calls onDetach once, and neither durability nor virtual_actor can be detached', async () => {
    const onDetach = jest.fn();
    @Facet({ name: 'leaving', priority: 250, category: 'domain' })
    class Leaving implements Facet {
      onDetach(context: FacetContext): void {
        onDetach(context.actorId);
      }
    }
    for (const account of await live([Leaving])) {
      onDetach.mockClear();
      await account.facets.attach('leaving');
      await account.facets.detach('leaving');
      expect(onDetach.mock.calls).toEqual([[account.actorId]]);
    }
    const [, durable] = await live();
    for (const name of ['durability', 'virtual_actor']) {
      await expect(durable?.facets.detach(name)).rejects.toThrow(InvalidFacetError);
    }
  });

  it('[FC25] onAttach is called once with the actor’s id, before the first message, also over passivation', async () => {
    const calls: string[] = [];
    @Facet({ name: 'welcoming', priority: 250, category: 'domain' })
    class Welcoming implements Facet {
      async onAttach({ actorId }: FacetContext): Promise<void> {
        await Promise.resolve();
        calls.push(`attach ${actorId}`);
      }
      onActivate(): void {
        calls.push('activate');
      }
      onDeactivate(): void {
        calls.push('deactivate');
      }
      onMessage(): void {
        calls.push('message');
      }
    }
    @Actor({ type: 'greeted' })
    @UseFacets(facet('welcoming'), virtualActor(), durability())
    class Greeted extends Account {}
    const { client } = await start([Greeted], [Welcoming]);
    const account = client(Greeted).ref('a');
    await account.ask.deposit(1);
    await account.stop();
    await account.ask.deposit(1);
    expect(calls).toEqual([`attach ${account.actorId}`, 'activate', 'message', 'deactivate', 'activate', 'message']);
  });

  it('keeps facets attached at run time over passivation, with configuration and state', async () => {
    const [, account] = await live([Counting]);
    await account?.facets.attach('counter', { priority: 150, config: { namespace: 'kept' } });
    await account?.ask.deposit(1);
    await account?.stop();
    Counting.seen.length = 0;
    await account?.ask.deposit(1);
    expect(Counting.seen).toEqual(['kept 2']);
    expect(await account?.facets.list()).toContainEqual({
      name: 'counter',
      priority: 150,
      category: 'observability',
      config: { namespace: 'kept', step: 1 },
    });
  });

  it('writes attaching and detaching to the journal', async () => {
    const [, account] = await live();
    await account?.facets.attach('metrics', { priority: 820 });
    await account?.facets.detach('metrics');
    const entries = (await account?.history.entries()) ?? [];
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'FacetAttached', name: 'metrics', priority: 820 }));
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'FacetDetached', name: 'metrics' }));
  });

  @Actor({ type: 'using' })
  @UseFacets(facet('counter'), facet('domain'), virtualActor())
  class Using extends Account {
    @Handle()
    async total(@Ctx() context: ActorContext): Promise<unknown[]> {
      const counter = context.facet<{ total: () => number }>('counter');
      const attached = (await context.facets.list()).map(({ name }) => name);
      return [counter.total(), context.facet<object>('domain').constructor.name, attached];
    }
    @Handle()
    missing(@Ctx() context: ActorContext): unknown {
      return context.facet('keyvalue');
    }
  }

  it('[FC35] actor code gets an attached facet, and a named error for any other', async () => {
    const { client } = await start([Using], [...PROBES, Counting]);
    const account = client(Using).ref('a');
    expect(await account.ask.total()).toEqual([1, 'Domain', ['counter', 'domain', 'virtual_actor']]);
    await expect(account.ask.missing()).rejects.toThrow(FacetNotAttachedError);
    await expect(account.ask.missing()).rejects.toThrow(/keyvalue is not attached .* counter, domain/);
  });
});

describe('onMessage', () => {
  class FraudError extends TerminalError {}
  const scores = new Map<number, number>();

  @Facet({ name: 'fraud', priority: 200, category: 'domain' })
  class Fraud implements Facet {
    async onMessage({ message }: FacetTurn): Promise<void> {
      Probe.trace.push('onMessage');
      const [amount] = message.payload as [number];
      if ((scores.get(amount) ?? 0) > 0.8) throw new FraudError('fraud', { amount });
    }
  }

  @Actor({ type: 'checked' })
  @UseFacets(facet('fraud'), virtualActor())
  class Checked extends Account {}

  @Actor({ type: 'checked_durable' })
  @UseFacets(facet('fraud'), virtualActor(), durability())
  class CheckedDurable extends Account {}

  it('[FC26] sees the message before the handler', async () => {
    const { client } = await start([Checked], [Fraud]);
    await client(Checked).ref('a').ask.deposit(1);
    expect(Probe.trace).toEqual(['onMessage', 'handler']);
  });

  it('[FC27] its error rejects the message: handler not run, state unchanged, actor not Failed', async () => {
    const { module, client } = await start([Checked, CheckedDurable], [Fraud]);
    expect(module).toBeDefined();
    scores.set(99, 1);
    for (const account of [client(Checked).ref('a'), client(CheckedDurable).ref('a')] as ActorRef<Account>[]) {
      await account.ask.deposit(1);
      Probe.trace.length = 0;
      await expect(account.ask.deposit(99)).rejects.toMatchObject({
        code: 'PS_TERMINAL',
        details: { amount: 99 },
      });
      expect(Probe.trace).toEqual(['onMessage']);
      expect((await account.info()).state).toBe('Active');
      expect(await account.ask.balanceOf()).toBe(1);
    }
  });

  it('[FC27] also when the error is no final one: it is not tried again', async () => {
    let refusals = 0;
    @Facet({ name: 'moody', priority: 200, category: 'domain' })
    class Moody implements Facet {
      onMessage({ message }: FacetTurn): void {
        if (message.messageType !== 'deposit') return;
        refusals++;
        throw new Error('not today');
      }
    }
    @Actor({ type: 'moody_durable' })
    @UseFacets(facet('moody'), virtualActor(), durability())
    class MoodyActor extends Account {}
    const { client } = await start([MoodyActor], [Moody]);
    const account = client(MoodyActor).ref('a');
    await account.tell.deposit(1);
    await expect(account.ask.deposit(1)).rejects.toThrow('not today');
    expect(await account.ask.balanceOf()).toBe(0);
    expect(refusals).toBe(2);
  });

  it.each([
    ['threshold − ε', 0.8 - Number.EPSILON, true],
    ['the threshold', 0.8, true],
    ['threshold + ε', 0.8 + Number.EPSILON, false],
  ])('[FC28] a score of %s', async (_, score, passes) => {
    const { client } = await start([Checked], [Fraud]);
    const account = client(Checked).ref('a');
    scores.set(7, score);
    const outcome = await account.ask.deposit(7).catch((error: unknown) => error);
    if (passes) expect(outcome).toBe(7);
    else expect(outcome).toBeInstanceOf(FraudError);
  });
});

describe('onError and replay', () => {
  const decisions = new Map<string, () => unknown>();

  @Facet({ name: 'judge', priority: 300, category: 'domain' })
  class Judge implements Facet {
    onError(_error: unknown, { message }: FacetTurn): never {
      return (decisions.get(message.messageType)?.() ?? { policy: 'propagate' }) as never;
    }
  }

  @Actor({ type: 'judged' })
  @UseFacets(facet('judge'), virtualActor())
  class Judged extends Account {}

  @Actor({ type: 'judged_durable' })
  @UseFacets(facet('judge'), virtualActor(), durability())
  class JudgedDurable extends Account {}

  it.each([Judged, JudgedDurable])('default: answers, and the turn’s changes are undone (%p)', async (cls) => {
    const { client } = await start([cls], [Judge]);
    const account = client(cls).ref('a') as ActorRef<Account>;
    await account.ask.deposit(1);
    decisions.set('fail', () => ({ policy: 'default', value: 'fallback' }));
    const answer = await (account.ask.fail(5) as Promise<unknown>);
    expect(answer).toBe('fallback');
    expect(await account.ask.balanceOf()).toBe(1);
  });

  it.each([Judged, JudgedDurable])('transform: the caller gets the other error (%p)', async (cls) => {
    const { client } = await start([cls], [Judge]);
    decisions.set('fail', () => ({ policy: 'transform', error: new TerminalError('translated') }));
    await expect((client(cls).ref('a') as ActorRef<Account>).ask.fail(5)).rejects.toThrow('translated');
  });

  it.each([
    ['plain', []],
    ['durable', [durability()]],
  ])('retry: runs the message again, as its policy allows (%s)', async (type, more) => {
    let runs = 0;
    @Actor({ type: `retried_${type}` })
    @UseFacets(facet('judge'), virtualActor(), ...more)
    class Retried extends Account {
      @Handle({ retry: { maxAttempts: 3, initialDelay: 1, jitter: 'none' } })
      flaky(): number {
        this.balance += 1;
        if (++runs < 3) throw new TerminalError('final, says the handler');
        return this.balance;
      }
    }
    decisions.set('flaky', () => ({ policy: 'retry' }));
    const { client } = await start([Retried], [Judge]);
    expect(await client(Retried).ref('a').ask.flaky()).toBe(1);
    expect(runs).toBe(3);
  });

  it('leaves guards out of a re-run on records, and runs those that belong to the history', async () => {
    const seen: string[] = [];
    class Watch {
      constructor(private readonly name: string) {}
      onMessage({ message, isReplay }: FacetTurn): void {
        if (message.messageType === 'charge') seen.push(`${this.name}${isReplay ? ' on replay' : ''}`);
      }
    }
    @Facet({ name: 'once', priority: 300, category: 'domain' })
    class Once extends Watch {
      constructor() {
        super('once');
      }
    }
    @Facet({ name: 'always', priority: 200, category: 'domain', onReplay: 'run' })
    class Always extends Watch {
      constructor() {
        super('always');
      }
    }
    let charges = 0;
    let crashes = 1;
    @Actor({ type: 'charged' })
    @UseFacets(facet('once'), facet('always'), durability(), virtualActor())
    class Charged {
      @State() charged = 0;
      @Handle({ retry: { maxAttempts: 2, initialDelay: 1, jitter: 'none' } })
      async charge(@Ctx() context: ActorContext): Promise<number> {
        this.charged += await context.sideEffect('charge', () => ++charges);
        if (crashes-- > 0) throw new Error('crash after the effect');
        return this.charged;
      }
    }
    const { client } = await start([Charged], [Once, Always]);
    expect(await client(Charged).ref('a').ask.charge()).toBe(1);
    expect(charges).toBe(1);
    expect(seen).toEqual(['once', 'always', 'always on replay']);
  });

  it('keeps a facet’s recorded effects apart from the handler’s', async () => {
    const calls: string[] = [];
    @Facet({ name: 'scored', priority: 200, category: 'domain', onReplay: 'run' })
    class Scored implements Facet {
      async intercept(turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
        const score = await turn.sideEffect('score', ({ idempotencyKey }) => {
          calls.push(idempotencyKey.split('/').slice(-2).join('/'));
          return 1;
        });
        return ((await next()) as number) + score;
      }
    }
    let crashes = 1;
    @Actor({ type: 'scored_actor' })
    @UseFacets(facet('scored'), durability(), virtualActor())
    class ScoredActor {
      @Handle({ retry: { maxAttempts: 2, initialDelay: 1, jitter: 'none' } })
      async act(@Ctx() context: ActorContext): Promise<number> {
        const value = await context.sideEffect('value', ({ idempotencyKey }) => {
          calls.push(idempotencyKey.split('/').slice(-2).join('/'));
          return 10;
        });
        if (crashes-- > 0) throw new Error('crash');
        return value;
      }
    }
    const { client } = await start([ScoredActor], [Scored]);
    expect(await client(ScoredActor).ref('a').ask.act()).toBe(11);
    expect(calls).toEqual(['scored/0', 'handler/0']);
  });
});

describe('registry', () => {
  const descriptor = {
    description: 'Real-time fraud scoring',
    category: 'domain' as const,
    priority: 200,
    configOptions: [
      { key: 'ml_model', required: true },
      { key: 'threshold', default: '0.8' },
    ],
  };
  const seen: unknown[] = [];
  const instance: Facet = {
    onMessage: ({ config }) => {
      seen.push(config);
    },
  };

  @Actor({ type: 'registered' })
  @UseFacets(virtualActor())
  class Registered extends Account {}

  beforeEach(() => (seen.length = 0));

  it('[FC29] [FC30] lists what was registered with description, category and options; a second registration is refused', async () => {
    const { module } = await start([Registered], PROBES);
    const registry = module.get(FacetRegistry);
    registry.register('fraud_detection', { ...descriptor, facet: instance });
    expect(registry.list()).toContainEqual({ name: 'fraud_detection', ...descriptor, onReplay: 'skip' });
    expect(() => registry.register('fraud_detection', { ...descriptor, facet: instance })).toThrow(InvalidFacetError);
    expect(() => registry.register('metrics', { ...descriptor, facet: instance })).toThrow(/metrics/);
    for (const { description, category, configOptions, priority } of registry.list()) {
      expect([typeof description, typeof category, typeof priority]).toEqual(['string', 'string', 'number']);
      expect(Array.isArray(configOptions)).toBe(true);
    }
    expect(registry.list().map(({ name }) => name)).toEqual(expect.arrayContaining(['durability', 'virtual_actor']));
  });

  it('[FC31] [FC34] defaults are in effect, required options are required, numbers may come as strings', async () => {
    const { module, client } = await start([Registered]);
    module.get(FacetRegistry).register('fraud_detection', { ...descriptor, facet: instance });
    const accounts = client(Registered);
    const attach = (key: string, config: Record<string, unknown>) =>
      accounts.ref(key).facets.attachByType('fraud_detection', 200, config);

    await expect(attach('none', {})).rejects.toThrow(/Option ml_model of facet fraud_detection is required/);
    await expect(attach('none', { ml_model: 'm', threshold: 'abc' })).rejects.toThrow(/Option threshold .*"abc"/);
    await attach('default', { ml_model: 'm' });
    await attach('text', { ml_model: 'm', threshold: '0.95' });
    await attach('number', { ml_model: 'm', threshold: 0.95 });
    for (const key of ['default', 'text', 'number']) await accounts.ref(key).ask.deposit(1);
    expect(seen).toEqual([
      { ml_model: 'm', threshold: 0.8 },
      { ml_model: 'm', threshold: 0.95 },
      { ml_model: 'm', threshold: 0.95 },
    ]);
  });

  it('[FC32] [FC33] any actor attaches by name what any module registered; an unknown name lists the known ones', async () => {
    @Module({})
    class Elsewhere implements OnModuleInit {
      constructor(private readonly registry: FacetRegistry) {}
      onModuleInit(): void {
        this.registry.register('from_elsewhere', { ...descriptor, configOptions: [], facet: instance });
      }
    }
    const { client } = await start([Registered], PROBES, {}, [{ module: Elsewhere }]);
    const account = client(Registered).ref('a');
    await account.facets.attachByType('from_elsewhere', 450);
    await account.ask.deposit(1);
    expect(seen).toHaveLength(1);
    expect(await account.facets.list()).toContainEqual(
      expect.objectContaining({ name: 'from_elsewhere', priority: 450 }),
    );

    const unknown = account.facets.attachByType('frod_detection', 200);
    await expect(unknown).rejects.toThrow(UnknownFacetError);
    await expect(unknown).rejects.toThrow(/"frod_detection".*domain.*durability.*from_elsewhere.*metrics/);
  });

  it('refuses to start with a facet nobody provides, and with a bad configuration', async () => {
    @Actor({ type: 'mistaken' })
    @UseFacets(facet('nobody'))
    class Mistaken extends Account {}
    await expect(start([Mistaken])).rejects.toThrow(UnknownFacetError);

    @Actor({ type: 'misconfigured' })
    @UseFacets(durability({ checkpointEvery: 0 }))
    class Misconfigured extends Account {}
    await expect(start([Misconfigured])).rejects.toThrow(/checkpointEvery/);
  });
});
