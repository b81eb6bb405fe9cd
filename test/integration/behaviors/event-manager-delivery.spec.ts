import { type ActorClient, type ActorRef, Handle, type NoReply, State } from 'plexspaces';
import {
  Cast,
  EventManager,
  type EventManaging,
  GenServer,
  Info,
  type Subscription,
  subscription,
} from 'plexspaces/behaviors';
import { type App, closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

@EventManager()
class Bus {}

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
  @Handle({ readOnly: true }) all(): unknown[] {
    return this.heard;
  }
}

interface Opened {
  readonly app: App;
  readonly bus: ActorRef<Bus & EventManaging<unknown>>;
  listener(key: string): ActorRef<Listener>;
  to(key: string, options?: Partial<Subscription>): Subscription;
}

async function start(kind: Kind): Promise<Opened> {
  const [buses, listeners] = [kind.virtual(Bus, { type: 'bus' }), kind.virtual(Listener, { type: 'listener' })];
  const app = await startApp({ actors: [buses, listeners], storage: kind.storage() });
  const bus = (app.client(buses) as unknown as ActorClient<Bus & EventManaging<unknown>>).ref('a');
  const to = (key: string, options: Partial<Subscription> = {}): Subscription => ({
    ...subscription(listeners, key, 'hear', { id: key }),
    ...options,
  });
  return { app, bus, listener: (key) => app.client(listeners).ref(key), to };
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
