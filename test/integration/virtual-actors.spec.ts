import {
  Actor,
  type ActorId,
  type ActorRef,
  type Facet,
  Facet as FacetProvider,
  Handle,
  MemoryStorage,
  State,
  StateMap,
  UseFacets,
  durability,
  facet,
  virtualActor,
  type VirtualActorOptions,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../support/app';
import { Gate } from '../support/gate';
import { actorOf, DURABLE, PLAIN } from '../support/kinds';

/** Life-cycle hooks in the order they ran. */
let life: string[] = [];
let gate = new Gate();
let failActivation = false;
let env = new ManualClock();

beforeEach(() => {
  life = [];
  gate = new Gate();
  failActivation = false;
  env = new ManualClock();
});
afterEach(closeApps);

class Room {
  @State() people = 0;
  @State() topics: string[] = [];
  @State() readonly votes = new StateMap<string, number>();

  onActivate(self: ActorId): void {
    if (failActivation) throw new Error('no activation today');
    life.push(`activate ${self.key}`);
  }
  async onDeactivate(self: ActorId): Promise<void> {
    life.push(`deactivate ${self.key}`);
    if (self.key === 'slow') await gate.pass();
  }
  @Handle() enter(): number {
    return ++this.people;
  }
  @Handle() discuss(topic: string): number {
    this.votes.set(topic, (this.votes.get(topic) ?? 0) + 1);
    return this.topics.push(topic);
  }
  @Handle() async stay(): Promise<number> {
    await gate.pass();
    return ++this.people;
  }
  @Handle() crash(): void {
    this.people = 99;
    throw new Error('out of order');
  }
  @Handle({ readOnly: true }) count(): number {
    return this.people;
  }
  @Handle({ readOnly: true }) agenda(): [string[], number] {
    return [this.topics, this.votes.size];
  }
}

@FacetProvider({ name: 'note', priority: 300, description: 'Notes what passes.', category: 'domain' })
class Note implements Facet {
  async intercept(_turn: unknown, next: () => Promise<unknown>): Promise<unknown> {
    const answer = await next();
    life.push('noted');
    return answer;
  }
}

const KINDS = [
  { kind: PLAIN, own: [] },
  { kind: DURABLE, own: [durability()] },
];

/** The class as a virtual actor of one kind, in an application whose clock the test moves. */
async function open(
  own: (typeof KINDS)[number]['own'],
  options?: VirtualActorOptions,
  storage = new MemoryStorage(),
): Promise<{ app: App; ref: (key: string) => ActorRef<Room>; storage: MemoryStorage }> {
  const cls = actorOf(Room, { type: 'room' }, ...own, virtualActor(options));
  const app = await startApp({ actors: [cls], providers: [], storage, env });
  return { app, ref: (key) => app.client(cls).ref(key), storage };
}

const stateOf = async (ref: ActorRef<Room>): Promise<string> => (await ref.info()).state;

describe.each(KINDS)('a virtual actor, $kind.name', ({ kind, own }) => {
  it('[FI-VA01] lazy, the default: neither constructed nor initialised before its first message', async () => {
    const { ref } = await open(own);
    await env.advance('1h');
    expect(await stateOf(ref('a'))).toBe('Inactive');
    expect(life).toEqual([]);
    await ref('a').ask.enter();
    expect(await stateOf(ref('a'))).toBe('Active');
    expect(life).toEqual(['activate a']);
  });

  it('[FI-VA02] is active at 4:59 and inactive at 5:00, without another word', async () => {
    const { ref } = await open(own);
    await ref('a').ask.enter();
    await env.advance('4m');
    await env.advance('59s');
    expect(await stateOf(ref('a'))).toBe('Active');
    await env.advance('1s');
    expect(await stateOf(ref('a'))).toBe('Inactive');
    expect(life).toEqual(['activate a', 'deactivate a']);
  });

  it.each([
    { idleTimeout: '90s' },
    { deactivationTimeout: '90s' },
    { idle_timeout: '90s' },
    { deactivation_timeout: 90_000 },
  ])('[FI-VA02] honours %j', async (options: VirtualActorOptions) => {
    const { ref } = await open(own, options);
    await ref('a').ask.enter();
    await env.advance(89_999);
    expect(await stateOf(ref('a'))).toBe('Active');
    await env.advance(1);
    expect(await stateOf(ref('a'))).toBe('Inactive');
  });

  it('[FI-VA03] takes 5 minutes where no time is given, and 300 seconds are the same', async () => {
    expect(virtualActor()).toEqual({ name: 'virtual_actor', config: {} });
    const { ref } = await open(own, { idleTimeout: '300s' });
    await ref('a').ask.enter();
    await env.advance(299_999);
    expect(await stateOf(ref('a'))).toBe('Active');
    await env.advance(1);
    expect(await stateOf(ref('a'))).toBe('Inactive');
  });

  it('[FI-VA04] answers the first message to a key nobody has used', async () => {
    const { ref } = await open(own);
    expect(await ref('never used').ask.enter()).toBe(1);
    expect(await ref('read only').ask.count()).toBe(0);
    await ref('told').tell.enter();
    expect(await ref('told').ask.count()).toBe(1);
  });

  it('[FI-VA05] a message at 4:00 keeps it active until 8:59; at 9:00 it goes', async () => {
    const { ref } = await open(own);
    await ref('a').ask.enter();
    await env.advance('4m');
    await ref('a').ask.enter();
    await env.advance(299_000);
    expect(await stateOf(ref('a'))).toBe('Active');
    await env.advance('1s');
    expect(await stateOf(ref('a'))).toBe('Inactive');
  });

  it('[FI-VA05] a read-only message and a tell count as messages, a look at it does not', async () => {
    const { ref } = await open(own);
    for (const message of [() => ref('a').ask.count(), () => ref('a').tell.enter()]) {
      await ref('a').ask.enter();
      await env.advance('4m');
      await message();
      await env.advance('4m');
      expect(await stateOf(ref('a'))).toBe('Active');
      await ref('a').info();
      await env.advance('1m');
      expect(await stateOf(ref('a'))).toBe('Inactive');
    }
  });

  it('[FI-VA05] is not idle while a message is being handled, however long that takes', async () => {
    const { ref } = await open(own, { idleTimeout: '1s' });
    const staying = ref('a').with({ timeout: '1h' }).ask.stay();
    await gate.reached;
    await env.advance('4m');
    expect(await stateOf(ref('a'))).toBe('Active');
    gate.open();
    expect(await staying).toBe(1);
    await env.advance(999);
    expect(await stateOf(ref('a'))).toBe('Active');
    await env.advance(1);
    expect(await stateOf(ref('a'))).toBe('Inactive');
  });

  it('[FI-VA06] keeps its state while it is inactive: primitives, objects, collections', async () => {
    const { ref } = await open(own);
    for (let i = 0; i < 7; i++) await ref('a').ask.enter();
    await ref('a').ask.discuss('weather');
    await env.advance('5m');
    expect(await stateOf(ref('a'))).toBe('Inactive');
    expect(await ref('a').ask.count()).toBe(7);
    expect(await ref('a').ask.agenda()).toEqual([['weather'], 1]);
    expect(await ref('a').ask.discuss('weather')).toBe(2);
    expect(life).toEqual(['activate a', 'deactivate a', ...Array<string>(life.length - 2).fill('activate a')]);
  });

  it('[FI-VA06] keeps, with its state, that a failed turn never was', async () => {
    const { ref } = await open(own);
    await ref('a').ask.enter();
    await expect(ref('a').ask.crash()).rejects.toThrow('out of order');
    await env.advance('5m');
    expect(await ref('a').ask.enter()).toBe(2);
  });

  it('[FI-VA06] keeps facets attached at run time', async () => {
    const cls = actorOf(Room, { type: 'room' }, ...own, virtualActor());
    const app = await startApp({ actors: [cls], providers: [Note], env });
    const ref = app.client(cls).ref('a');
    await ref.facets.attach(facet('note'));
    await env.advance('5m');
    expect(await stateOf(ref)).toBe('Inactive');
    await ref.ask.enter();
    expect(life).toContain('noted');
    expect((await ref.facets.list()).map(({ name }) => name)).toContain('note');
  });

  it('[FI-VA06] keeps its state when an activation fails; the next message tries again', async () => {
    const { ref } = await open(own);
    await ref('a').ask.enter();
    await env.advance('5m');
    failActivation = true;
    await expect(ref('a').ask.enter()).rejects.toMatchObject({ code: 'PS_ACTOR_FAILED' });
    failActivation = false;
    expect(await ref('a').ask.enter()).toBe(2);
  });

  it('[FI-VA07] is used by the same code as the class without the facet', async () => {
    const plain = actorOf(Room, { type: 'regular' }, ...own);
    const virtual = actorOf(Room, { type: 'virtual' }, ...own, virtualActor());
    const app = await startApp({ actors: [plain, virtual], env });
    const use = async (ref: ActorRef<Room>): Promise<unknown[]> => {
      await ref.orCreate();
      await ref.tell.enter();
      await env.advance('6m');
      return [await ref.ask.enter(), await ref.ask.discuss('weather'), await ref.ask.count()];
    };
    const answers = await use(app.client(plain).ref('a'));
    expect(answers).toEqual([2, 1, 2]);
    expect(await use(app.client(virtual).ref('a'))).toEqual(answers);
  });

  it('[FI-VA08] answers to one ref, with one id, through activation, idleness, activation and stop', async () => {
    const { ref } = await open(own);
    const one = ref('a');
    const id = one.actorId;
    const seen: unknown[] = [];
    for (const pause of ['1s', '5m', '1m', '1h'] as const) {
      seen.push(await one.ask.enter());
      await env.advance(pause);
    }
    await one.stop();
    seen.push(await one.ask.enter());
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(one.actorId).toBe(id);
  });

  it('[FI-VA09] counts its activations', async () => {
    const { ref } = await open(own);
    const counts: number[] = [];
    for (let cycle = 0; cycle < 3; cycle++) {
      await ref('a').ask.enter();
      counts.push((await ref('a').info()).activationCount);
      await env.advance('5m');
      counts.push((await ref('a').info()).activationCount);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('[FI-VA10] knows when its last message came', async () => {
    const { ref } = await open(own);
    await env.advance('2h');
    await ref('a').ask.enter();
    const first = env.now();
    expect((await ref('a').info()).lastAccessed).toBe(first);
    await env.advance('3m');
    expect((await ref('a').info()).lastAccessed).toBe(first);
    await ref('a').ask.count();
    expect((await ref('a').info()).lastAccessed).toBe(first + 180_000);
  });

  it('loses no message that comes while it is being deactivated', async () => {
    const { ref } = await open(own);
    await ref('slow').ask.enter();
    const going = env.advance('5m');
    await gate.reached;
    const answers = [ref('slow').ask.enter(), ref('slow').ask.enter()];
    const told = ref('slow').tell.enter();
    gate.open();
    await going;
    expect(await Promise.all(answers)).toEqual([2, 3]);
    await told;
    expect(await ref('slow').ask.count()).toBe(4);
    await env.settle();
    expect(await stateOf(ref('slow'))).toBe('Active');
  });

  it('answers a reader that comes while it is being deactivated', async () => {
    const { ref } = await open(own);
    await ref('slow').ask.enter();
    const going = env.advance('5m');
    await gate.reached;
    const reading = ref('slow').ask.count();
    gate.open();
    await going;
    expect(await reading).toBe(1);
    expect(await ref('slow').ask.enter()).toBe(2);
  });

  it('[AX09] tells its way through life', async () => {
    const { app, ref } = await open(own);
    await ref('a').ask.enter();
    await env.advance('5m');
    await ref('a').ask.enter();
    await ref('a').stop();
    expect(app.events.map(({ from, to, reason }) => `${from ?? '-'} ${to} ${reason}`)).toEqual([
      '- Creating message',
      'Creating Active message',
      'Active Inactive idle',
      '- Creating message',
      'Creating Active message',
      'Active Terminated stop',
    ]);
    expect(kind.name).toContain('actor');
  });
});

describe('a virtual actor with a journal', () => {
  it('[FI-VA06] has its state after a restart as well', async () => {
    const { app, ref, storage } = await open([durability()]);
    for (let i = 0; i < 7; i++) await ref('a').ask.enter();
    await env.advance('5m');
    await app.close();
    const again = await open([durability()], {}, storage);
    expect(await stateOf(again.ref('a'))).toBe('Inactive');
    expect(await again.ref('a').ask.count()).toBe(7);
  });

  it('[FI-VA01] eager: active after start without a message, and its hooks have run', async () => {
    const { app, ref, storage } = await open([durability()]);
    await ref('a').ask.enter();
    await ref('b').ask.enter();
    await app.close();
    life = [];
    const again = await open([durability()], { activationStrategy: 'eager' }, storage);
    expect(await stateOf(again.ref('a'))).toBe('Active');
    expect(await stateOf(again.ref('b'))).toBe('Active');
    expect(life.sort()).toEqual(['activate a', 'activate b']);
    expect(again.app.events.map(({ to }) => to)).not.toContain('Inactive'); // Creating → Active (Q13)
    expect(await again.ref('a').ask.count()).toBe(1);
  });

  it('[FI-VA01] eager, by the name of the reference; lazy ones beside it stay where they are', async () => {
    const { app, ref, storage } = await open([durability()]);
    await ref('a').ask.enter();
    await app.close();
    const eager = { activation_strategy: 'eager' } as VirtualActorOptions;
    expect(await stateOf((await open([durability()], eager, storage)).ref('a'))).toBe('Active');
    expect(await stateOf((await open([durability()], { activationStrategy: 'lazy' }, storage)).ref('a'))).toBe(
      'Inactive',
    );
  });

  it('[FI-VA02] an eager one becomes idle like any other', async () => {
    const { app, ref, storage } = await open([durability()]);
    await ref('a').ask.enter();
    await app.close();
    const again = await open([durability()], { activationStrategy: 'eager' }, storage);
    await env.advance(299_999);
    expect(await stateOf(again.ref('a'))).toBe('Active');
    await env.advance(1);
    expect(await stateOf(again.ref('a'))).toBe('Inactive');
  });

  it('[FI-VA09] counts activations of all processes', async () => {
    const { app, ref, storage } = await open([durability()]);
    await ref('a').ask.enter();
    await app.close();
    const again = await open([durability()], {}, storage);
    await again.ref('a').ask.enter();
    expect((await again.ref('a').info()).activationCount).toBe(2);
  });
});

describe('virtualActor()', () => {
  it.each([
    [{ idleTimeout: 0 }, 'idleTimeout'],
    [{ idleTimeout: 'soon' }, 'idleTimeout'],
    [{ activationStrategy: 'sometimes' }, 'activationStrategy'],
    [{ idleTimeout: '1m', deactivationTimeout: '2m' }, 'deactivationTimeout'],
    [{ idel: '5m' }, 'idel'],
  ])('[FI-VA02] refuses %j at start, naming the option', async (options, option) => {
    @Actor({ type: 'wrong' })
    @UseFacets(virtualActor(options as VirtualActorOptions))
    class Wrong {
      @Handle() nothing(): void {
        // nothing
      }
    }
    await expect(startApp({ actors: [Wrong], env })).rejects.toMatchObject({
      code: 'PS_INVALID_FACET_CONFIG',
      message: expect.stringContaining(option) as unknown,
    });
  });
});
