import { Module } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  ActorNotFoundError,
  type ActorRef,
  CallCycleError,
  Ctx,
  Facet,
  FacetDriftError,
  type FacetMessage,
  type FacetTurn,
  Handle,
  MemoryStorage,
  State,
  TerminalError,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { STORAGE } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { ManualClock } from 'plexspaces/testing';
import { closeAll, start } from './facets-fixture';

afterEach(closeAll);

class Account {
  @State() balance = 0;

  @Handle()
  deposit(amount: number): number {
    this.balance += amount;
    return this.balance;
  }

  @Handle()
  fail(amount: number): void {
    this.balance += amount;
    throw new Error('out of order');
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.balance;
  }

  @Handle({ readOnly: true })
  broken(): number {
    throw new Error('no answer');
  }
}

/** Counts in its state; a message that says so is refused, or answered in place of an error. */
@Facet({ name: 'counting', priority: 300, category: 'observability' })
class Counting implements Facet<unknown, { count: number }> {
  initialState(): { count: number } {
    return { count: 0 };
  }
  async intercept(turn: FacetTurn<unknown, { count: number }>, next: () => Promise<unknown>): Promise<unknown> {
    if (turn.message.metadata['token'] === 'bad') throw new TerminalError('no entry');
    turn.state.count++;
    return next();
  }
  onError(_error: unknown, { message }: FacetTurn): { policy: 'default'; value: number } | { policy: 'propagate' } {
    return message.metadata['fallback'] === undefined
      ? { policy: 'propagate' }
      : { policy: 'default', value: Number(message.metadata['fallback']) };
  }
  service({ state }: { state: { count: number } }): { count: number } {
    return state;
  }
}

class Counted extends Account {
  @Handle()
  counted(@Ctx() context: ActorContext): number {
    return context.facet<{ count: number }>('counting').count;
  }
}
@Actor({ type: 'counted' })
@UseFacets(facet('counting'), virtualActor())
class PlainCounted extends Counted {}
@Actor({ type: 'counted_durable' })
@UseFacets(facet('counting'), virtualActor(), durability())
class DurableCounted extends Counted {}

describe.each([PlainCounted, DurableCounted])('facet state and read-only messages of %p', (cls) => {
  const opened = async () => (await start([cls], [Counting])).client(cls).ref('a') as ActorRef<Counted>;

  it('undoes what a failed or refused turn did to a facet’s state', async () => {
    const account = await opened();
    await account.ask.deposit(1);
    await expect(account.ask.fail(1)).rejects.toThrow('out of order');
    await expect(account.with({ headers: { token: 'bad' } }).ask.deposit(1)).rejects.toThrow('no entry');
    await account.with({ headers: { fallback: '5' } }).ask.fail(1);
    expect(await account.ask.counted()).toBe(2);
  });

  it('runs read-only messages through the facets, and hands out their errors and answers', async () => {
    const account = await opened();
    await account.ask.deposit(1);
    const denied = account.with({ headers: { token: 'bad' } }).ask.current();
    await expect(denied).rejects.toBeInstanceOf(TerminalError);
    await expect(denied).rejects.toThrow('no entry');
    expect(await account.with({ headers: { fallback: '7' } }).ask.broken()).toBe(7);
    await expect(account.ask.broken()).rejects.toThrow('no answer');
    expect(await account.ask.current()).toBe(1);
  });

  it('keeps nothing of what a facet does to its state during a read-only message', async () => {
    const account = await opened();
    await account.ask.deposit(1);
    expect(await account.ask.current()).toBe(1);
    expect(await account.ask.current()).toBe(1);
    expect(await account.ask.counted()).toBe(2);
  });
});

describe('admit', () => {
  const seen: [FacetMessage, unknown, string][] = [];

  @Facet({
    name: 'gate',
    priority: 1000,
    category: 'security',
    config: [{ key: 'limit', type: 'number', default: 10 }],
  })
  class Gate implements Facet<{ limit: number }> {
    async admit(message: FacetMessage, config: { limit: number }, { key }: { key: string }): Promise<void> {
      seen.push([message, config, key]);
      const [amount] = message.payload as [number?];
      if (amount !== undefined && amount > config.limit) throw new TerminalError('over the limit');
    }
  }

  @Actor({ type: 'gated' })
  @UseFacets(facet(Gate, { limit: '5' }), virtualActor(), durability())
  class Gated extends Account {
    @Handle()
    async forward(@Ctx() context: ActorContext, key: string, amount: number): Promise<void> {
      await context.actor(Gated, key).tell.deposit(amount);
    }
  }

  it('refuses before anything is stored, for asks, tells and messages of actors', async () => {
    const { client } = await start([Gated], [Gate]);
    const account = client(Gated).ref('a');
    await expect(account.ask.deposit(6)).rejects.toThrow('over the limit');
    await expect(account.tell.deposit(6)).rejects.toThrow('over the limit');
    expect(await account.history.entries()).toEqual([]);
    expect(await account.ask.deposit(5)).toBe(5);
    await expect(account.ask.forward('b', 6)).rejects.toThrow('over the limit');
    await account.ask.forward('b', 5);
    expect(await client(Gated).ref('b').ask.deposit(0)).toBe(5);
    expect(seen[0]?.slice(1)).toEqual([{ limit: 5 }, 'a']);
    expect(seen[0]?.[0]).toMatchObject({ messageType: 'deposit', payload: [6], senderId: '' });
  });

  it('is refused at run time, where senders would not know of it', async () => {
    @Actor({ type: 'open' })
    @UseFacets(virtualActor())
    class Open extends Account {}
    const { client } = await start([Open], [Gate]);
    await expect(client(Open).ref('a').facets.attach('gate')).rejects.toThrow(/declare it with @UseFacets/);
  });
});

describe('history', () => {
  const tables = new MemoryStorage().tables;

  @Module({
    providers: [{ provide: STORAGE, useFactory: () => new MemoryStorage(tables) }],
    exports: [STORAGE],
  })
  class SharedStorage {}

  class Watching implements Facet {
    async intercept(_turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
      return next();
    }
  }
  @Facet({ name: 'recorded', priority: 300, category: 'domain', onReplay: 'run' })
  class Recorded extends Watching {}
  @Facet({ name: 'passing', priority: 300, category: 'domain' })
  class Passing extends Watching {}

  it('refuses an actor whose replaying facets are no longer those it was journaled under', async () => {
    @Actor({ type: 'drifting' })
    @UseFacets(facet('recorded'), facet('passing'), virtualActor(), durability())
    class Before extends Account {}
    @Actor({ type: 'drifting' })
    @UseFacets(facet('recorded'), virtualActor(), durability())
    class Without extends Account {}
    @Actor({ type: 'drifting' })
    @UseFacets(facet('passing'), virtualActor(), durability())
    class Drifted extends Account {}
    @Actor({ type: 'drifting', version: '2' })
    @UseFacets(facet('passing'), virtualActor(), durability())
    class NextVersion extends Account {}

    const run = async (cls: typeof Before, amount: number) => {
      const { client } = await start([cls], [Recorded, Passing], { storage: SharedStorage });
      try {
        return await client(cls).ref('a').ask.deposit(amount);
      } finally {
        await closeAll();
      }
    };
    expect(await run(Before, 1)).toBe(1);
    expect(await run(Without, 1)).toBe(2);
    await expect(run(Drifted, 1)).rejects.toThrow(FacetDriftError);
    expect(await run(NextVersion, 1)).toBe(3);
  });

  it('lets a guard decide again that was cut off before it had let the message pass', async () => {
    const trace: string[] = [];
    @Facet({ name: 'guard', priority: 300, category: 'security' })
    class Guard implements Facet {
      async onMessage(turn: FacetTurn): Promise<void> {
        const score = await turn.sideEffect('score', () => {
          trace.push('scored');
          return 0.5;
        });
        trace.push(`judged ${score}`);
      }
    }
    let crashes = 2;
    @Actor({ type: 'cut_off' })
    @UseFacets(facet('guard'), virtualActor(), durability())
    class CutOff {
      @Handle({ retry: { maxAttempts: 5, initialDelay: 1, jitter: 'none' } })
      async act(@Ctx() context: ActorContext): Promise<string> {
        if (crashes-- === 2) throw new Error('before the first effect');
        await context.sideEffect('first', () => trace.push('first'));
        if (crashes === 0) throw new Error('after it');
        return 'done';
      }
    }
    const { client } = await start([CutOff], [Guard]);
    expect(await client(CutOff).ref('a').ask.act()).toBe('done');
    expect(trace).toEqual(['scored', 'judged 0.5', 'judged 0.5', 'first']);
  });
});

describe('attaching', () => {
  @Actor({ type: 'growing' })
  @UseFacets(virtualActor())
  class Growing extends Counted {
    @Handle()
    async attachToSelf(@Ctx() context: ActorContext): Promise<void> {
      await context.facets.attach('counting');
    }
  }

  it('cannot be awaited by the actor itself: its own turn stands before it in the line', async () => {
    const { client } = await start([Growing], [Counting]);
    const account = client(Growing).ref('a');
    await expect(account.with({ timeout: '2s' }).ask.attachToSelf()).rejects.toThrow(CallCycleError);
    expect(await account.ask.deposit(1)).toBe(1);
  });

  it('[EX17] makes a live actor durable, on a store in memory: priority 50, interval 100', async () => {
    const { client } = await start([Growing], [Counting], { storage: TypeormStorageModule.sqlite(':memory:') });
    const account = client(Growing).ref('a');
    await account.facets.attach('counting');
    await account.ask.deposit(3);
    await account.facets.attach(durability({ checkpointEvery: 100, replayOnActivation: true }), {
      priority: 50,
    });
    expect((await account.facets.list()).at(-1)).toMatchObject({
      name: 'durability',
      priority: 50,
      config: { checkpointEvery: 100, replayOnActivation: true, cacheSideEffects: true },
    });
    const taken = (await account.history.checkpoints()).length;
    for (let i = 0; i < 99; i++) await account.ask.deposit(1);
    expect(await account.history.checkpoints()).toHaveLength(taken);
    await account.ask.deposit(1);
    expect(await checkpointsOf(account, taken + 1)).toHaveLength(taken + 1);
    expect(await account.ask.counted()).toBe(102);

    await account.stop();
    const before = (await account.history.entries()).length;
    for (let i = 0; i < 100; i++) await account.ask.deposit(1);
    await checkpointsOf(account, taken + 2);
    const [newest] = (await account.history.checkpoints()).map(({ seq }) => seq).sort((a, b) => b - a);
    expect(newest).toBeGreaterThan(before);
  });

  it('loses and repeats no message while facets come and go under load', async () => {
    const { client } = await start([Growing], [Counting]);
    const account = client(Growing).ref('a');
    const work: Promise<unknown>[] = [];
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 20; i++) work.push(account.ask.deposit(1));
      work.push(round % 2 === 0 ? account.facets.attach('counting') : account.facets.detach('counting'));
    }
    await Promise.all(work);
    expect(await account.ask.current()).toBe(1_000);
    await account.facets.attach('counting');
    expect(await account.ask.counted()).toBe(1);
  });
});

describe('virtual actor', () => {
  @Actor({ type: 'virtual' })
  @UseFacets(virtualActor())
  class Virtual extends Account {}
  @Actor({ type: 'ordinary' })
  class Ordinary extends Account {}

  it('[FC11] is an actor with one facet more: there when a message comes, gone when idle, its state kept', async () => {
    const env = new ManualClock();
    const { client } = await start([Virtual, Ordinary], [], { env });
    const account = client(Virtual).ref('a');
    expect((await account.info()).state).toBe('Inactive');
    expect(await account.ask.deposit(7)).toBe(7);
    await env.advance('4m');
    await account.ask.deposit(0);
    await env.advance('4m');
    expect((await account.info()).state).toBe('Active');
    await env.advance('1m');
    expect((await account.info()).state).toBe('Inactive');
    expect(await account.ask.deposit(1)).toBe(8);
    expect((await account.info()).activationCount).toBe(2);

    await expect(client(Ordinary).ref('a').ask.deposit(1)).rejects.toThrow(ActorNotFoundError);
    const ordinary = await client(Ordinary).spawn('a');
    await env.advance('1h');
    expect((await ordinary.info()).state).toBe('Active');
  });
});

/** Checkpoints are written beside the turns: waits, for a while, until there are as many. */
async function checkpointsOf(account: ActorRef<Account>, count: number): Promise<unknown[]> {
  for (let round = 0; round < 20_000; round++) {
    const found = await account.history.checkpoints();
    if (found.length >= count) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return account.history.checkpoints();
}
