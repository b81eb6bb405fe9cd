import {
  Actor,
  type ActorClient,
  type ActorRef,
  Handle,
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
  type Subscription,
  subscription,
} from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

@EventManager()
class Bus {
  broken(): boolean {
    throw new Error('cannot tell');
  }
  isOdd(event: number): boolean {
    return event % 2 === 1;
  }
}

let gate: Gate | null = null;

@GenServer()
class Listener {
  @State() heard: unknown[] = [];
  @Handle() hear(event: unknown): void {
    this.heard.push(event);
  }
  @Handle() async hang(event: unknown): Promise<void> {
    this.heard.push(event);
    await gate?.pass();
  }
  @Cast() cast(event: unknown): NoReply {
    this.heard.push(event);
  }
  @Handle({ only: 'ask' }) question(): void {
    return;
  }
  @Handle({ readOnly: true }) all(): unknown[] {
    return this.heard;
  }
}

type Bussed = Bus & EventManaging<unknown>;

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly bus: ActorRef<Bussed>;
  listener(key: string): ActorRef<Listener>;
  to(key: string, options?: Partial<Subscription>): Subscription;
}

async function start(kind: Kind): Promise<Opened> {
  const [buses, listeners] = [kind.virtual(Bus, { type: 'bus' }), kind.virtual(Listener, { type: 'listener' })];
  const env = new ManualClock();
  const app = await startApp({ actors: [buses, listeners], env, storage: kind.storage() });
  const bus = (app.client(buses) as unknown as ActorClient<Bussed>).ref('a');
  const to = (key: string, options: Partial<Subscription> = {}): Subscription => ({
    ...subscription(listeners, key, 'hear'),
    ...options,
  });
  return { app, env, bus, listener: (key) => app.client(listeners).ref(key), to };
}

describe.each([PLAIN, DURABLE])('a subscription that cannot work is refused by $name when it is added', (kind) => {
  it.each<[string, Record<string, unknown>]>([
    ['no handler of that name', { handler: 'nothing' }],
    ['a handler that is only read', { handler: 'all' }],
    ['a handler that is only asked', { handler: 'question' }],
    ['one that is never asked, where its failure is to remove it', { handler: 'cast', onFailure: 'remove' }],
    ['no filter', { filter: null }],
    ['a filter of a string', { filter: 'paid' }],
    ['an empty filter', { filter: {} }],
    ['nothing to match', { filter: { match: null } }],
    ['a match of a string', { filter: { match: 'paid' } }],
    ['a match of a list', { filter: { match: ['paid'] } }],
    ['a match of an object', { filter: { match: { order: { id: 1 } } } }],
    ['two filters', { filter: { match: {}, predicate: 'isOdd' } }],
    ['a predicate that is no name', { filter: { predicate: 1 } }],
    ['a predicate there is not', { filter: { predicate: 'isEven' } }],
    ['a predicate every object has', { filter: { predicate: 'hasOwnProperty' } }],
    ['a predicate of the event manager itself', { filter: { predicate: 'notify' } }],
    ['the constructor for a predicate', { filter: { predicate: 'constructor' } }],
    ['an empty name', { id: '' }],
    ['no duration', { timeout: 'soon' }],
    ['no time at all', { timeout: 0 }],
    ['more time than a turn may wait', { timeout: '2m' }],
    ['an unknown policy', { onFailure: 'explode' }],
    ['an option nobody reads', { onfailure: 'remove' }],
  ])('%s', async (_, changes) => {
    const { bus, to } = await start(kind);
    await expect(bus.ask.addHandler(to('x', changes))).rejects.toMatchObject({ code: 'PS_INVALID_SUBSCRIPTION' });
    expect(await bus.ask.handlers()).toEqual([]);
  });

  it.each([null, undefined, 'x', 7])('%p', async (given) => {
    const { bus } = await start(kind);
    await expect(bus.ask.addHandler(given as never)).rejects.toMatchObject({ code: 'PS_INVALID_SUBSCRIPTION' });
  });

  it('one more than a thousand; one of a name that is there takes its place', async () => {
    const { bus, to } = await start(kind);
    for (let i = 0; i < 1_000; i++) await bus.tell.addHandler(to(String(i)));
    await expect(bus.ask.addHandler(to('x'))).rejects.toMatchObject({ code: 'PS_INVALID_SUBSCRIPTION' });
    await bus.ask.addHandler(to('7', { onFailure: 'remove' }));
    expect(await bus.ask.handlers()).toHaveLength(1_000);
  });
});

describe.each([PLAIN, DURABLE])('a fault of one subscriber of $name is its own', (kind) => {
  it('a predicate that throws: the others get the event, and it goes where that is asked for', async () => {
    const { bus, to, listener } = await start(kind);
    const filter = { predicate: 'broken' };
    await bus.ask.addHandler(to('kept', { filter }));
    await bus.ask.addHandler(to('gone', { filter, onFailure: 'remove' }));
    await bus.ask.addHandler(to('fine'));
    expect(await bus.ask.syncNotify(1)).toEqual({
      delivered: ['listener/fine.hear'],
      failed: [
        { id: 'listener/kept.hear', error: 'cannot tell', removed: false },
        { id: 'listener/gone.hear', error: 'cannot tell', removed: true },
      ],
    });
    await bus.tell.notify(2);
    expect((await bus.ask.handlers()).map(({ key }) => key)).toEqual(['kept', 'fine']);
    await settle();
    expect(await listener('fine').ask.all()).toEqual([1, 2]);
    expect(await listener('kept').ask.all()).toEqual([]);
  });

  it('one that hangs is waited for 5 s, at the same time as the others; then it is removed', async () => {
    const { bus, env, to, listener } = await start(kind);
    gate = new Gate();
    await bus.ask.addHandler(to('hangs', { handler: 'hang', onFailure: 'remove' }));
    await bus.ask.addHandler(to('removable', { onFailure: 'remove' }));
    await bus.ask.addHandler(to('plain'));
    await bus.tell.notify(1);
    await gate.reached;
    await settle();
    expect(await listener('removable').ask.all()).toEqual([1]);
    await env.advance('4900ms');
    await settle();
    expect(await listener('plain').ask.all()).toEqual([]);
    await env.advance('200ms');
    await settle();
    expect(await listener('plain').ask.all()).toEqual([1]);
    await bus.tell.notify(2);
    await settle();
    expect(await listener('plain').ask.all()).toEqual([1, 2]);
    expect((await bus.ask.handlers()).map(({ key }) => key)).toEqual(['removable', 'plain']);
    gate.open();
  });

  it('one that is kept is not waited for by notify, and as long as it says by syncNotify', async () => {
    const { bus, env, to, listener } = await start(kind);
    gate = new Gate();
    await bus.ask.addHandler(to('hangs', { handler: 'hang', timeout: '1s' }));
    await bus.ask.addHandler(to('plain'));
    const report = bus.ask.syncNotify(1);
    await gate.reached;
    await settle();
    await env.advance('1100ms');
    expect(await report).toMatchObject({ delivered: ['listener/plain.hear'], failed: [{ removed: false }] });
    await bus.tell.notify(2);
    await settle();
    expect(await listener('plain').ask.all()).toEqual([1, 2]);
    gate.open();
  });

  it('one whose class has lost the handler, or is gone, since it was added', async () => {
    const { bus, to, listener, app } = await start(kind);
    await bus.ask.addHandler(to('lost'));
    await bus.ask.addHandler(to('fine', { handler: 'cast' }));
    const handlers = (app.system.ref('listener', 'x').typed.cls.definition.handlers ?? new Map()) as Map<
      string,
      unknown
    >;
    handlers.delete('hear'); // as in a later version of the class
    await bus.tell.notify(1);
    await settle();
    expect(await listener('fine').ask.all()).toEqual([1]);
    expect(await bus.ask.syncNotify(2)).toMatchObject({
      delivered: ['listener/fine.hear'],
      failed: [{ id: 'listener/lost.hear', removed: false }],
    });
    await settle();
    expect(await listener('fine').ask.all()).toEqual([1, 2]);
  });
});

it('an event manager whose class has a method of its own by the name of a message is refused at start', async () => {
  @Actor({ type: 'wrong' })
  @UseFacets(virtualActor())
  @EventManager()
  class Wrong {
    notify(): void {
      return;
    }
  }
  const error: unknown = await startApp({ actors: [Wrong] }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'PS_INVALID_BEHAVIOR', behavior: 'EventManager' });
  expect(String(error)).toContain('its member notify');
});
