import type { DynamicModule, Type } from '@nestjs/common';
import {
  Actor,
  actorContext,
  type ActorClient,
  type ActorRef,
  Handle,
  MemoryStorage,
  type NoReply,
  State,
  UseFacets,
  virtualActor,
} from 'plexspaces';
import {
  Cast,
  EventManager,
  type EventManaging,
  GenServer,
  Info,
  type Subscription,
  subscription,
} from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(async () => {
  gate?.open();
  gate = null;
  await closeApps();
});

let gate: Gate | null = null;

@EventManager()
class Bus {
  async later(): Promise<boolean> {
    await gate?.pass();
    return true;
  }
}

@GenServer()
class Listener {
  @State() heard: unknown[] = [];
  @Handle() hear(event: unknown): void {
    this.heard.push(event);
  }
  @Cast() cast(event: unknown): NoReply {
    this.heard.push(event);
  }
  @Info() info(event: unknown): NoReply {
    this.heard.push(event);
  }
  @Info({ unknown: true }) rest(name: string, args: unknown[]): NoReply {
    this.heard.push([name, ...args]);
  }
  @Handle() async overdo(): Promise<void> {
    const all = 'x'.repeat(300_000);
    for (let i = 0; i < 20; i++) await actorContext().actor(Sink, 'a').tell.take(all);
  }
  @Handle() async hang(): Promise<void> {
    await gate?.pass();
  }
  @Handle() async unsubscribe(id: string): Promise<void> {
    await actorContext().actorOfType('bus', 'a').ask('removeHandler', id);
  }
  @Handle({ readOnly: true }) all(): unknown[] {
    return this.heard;
  }
}

@Actor({ type: 'sink' })
@UseFacets(virtualActor())
class Sink {
  @Handle() take(_: string): void {
    return;
  }
}

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly bus: ActorRef<Bus & EventManaging<unknown>>;
  listener(key: string): ActorRef<Listener>;
  to(key: string, options?: Partial<Subscription>): Subscription;
}

async function start(
  kind: Kind,
  ofListeners = kind,
  storage: DynamicModule | MemoryStorage = kind.storage(),
  others: readonly Type<object>[] = [Sink],
): Promise<Opened> {
  const env = new ManualClock();
  const [buses, listeners] = [
    kind.virtual(Bus, { type: 'bus' }),
    ofListeners.virtual(Listener, { type: 'listener', mailbox: { maxMessages: 5 } }),
  ];
  const app = await startApp({ actors: [buses, listeners, ...others], storage, env });
  const bus = (app.client(buses) as unknown as ActorClient<Bus & EventManaging<unknown>>).ref('a');
  const to = (key: string, options: Partial<Subscription> = {}): Subscription => ({
    ...subscription(listeners, key, 'hear', { id: key }),
    ...options,
  });
  return { app, env, bus, listener: (key) => app.client(listeners).ref(key), to };
}

describe.each([PLAIN, DURABLE])('syncNotify of $name', (kind) => {
  it('tells those that can only be told, which counts as delivered, and asks the others', async () => {
    const { app, bus, listener, to } = await start(kind);
    await bus.ask.addHandler(to('cast', { handler: 'cast' }));
    await bus.ask.addHandler(to('info', { handler: 'info' }));
    await bus.ask.addHandler(to('rest', { handler: 'whatever' }));
    await bus.ask.addHandler(to('asked'));
    expect(await bus.ask.syncNotify(7)).toEqual({ delivered: ['cast', 'info', 'rest', 'asked'], failed: [] });
    expect(await listener('asked').ask.all()).toEqual([7]);
    await settle();
    for (const key of ['cast', 'info']) expect(await listener(key).ask.all()).toEqual([7]);
    expect(await listener('rest').ask.all()).toEqual([['whatever', 7]]);
    expect(app.complaints).toEqual([]);
  });
});

describe('an event that does not fit into a turn of a durable event manager is refused whole (P12)', () => {
  const EVENT = 'x'.repeat(300_000);
  const KEYS = Array.from({ length: 20 }, (_, i) => String(i));

  async function heardBy({ listener }: Opened, keys: readonly string[]): Promise<number[]> {
    await settle();
    return Promise.all(keys.map(async (key) => (await listener(key).ask.all()).length));
  }

  it('by notify: nobody gets it, also who would be asked; the limit is what its journal says of it', async () => {
    const opened = await start(DURABLE);
    const { app, bus, to } = opened;
    const keys = ['asked', ...KEYS];
    await bus.ask.addHandler(to('asked', { onFailure: 'remove' }));
    for (const key of KEYS) await bus.ask.addHandler(to(key));
    await bus.tell.notify(EVENT);
    expect(await heardBy(opened, keys)).toEqual(keys.map(() => 0));
    const entries = await bus.history.entries();
    const errors = entries.flatMap((entry) => (entry.kind === 'MessageProcessed' && entry.error ? [entry.error] : []));
    expect(errors.map(({ code }) => code)).toEqual(['PS_TURN_LIMIT']);
    expect(app.complaints).toEqual([expect.stringContaining('limit of 4194304 bytes')]);
    await bus.tell.notify('small');
    expect(await heardBy(opened, keys)).toEqual(keys.map(() => 1));
  });

  it('by syncNotify: its caller gets the error', async () => {
    const opened = await start(DURABLE);
    const { bus, to } = opened;
    const keys = ['asked', ...KEYS];
    await bus.ask.addHandler(to('asked'));
    for (const key of KEYS) await bus.ask.addHandler(to(key, { handler: 'cast' }));
    await expect(bus.ask.syncNotify(EVENT)).rejects.toMatchObject({ code: 'PS_TURN_LIMIT' });
    expect(await heardBy(opened, keys)).toEqual(keys.map(() => 0));
  });
});

describe.each([PLAIN, DURABLE])('of $name', (kind) => {
  it('a subscriber that goes over the limit of its own turn fails alone', async () => {
    const { bus, listener, to } = await start(kind, DURABLE);
    await bus.ask.addHandler(to('greedy', { handler: 'overdo' }));
    await bus.ask.addHandler(to('fine'));
    expect(await bus.ask.syncNotify(1)).toMatchObject({ delivered: ['fine'], failed: [{ id: 'greedy' }] });
    expect(await listener('fine').ask.all()).toEqual([1]);
  });

  it('an actor may be asked by one subscription and told by another', async () => {
    const { app, bus, listener, to } = await start(kind);
    await bus.ask.addHandler(to('both', { id: 'told', handler: 'cast' }));
    await bus.ask.addHandler(to('both', { id: 'asked' }));
    expect(await bus.ask.syncNotify(1)).toEqual({ delivered: ['told', 'asked'], failed: [] });
    await settle();
    expect(await listener('both').ask.all()).toEqual([1, 1]);
    expect(app.complaints).toEqual([]);
  });
});

it('a subscriber whose class is gone since it was added fails alone', async () => {
  const storage = new MemoryStorage();
  const before = await start(DURABLE, PLAIN, storage);
  await before.bus.ask.addHandler(before.to('gone', { type: 'sink', handler: 'take' }));
  await before.bus.ask.addHandler(before.to('fine'));
  await before.app.close();
  const { bus, listener } = await start(DURABLE, PLAIN, storage, []);
  await bus.tell.notify(1);
  expect(await bus.ask.syncNotify(2)).toMatchObject({ delivered: ['fine'], failed: [{ id: 'gone' }] });
  expect(await listener('fine').ask.all()).toEqual([1, 2]);
});

@Actor({ type: 'publisher' })
@UseFacets(virtualActor())
class Publisher {
  @Handle() publish(): Promise<unknown> {
    return actorContext().actorOfType('bus', 'a').ask('syncNotify', 1);
  }
  @Handle() hear(): void {
    return;
  }
}

describe.each([PLAIN, DURABLE])('a subscription of $name outlives what says nothing about its handler', (kind) => {
  const remove = { onFailure: 'remove' } as const;

  it('its actor asks for syncNotify itself: it cannot be asked meanwhile', async () => {
    const { app, bus, to } = await start(kind, kind, kind.storage(), [Publisher]);
    await bus.ask.addHandler(to('me', { type: 'publisher', ...remove }));
    await bus.ask.addHandler(to('fine'));
    expect(await app.client(Publisher).ref('me').ask.publish()).toMatchObject({
      delivered: ['fine'],
      failed: [{ id: 'me', error: expect.stringContaining('circle') as string, removed: false }],
    });
    expect(await bus.ask.syncNotify(2)).toEqual({ delivered: ['me', 'fine'], failed: [] });
  });

  it('its actor waited for the manager, which was given up to break the deadlock', async () => {
    const { env, bus, listener, to } = await start(kind);
    gate = new Gate();
    await bus.ask.addHandler(to('crossed', { filter: { predicate: 'later' }, ...remove }));
    const report = bus.ask.syncNotify(1);
    await gate.reached;
    const crossed = listener('crossed').ask.unsubscribe('nobody');
    await settle();
    gate.open();
    await settle();
    await env.advance(105);
    expect(await report).toMatchObject({ failed: [{ id: 'crossed', removed: false }] });
    await crossed;
    expect(await bus.ask.handlers()).toHaveLength(1);
  });
});

it.each([PLAIN, DURABLE])(
  'of a $name manager, a full mailbox of one is its failure alone, and ends no subscription',
  async (kind) => {
    const { env, bus, listener, to } = await start(kind, PLAIN);
    gate = new Gate();
    await bus.ask.addHandler(to('fine'));
    await bus.ask.addHandler(to('busy', { onFailure: 'remove' }));
    for (let i = 0; i < 6; i++) await listener('busy').tell.hang();
    await gate.reached;
    const report = bus.ask.syncNotify(1);
    await settle();
    await env.advance('29s');
    expect(await report).toMatchObject({
      delivered: ['fine'],
      failed: [{ error: expect.stringContaining('full') as string, removed: false }],
    });
    expect(await bus.ask.handlers()).toHaveLength(2);
  },
);
