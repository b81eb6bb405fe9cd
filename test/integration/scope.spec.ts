import { isDeepStrictEqual } from 'node:util';
import {
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  InvalidActorIdError,
  MemoryStorage,
  State,
  actorContext,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type AppParts, closeApps, startApp } from '../support/app';
import { DURABLE, KINDS, type Kind, ON_SQLITE, PLAIN, removeFiles } from '../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let failures = 0;
beforeEach(() => {
  failures = 0;
});

/** What a message says about where it comes from. */
interface Origin {
  readonly self: string;
  readonly correlationId: string;
  readonly principal: string;
  readonly headers: Readonly<Record<string, string>>;
}

function originOf({ self, correlationId, principal, headers }: ActorContext): Origin {
  return { self: `${self.tenant}/${self.namespace}/${self.key}`, correlationId, principal, headers };
}

class Sink {
  @State() seen: Origin[] = [];
  @State() words: string[] = [];

  @Handle() note(word: string, @Ctx() ctx: ActorContext): Origin {
    if (failures-- > 0) throw new Error('not yet');
    this.words.push(word);
    this.seen.push(originOf(ctx));
    return originOf(ctx);
  }
  @Handle({ readOnly: true }) all(): Origin[] {
    return this.seen;
  }
  @Handle({ readOnly: true }) allWords(): string[] {
    return this.words;
  }
}

const carried = {
  headers: { traceparent: '00-abc-01', 'x-tenant': 'acme' },
  principal: 'ada@acme',
  correlationId: 'order-7',
};

function classesOf(kind: Kind) {
  const Sinks = kind.virtual(Sink, { type: 'sink' });
  class Sender {
    @Handle() async ask(word: string, scope: object): Promise<Origin> {
      return actorContext().actor(Sinks, 's', scope).ask.note(word);
    }
    @Handle() async tell(word: string, scope: object): Promise<void> {
      await actorContext().actor(Sinks, 's', scope).tell.note(word);
    }
    @Handle() async tellLater(word: string): Promise<void> {
      await actorContext().actor(Sinks, 's').with({ delay: '1h' }).tell.note(word);
    }
    @Handle() async spawnThere(scope: object): Promise<void> {
      await actorContext().actor(Sinks, 'new', scope).orCreate();
    }
    @Handle() async stopThere(scope: object): Promise<void> {
      await actorContext().actor(Sinks, 's', scope).stop();
    }
    @Handle() async readThere(scope: object): Promise<unknown> {
      return actorContext().actor(Sinks, 's', scope).ask.all();
    }
    @Handle() async byClient(word: string, scope: object): Promise<Origin> {
      return client.sinks!.ref('s', scope).ask.note(word);
    }
  }
  const client: { sinks?: { ref(key: string, scope?: object): ActorRef<Sink> } } = {};
  return { Sinks, Senders: kind.virtual(Sender, { type: 'sender' }), client };
}

async function open(kind: Kind, options: Partial<AppParts> = {}) {
  const { Sinks, Senders, client } = classesOf(kind);
  const app = await startApp({ actors: [Sinks, Senders], storage: kind.storage(), ...options });
  client.sinks = app.client(Sinks);
  return { app, sinks: app.client(Sinks), senders: app.client(Senders) };
}

const scopeError = { code: 'PS_SCOPE' };

describe.each(KINDS)('the scope of $name', (kind) => {
  it('is default/default for a client that says nothing', async () => {
    const { sinks } = await open(kind);
    expect((await sinks.ref('s').ask.note('x')).self).toBe('default/default/s');
  });

  it('is what forRoot says, else what the ref or client.within says', async () => {
    const { app, sinks } = await open(kind, { scope: { tenant: 'acme' } });
    expect((await sinks.ref('s').ask.note('x')).self).toBe('acme/default/s');
    expect((await sinks.ref('s', { namespace: 'blue' }).ask.note('x')).self).toBe('acme/blue/s');
    expect((await sinks.within({ tenant: 't' }).ref('s', { namespace: 'n' }).ask.note('x')).self).toBe('t/n/s');
    expect(app.system.ref('sink', 's', { tenant: 't', namespace: 'n' }).actorId).toBe('t/n/sink/s');
    expect(await sinks.within({ tenant: 't' }).ref('s').ask.all()).toEqual([]);
  });

  it('is inherited from the sending actor, through context and injected clients alike', async () => {
    const { senders } = await open(kind);
    const sender = senders.ref('a', { tenant: 'acme', namespace: 'blue' });
    expect((await sender.ask.ask('x', {})).self).toBe('acme/blue/s');
    expect((await sender.ask.byClient('x', {})).self).toBe('acme/blue/s');
  });

  it('is crossed by nobody without allowCrossScope, and by who says so', async () => {
    const { sinks, senders } = await open(kind);
    const sender = senders.ref('a', { tenant: 'acme' });
    for (const scope of [{ tenant: 'other' }, { namespace: 'other' }, { tenant: 'other', allowCrossScope: false }]) {
      await expect(sender.ask.ask('x', scope)).rejects.toMatchObject(scopeError);
      await expect(sender.ask.tell('x', scope)).rejects.toMatchObject(scopeError);
      await expect(sender.ask.byClient('x', scope)).rejects.toMatchObject(scopeError);
      await expect(sender.ask.spawnThere(scope)).rejects.toMatchObject(scopeError);
      await expect(sender.ask.readThere(scope)).rejects.toMatchObject(scopeError);
      await expect(sender.ask.stopThere(scope)).rejects.toMatchObject(scopeError);
    }
    expect(await sinks.ref('s', { tenant: 'other' }).ask.all()).toEqual([]);
    const crossing = { tenant: 'other', allowCrossScope: true };
    expect((await sender.ask.ask('x', crossing)).self).toBe('other/default/s');
    await sender.ask.tell('y', crossing);
    await sender.ask.readThere(crossing); // behind what it told
    expect(await sinks.ref('s', { tenant: 'other' }).ask.allWords()).toEqual(['x', 'y']);
  });
});

describe('a scope', () => {
  it.each(['', '\u0000', '\ud800', 'x'.repeat(513), 5, null, ['a', 'b'], { ne: null }, true])(
    'cannot be %j',
    async (bad) => {
      const { app, sinks } = await open(PLAIN);
      for (const name of ['tenant', 'namespace']) {
        const scope = { [name]: bad } as object;
        expect(() => sinks.ref('s', scope)).toThrow(InvalidActorIdError);
        expect(() => sinks.within(scope).ref('s')).toThrow(InvalidActorIdError);
        expect(() => app.system.ref('sink', 's', scope)).toThrow(InvalidActorIdError);
        await expect(sinks.within(scope).spawn('s')).rejects.toThrow(InvalidActorIdError);
      }
    },
  );

  it('with odd characters meets no other one', async () => {
    const { sinks } = await open(DURABLE);
    const scopes = [
      { tenant: 'a', namespace: 'b:c' },
      { tenant: 'a:b', namespace: 'c' },
      { tenant: 'a/b', namespace: 'c' },
      { tenant: 'a', namespace: 'b/c' },
      { tenant: '%', namespace: '*' },
      { tenant: '__proto__', namespace: 'constructor' },
    ];
    await Promise.all(scopes.map((scope, i) => sinks.ref('s', scope).ask.note(String(i))));
    const words = await Promise.all(scopes.map((scope) => sinks.ref('s', scope).ask.allWords()));
    expect(words).toEqual(scopes.map((_, i) => [String(i)]));
  });
});

describe.each([PLAIN, DURABLE, ON_SQLITE])('headers, principal and correlation id on $name', (kind) => {
  it('travel with asks and tells, and with what their handlers send', async () => {
    const { sinks, senders } = await open(kind);
    const expected = { self: 'default/default/s', ...carried };
    expect(await sinks.ref('s').with(carried).ask.note('1')).toEqual(expected);
    const tells = sinks.ref('s').with(carried);
    await tells.tell.note('2');
    expect(await tells.ask.all()).toEqual([expected, expected]);
    expect(await senders.ref('a').with(carried).ask.ask('3', {})).toEqual(expected);
    await senders.ref('a').with(carried).ask.tell('4', {});
    await senders.ref('a').ask.readThere({}); // behind what it told
    expect((await sinks.ref('s').ask.all())[3]).toEqual(expected);
  });

  it('of with() are laid over those the ref has; the sender’s are kept', async () => {
    const { sinks } = await open(kind);
    const ref = sinks
      .ref('s')
      .with(carried)
      .with({ headers: { more: '1' }, principal: 'bob' });
    expect(await ref.ask.note('x')).toMatchObject({ principal: 'bob', correlationId: 'order-7' });
  });

  it('are in the journal', async () => {
    if (!kind.isDurable) return;
    const { sinks } = await open(kind);
    await sinks.ref('s').with(carried).ask.note('1');
    const entry = (await sinks.ref('s').history.entries()).find(({ kind: name }) => name === 'MessageReceived');
    expect(entry).toMatchObject(carried);
  });
});

describe.each([PLAIN, DURABLE])('headers, principal and correlation id on $name', (kind) => {
  it('survive retries', async () => {
    const env = new ManualClock();
    const { sinks } = await open(kind, { env });
    failures = 2;
    await sinks.ref('s').with(carried).tell.note('x');
    await env.advance('1m');
    expect(await sinks.ref('s').ask.all()).toEqual([{ self: 'default/default/s', ...carried }]);
  });

  it('survive a delay, of a client’s message and of an actor’s', async () => {
    const env = new ManualClock();
    const { sinks, senders } = await open(kind, { env });
    await sinks
      .ref('s')
      .with({ ...carried, delay: '1h' })
      .tell.note('client');
    await senders.ref('a').with(carried).ask.tellLater('actor');
    await env.advance('59m');
    expect(await sinks.ref('s').ask.all()).toEqual([]);
    await env.advance('2m');
    expect(await sinks.ref('s').ask.all()).toEqual([
      { self: 'default/default/s', ...carried },
      { self: 'default/default/s', ...carried },
    ]);
  });
});

describe('recovery', () => {
  it('keeps headers, principal and correlation id of accepted and of delayed messages', async () => {
    const { tables } = new MemoryStorage();
    const env = new ManualClock();
    const first = await open(DURABLE, { env, autoStart: false, storage: new MemoryStorage(tables) });
    const scope = { tenant: 'acme', namespace: 'blue' };
    const sink = first.sinks.ref('s', scope);
    failures = 1;
    await sink.with(carried).tell.note('accepted'); // its first start fails; the application ends before the second
    await sink.with({ ...carried, delay: '1h' }).tell.note('delayed');
    await first.senders.ref('a', scope).with(carried).ask.tellLater('sent');
    failures = 0;
    const second = await open(DURABLE, { env, storage: new MemoryStorage(tables) });
    await env.advance('2h');
    const seen = await second.sinks.ref('s', scope).ask.all();
    expect(seen).toEqual(Array.from({ length: 3 }, () => ({ self: 'acme/blue/s', ...carried })));
    expect(await second.sinks.ref('s', scope).ask.allWords()).toEqual(['accepted', 'delayed', 'sent']);
  });
});

describe('100 tenants at once', () => {
  it.each([PLAIN, DURABLE])(
    '10,000 mixed messages of theirs leak nothing: $name',
    async (kind) => {
      const { app, sinks, senders } = await open(kind);
      const tenants = Array.from({ length: 100 }, (_, i) => `tenant-${i}`);
      const of = (tenant: string) => ({
        headers: { 'x-tenant': tenant },
        principal: `user@${tenant}`,
        correlationId: `c-${tenant}`,
      });
      const expected = (tenant: string): Origin => ({ self: `${tenant}/default/s`, ...of(tenant) });
      const wrong: unknown[] = [];
      const check = (tenant: string, origin: Origin): void => {
        if (!isDeepStrictEqual(origin, expected(tenant))) wrong.push([tenant, origin]);
      };
      const one = async (i: number): Promise<void> => {
        const tenant = tenants[(i * 37) % 100]!;
        const sink = sinks.ref('s', { tenant }).with(of(tenant));
        const sender = senders.ref('a', { tenant }).with(of(tenant));
        if (i % 4 === 0) check(tenant, await sink.ask.note(tenant));
        else if (i % 4 === 1) await sink.tell.note(tenant);
        else if (i % 4 === 2) check(tenant, await sender.ask.ask(tenant, {}));
        else await sender.ask.tell(tenant, {});
      };
      await Promise.all(Array.from({ length: 10_000 }, (_, i) => one(i)));
      let total = 0;
      for (const tenant of tenants) {
        const sink = sinks.ref('s', { tenant });
        await sink.with(of(tenant)).ask.note(tenant); // behind all that was sent
        for (const origin of await sink.ask.all()) check(tenant, origin);
        const words = await sink.ask.allWords();
        total += words.length;
        expect(new Set(words)).toEqual(new Set([tenant]));
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(total).toBe(10_100);
      expect(app.complaints).toEqual([]);
    },
    120_000,
  );
});
