import { Actor, type ActorClient, Handle, State, UseFacets, durability, getActorToken, virtualActor } from 'plexspaces';
import { Call, EventManager, type EventManaging, GenServer, Fsm, Transition, subscription } from 'plexspaces/behaviors';
import { Facet, type FacetTurn, facet } from 'plexspaces';
import { closeApps, startApp } from '../../support/app';
import { World } from '../durable/world';

afterEach(closeApps);

interface OrderEvent {
  readonly kind: string;
  readonly total: number;
}

@Actor({ type: 'bus' })
@UseFacets(durability(), virtualActor())
@EventManager()
class Bus {
  isBig(event: OrderEvent): boolean {
    return event.total > 100;
  }
}

@Actor({ type: 'audit' })
@UseFacets(durability(), virtualActor())
class Audit {
  @State() seen: OrderEvent[] = [];
  @Handle() onOrder(event: OrderEvent): number {
    if (event.kind === 'poison') throw Object.assign(new Error('cannot'), { name: 'TerminalError' });
    return this.seen.push(event);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.seen.map(({ kind }) => kind);
  }
}

type Client = ActorClient<Bus & EventManaging<OrderEvent>>;
const event = (kind: string, total = 1): OrderEvent => ({ kind, total });

describe('an event manager', () => {
  const world = new World();
  afterAll(() => world.end());

  it('[BH09] [BH10] [BH11] each subscriber gets each event once, until it is removed; also after a crash', async () => {
    const node = await world.start([Bus, Audit]);
    const bus = node.module.get<Client>(getActorToken(Bus)).ref('a');
    const audit = (key: string) => node.ref(Audit, key);
    for (const key of ['x', 'y', 'z']) await bus.ask.addHandler(subscription(Audit, key, 'onOrder'));
    expect(await bus.tell.notify(event('one'))).toBeUndefined();
    expect(await bus.ask.syncNotify(event('two'))).toMatchObject({ failed: [], delivered: { length: 3 } });
    for (const key of ['x', 'y', 'z']) expect(await audit(key).ask.all()).toEqual(['one', 'two']);
    expect(await bus.ask.removeHandler('audit/y.onOrder')).toBe(true);
    expect(await bus.ask.removeHandler('audit/y.onOrder')).toBe(false);
    node.crash();

    const next = await world.start([Bus, Audit]);
    await next.module.get<Client>(getActorToken(Bus)).ref('a').ask.syncNotify(event('three'));
    expect(await next.ref(Audit, 'x').ask.all()).toEqual(['one', 'two', 'three']);
    expect(await next.ref(Audit, 'y').ask.all()).toEqual(['one', 'two']);
  });

  it('[BH12] a filter lets through what it matches, by properties or by a method of the manager', async () => {
    const app = await startApp({ actors: [Bus, Audit] });
    const bus = app.module.get<Client>(getActorToken(Bus)).ref('a');
    await bus.ask.addHandler(subscription(Audit, 'paid', 'onOrder', { filter: { match: { kind: 'paid' } } }));
    await bus.ask.addHandler(subscription(Audit, 'big', 'onOrder', { filter: { predicate: 'isBig' } }));
    for (const sent of [event('paid'), event('new', 500), event('new')]) await bus.ask.syncNotify(sent);
    expect(await app.client(Audit).ref('paid').ask.all()).toEqual(['paid']);
    expect(await app.client(Audit).ref('big').ask.all()).toEqual(['new']);
  });

  it('one handler that fails does not hurt the others, and is removed where that is asked for', async () => {
    const app = await startApp({ actors: [Bus, Audit] });
    const bus = app.module.get<Client>(getActorToken(Bus)).ref('a');
    await bus.ask.addHandler(subscription(Audit, 'kept', 'onOrder', { id: 'kept' }));
    await bus.ask.addHandler(subscription(Audit, 'gone', 'onOrder', { id: 'gone', onFailure: 'remove' }));
    expect(await bus.ask.syncNotify(event('poison'))).toEqual({
      delivered: [],
      failed: [
        { id: 'kept', error: 'cannot', removed: false },
        { id: 'gone', error: 'cannot', removed: true },
      ],
    });
    expect((await bus.ask.handlers()).map(({ id }) => id)).toEqual(['kept']);
    expect(await bus.ask.syncNotify(event('fine'))).toEqual({ delivered: ['kept'], failed: [] });
  });

  it('refuses subscribers it cannot reach or understand', async () => {
    const app = await startApp({ actors: [Bus, Audit] });
    const bus = app.module.get<Client>(getActorToken(Bus)).ref('a');
    const good = subscription(Audit, 'x', 'onOrder');
    await expect(bus.ask.addHandler({ ...good, type: 'nobody' })).rejects.toMatchObject({
      code: 'PS_UNKNOWN_ACTOR_TYPE',
    });
    await expect(bus.ask.addHandler({ ...good, key: '' })).rejects.toMatchObject({ code: 'PS_INVALID_SUBSCRIPTION' });
    const filter = { predicate: 'isSmall' };
    await expect(bus.ask.addHandler({ ...good, filter })).rejects.toMatchObject({ code: 'PS_INVALID_SUBSCRIPTION' });
    expect(await bus.ask.handlers()).toEqual([]);
  });
});

const wrapped: string[] = [];

@Facet({ name: 'witness', priority: 200, category: 'domain' })
class Witness {
  intercept(turn: FacetTurn, next: () => unknown): unknown {
    wrapped.push(turn.message.messageType);
    return next();
  }
}

@Actor({ type: 'served' })
@UseFacets(facet('witness'), virtualActor())
@GenServer()
class Served {
  @Call() serve(): number {
    return 1;
  }
}

@Actor({ type: 'switch' })
@UseFacets(facet('witness'), virtualActor())
@Fsm({ initial: 'off', states: ['off', 'on'] })
class Switch {
  @Transition({ from: 'off', to: 'on' }) flip(): string {
    return 'on';
  }
}

@Actor({ type: 'witnessed' })
@UseFacets(facet('witness'), virtualActor())
@EventManager()
class Witnessed {}

it('[BH18] the same facet wraps each behaviour: they are actors like any other', async () => {
  const app = await startApp({ actors: [Served, Switch, Witnessed], providers: [Witness] });
  await app.client(Served).ref('a').ask.serve();
  await app.client(Switch).ref('a').ask.flip();
  await app.system.ref('witnessed', 'a').ask('syncNotify', 1);
  expect(wrapped).toEqual(['serve', 'flip', 'syncNotify']);
});
