import {
  Actor,
  type ActorRef,
  Facet,
  Handle,
  MemoryStorage,
  SideEffect,
  State,
  StateMap,
  TerminalError,
  UseFacets,
  actorContext,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import { type App, type AppParts, closeApps, startApp } from '../support/app';
import { settle } from '../support/gate';
import { DURABLE, KINDS, type Kind, PLAIN, actorOf, removeFiles } from '../support/kinds';

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  await closeApps();
  expect(rejections.splice(0)).toEqual([]); // each of them would end a process
});
afterAll(() => {
  process.off('unhandledRejection', note);
  removeFiles();
});

class Money {
  constructor(readonly amount: number) {}
}

const unstorable: Record<string, () => unknown> = {
  function: () => () => 1,
  symbol: () => Symbol('x'),
  'class instance': () => new Money(5),
  'invalid Date': () => new Date(NaN),
  'unsafe integer': () => 2 ** 53,
  'own __proto__': () => JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown,
  'lone surrogate': () => '\ud800',
  Promise: () => Promise.resolve(1),
  WeakMap: () => new WeakMap(),
  'throwing getter': () => ({
    get broken(): never {
      throw new Error('boom');
    },
  }),
  'boxed number': () => Object(1) as unknown,
  'Map subclass': () => new (class Registry extends Map {})(),
};

class Keeper {
  @State() value: unknown = null;
  @State() count = 0;
  @State() readonly map = new StateMap<string, unknown>();

  @Handle() keep(value: unknown): unknown {
    this.count++;
    this.value = value;
    return value;
  }
  @Handle() size(value: { length: number }): number {
    return value.length;
  }
  @Handle() answerWith(kind: string): unknown {
    this.count++;
    return unstorable[kind]!();
  }
  @Handle() storeAs(kind: string): number {
    this.value = unstorable[kind]!();
    return ++this.count;
  }
  @Handle() putInMap(kind: string): number {
    this.map.set('x', unstorable[kind]!());
    return ++this.count;
  }
  @Handle() answerDeep(depth: number): unknown {
    return nested(depth);
  }
  @Handle() answerLarge(bytes: number): string {
    this.count++;
    return 'x'.repeat(bytes);
  }
  @Handle() throwing(kind: string): void {
    this.count++;
    const thrown: Record<string, unknown> = {
      symbol: Symbol('thrown'),
      function: () => 1,
      null: null,
      undefined,
      'terminal with a function': new TerminalError('refused', { callback: () => 1 }),
      'error with a cycle': cyclicError(),
      'error with a throwing getter': Object.defineProperty(new TerminalError('refused'), 'details', {
        enumerable: true,
        get: () => {
          throw new Error('boom');
        },
      }),
      'null prototype': Object.create(null) as object,
    };
    throw thrown[kind];
  }
  @Handle() add(): number {
    return ++this.count;
  }
  @Handle() async effects(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.effect('');
  }
  @Handle() async largeEffects(count: number, bytes: number): Promise<number> {
    let total = 0;
    for (let i = 0; i < count; i++) total += (await this.effect('x'.repeat(bytes))).length;
    return total;
  }
  @Handle() async sends(count: number): Promise<void> {
    const other = actorContext().actor(this.constructor as new () => Keeper, 'other');
    for (let i = 0; i < count; i++) await other.tell.add();
  }
  @Handle() async badEffect(kind: string): Promise<unknown> {
    return actorContext().sideEffect('bad', () => unstorable[kind]!());
  }
  @SideEffect() protected async effect(text: string): Promise<string> {
    return text;
  }

  @Handle({ readOnly: true }) current(): { count: number; value: unknown } {
    return { count: this.count, value: this.value };
  }
  @Handle({ readOnly: true }) changing(): number {
    return ++this.count;
  }
  @Handle({ readOnly: true }) changingMap(): void {
    this.map.set('x', 1);
  }
  @Handle({ readOnly: true }) changingAndFailing(): void {
    this.count = 99;
    throw new Error('half way');
  }
  @Handle({ readOnly: true }) sending(): void {
    void this.other.tell.add().catch(() => undefined);
  }
  @Handle({ readOnly: true }) async asking(): Promise<number> {
    return this.other.ask.add();
  }
  @Handle({ readOnly: true }) async calling(): Promise<string> {
    return this.effect('x').catch(() => 'noticed, and kept quiet');
  }
  @Handle({ readOnly: true }) spawning(): void {
    actorContext().spawn(this.constructor as new () => Keeper, 'other');
  }
  @Handle({ readOnly: true }) async creating(): Promise<void> {
    await this.other.orCreate();
  }
  @Handle({ readOnly: true }) async stopping(): Promise<void> {
    await this.other.stop();
  }
  @Handle({ readOnly: true }) async attaching(): Promise<void> {
    await this.other.facets.attach('nobody-knows');
  }
  @Handle({ readOnly: true }) async sleeping(): Promise<void> {
    await actorContext().sleep(1);
  }
  private get other(): ActorRef<Keeper> {
    return actorContext().actor(this.constructor as new () => Keeper, 'other');
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { in: value };
  return value;
}

function cyclicError(): Error {
  const error = new TerminalError('refused') as Error & { self?: unknown };
  error.self = error;
  return error;
}

interface Opened {
  readonly app: App;
  readonly keeper: ActorRef<Keeper>;
  /** Runs `attempt`, which must fail with this code and leave no entry, no row and no change. */
  refused(attempt: (() => unknown) | Promise<unknown>, code: string): Promise<Error>;
}

async function open(kind: Kind, options: Partial<AppParts> = {}): Promise<Opened> {
  const cls = kind.virtual(Keeper);
  const app = await startApp({ actors: [cls], storage: kind.storage(), ...options });
  const keeper = app.client(cls).ref('a');
  await keeper.ask.add();
  const { journal, inbox } = app.system.storage;
  const look = async (): Promise<unknown> => [
    await keeper.history.entries(),
    await inbox.pending(keeper.actorId),
    await journal.actors('', '', 10),
    await keeper.ask.current(),
  ];
  const refused = async (attempt: (() => unknown) | Promise<unknown>, code: string): Promise<Error> => {
    const before = await look();
    const error = await Promise.resolve(typeof attempt === 'function' ? run(attempt) : attempt).then(
      (answer) => ({ code: 'none', answer }),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code });
    await settle(5);
    expect(await look()).toEqual(before);
    return error as Error;
  };
  return { app, keeper, refused };
}

/** A throw and a rejection alike. */
async function run(attempt: () => unknown): Promise<unknown> {
  return attempt();
}

const any = (value: unknown): never => value as never;

describe.each(KINDS)('bad input to $name', (kind) => {
  it('an unknown type or method is refused by name', async () => {
    const { app, refused } = await open(kind);
    for (const type of ['nobody', '', 'constructor', '__proto__', 'Object', '../subject', 5, null, Symbol('x'), {}])
      await refused(() => app.system.ref(any(type), 'a'), 'PS_UNKNOWN_ACTOR_TYPE');
    for (const method of [
      'constructor',
      '__proto__',
      'then',
      'toString',
      'badName',
      '',
      7,
      Symbol('x'),
      null,
      undefined,
    ]) {
      await refused(() => app.system.ref('subject', 'a').ask(any(method)), 'PS_UNKNOWN_METHOD');
      await refused(() => app.system.ref('subject', 'a').tell(any(method)), 'PS_UNKNOWN_METHOD');
    }
  });

  it('a key that is empty, too long, not well-formed or no string is refused', async () => {
    const { app, keeper, refused } = await open(kind);
    const keys = [
      '',
      'x'.repeat(513),
      'ü'.repeat(257),
      'a\u0000b',
      '\ud800',
      '\udc00x',
      5,
      null,
      undefined,
      {},
      ['a'],
      Symbol('x'),
      5n,
    ];
    for (const key of keys) {
      await refused(() => app.system.ref('subject', any(key)), 'PS_INVALID_ACTOR_ID');
      await refused(() => app.client(keeper.cls.definition.cls).ref(any(key)), 'PS_INVALID_ACTOR_ID');
      await refused(() => app.client(keeper.cls.definition.cls).spawn(any(key)), 'PS_INVALID_ACTOR_ID');
      await refused(() => app.client(keeper.cls.definition.cls).stop(any(key)), 'PS_INVALID_ACTOR_ID');
    }
    expect(app.system.ref('subject', 'x'.repeat(512)).id.key).toHaveLength(512);
  });

  it.each(Object.keys(unstorable))('an argument that holds a %s is refused with its path', async (name) => {
    const { keeper, refused } = await open(kind);
    const value = unstorable[name]!();
    for (const attempt of [() => keeper.ask.keep({ list: [1, value] }), () => keeper.tell.keep({ list: [1, value] })]) {
      const error = await refused(attempt, 'PS_INVALID_PAYLOAD');
      expect(error).toMatchObject({ path: expect.stringMatching(/^args\[0\]\.list\[1\]/) as string });
    }
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('what the codec carries arrives equal, cycles and repeated objects included', async () => {
    const { keeper } = await open(kind);
    const cycle: Record<string, unknown> = { name: 'loop', date: new Date(5), big: 2n ** 70n, bytes: Buffer.from([1]) };
    cycle['self'] = cycle;
    cycle['map'] = new Map<unknown, unknown>([[1, new Set(['x'])]]);
    const answer = (await keeper.ask.keep(cycle)) as Record<string, unknown>;
    expect(answer['self']).toBe(answer);
    expect(answer).toMatchObject({ name: 'loop', big: 2n ** 70n, map: new Map([[1, new Set(['x'])]]) });
    expect(answer['date']).toEqual(new Date(5));
    for (const value of [
      '\u0000',
      '\u2028',
      '🦊',
      { constructor: { prototype: { x: 1 } } },
      { then: {} },
      { toJSON: 1 },
    ])
      expect(await keeper.ask.keep(value)).toEqual(value);
  });

  it('depth over 64 and size over 1 MB are refused, at the limit they pass', async () => {
    const { keeper, refused } = await open(kind);
    await refused(() => keeper.ask.keep(nested(64)), 'PS_INVALID_PAYLOAD');
    await refused(() => keeper.tell.keep(nested(1_000)), 'PS_INVALID_PAYLOAD');
    expect(await keeper.ask.keep(nested(60))).toEqual(nested(60));
    await refused(() => keeper.ask.size('x'.repeat(1_048_577)), 'PS_PAYLOAD_TOO_LARGE');
    await refused(() => keeper.tell.size(['y'.repeat(1_100_000)]), 'PS_PAYLOAD_TOO_LARGE');
    await refused(() => keeper.ask.size(Array.from({ length: 3 }, () => 'z'.repeat(400_000))), 'PS_PAYLOAD_TOO_LARGE');
    expect(await keeper.ask.size('x'.repeat(1_000_000))).toBe(1_000_000);
  });

  it.each([
    ['timeout', NaN],
    ['timeout', -1],
    ['timeout', 0],
    ['timeout', 'abc'],
    ['timeout', '5 parsecs'],
    ['timeout', Infinity],
    ['timeout', {}],
    ['timeout', null],
    ['delay', -5],
    ['delay', 'soon'],
    ['delay', Number.MAX_SAFE_INTEGER],
    ['idempotencyKey', ''],
    ['idempotencyKey', 'k'.repeat(513)],
    ['idempotencyKey', 5],
    ['idempotencyKey', '\ud800'],
    ['idempotencyKey', null],
    ['principal', {}],
    ['principal', 'p'.repeat(513)],
    ['correlationId', 7],
    ['headers', 'x=y'],
    ['headers', null],
    ['headers', ['a']],
    ['headers', { n: 5 }],
    ['headers', { o: {} }],
    ['headers', { s: '\ud800' }],
    ['headers', { '\ud800': 's' }],
    ['headers', JSON.parse('{"__proto__":"x"}')],
    ['headers', { long: 'h'.repeat(70_000) }],
    ['stale', 'abc'],
    ['ifUndelivered', 'never'],
    ['ifUndelivered', null],
    ['retries', 5],
    ['idempotency_key', 'k'],
    ['__proto__x', 1],
  ])('the message option %s = %j is refused by name', async (option, value) => {
    const { keeper, refused } = await open(kind);
    const error = await refused(() => keeper.with(any({ [option]: value as unknown })), 'PS_INVALID_MESSAGE_OPTION');
    expect(error.message).toContain(option);
  });

  it.each([null, undefined, 5, 'x'])('message options that are %j are refused', async (options) => {
    const { keeper, refused } = await open(kind);
    await refused(() => keeper.with(any(options)), 'PS_INVALID_MESSAGE_OPTION');
  });

  it.each(['function', 'symbol', 'class instance', 'invalid Date', 'own __proto__', 'Promise', 'throwing getter'])(
    'an answer or a state that holds a %s is the sender’s error; nothing of the turn is kept',
    async (name) => {
      if (name === 'Promise') return; // a handler that answers one is awaited
      const { keeper } = await open(kind);
      const invalid = { code: 'PS_INVALID_PAYLOAD' };
      await expect(keeper.ask.answerWith(name)).rejects.toMatchObject(invalid);
      await expect(keeper.ask.storeAs(name)).rejects.toMatchObject(invalid);
      await expect(keeper.ask.putInMap(name)).rejects.toMatchObject(invalid);
      await keeper.tell.storeAs(name);
      expect(await keeper.ask.current()).toEqual({ count: 1, value: null });
      expect(await keeper.ask.add()).toBe(2);
    },
  );

  it('an answer that is too deep or too large is the sender’s error; nothing of the turn is kept', async () => {
    const { keeper } = await open(kind);
    await expect(keeper.ask.answerDeep(65)).rejects.toMatchObject({ code: 'PS_INVALID_PAYLOAD' });
    await expect(keeper.ask.answerLarge(1_100_000)).rejects.toMatchObject({ code: 'PS_PAYLOAD_TOO_LARGE' });
    expect(await keeper.ask.current()).toEqual({ count: 1, value: null });
  });

  it.each([
    'symbol',
    'function',
    'null',
    'undefined',
    'terminal with a function',
    'error with a cycle',
    'error with a throwing getter',
    'null prototype',
  ])('whatever is thrown, %s, reaches the sender as a failure, and the actor lives', async (name) => {
    const { keeper } = await open(kind);
    const outcome = await keeper.ask.throwing(name).then(
      () => 'answered',
      () => 'failed',
    );
    expect(outcome).toBe('failed');
    expect(await keeper.ask.current()).toEqual({ count: 1, value: null });
    expect(await keeper.ask.add()).toBe(2);
  });
});

describe.each([PLAIN, DURABLE])('a read-only handler of $name', (kind) => {
  const violations = [
    'changing',
    'changingMap',
    'changingAndFailing',
    'sending',
    'asking',
    'calling',
    'spawning',
    'creating',
    'stopping',
    'sleeping',
  ] as const;

  it.each(violations)('that does what it may not is refused, and leaves nothing (%s)', async (method) => {
    const { app, keeper, refused } = await open(kind);
    const error = await refused(() => keeper.ask[method](), 'PS_READ_ONLY_VIOLATION');
    expect(error.message).toContain(method);
    expect(await keeper.ask.current()).toEqual({ count: 1, value: null });
    await expect(app.system.storage.journal.head('default/default/subject/other')).resolves.toMatchObject({ seq: 0 });
  });

  it('has no tell: nobody would get its answer', async () => {
    const { keeper, refused } = await open(kind);
    await refused(() => keeper.tell.current(), 'PS_INVALID_MESSAGE_OPTION');
  });
});

describe('facets', () => {
  @Facet({ name: 'known', priority: 300, category: 'domain', config: [{ key: 'limit', type: 'number', default: 1 }] })
  class Known implements Facet {}

  it('that nobody registered, or with a bad option, stop the start by name', async () => {
    const Unknown = actorOf(Keeper, { type: 'unknown' }, facet('nobody-knows'), virtualActor());
    await expect(startApp({ actors: [Unknown] })).rejects.toMatchObject({ code: 'PS_UNKNOWN_FACET' });
    const Bad = actorOf(Keeper, { type: 'bad' }, facet('known', any({ limit: 'many' })), virtualActor());
    const refusal = { code: 'PS_INVALID_FACET_CONFIG', option: 'limit' };
    await expect(startApp({ actors: [Bad], providers: [Known] })).rejects.toMatchObject(refusal);
    const Wrong = (): void => {
      @Actor({ type: 'wrong' })
      @UseFacets(durability(any({ checkpointEvery: 0 })), virtualActor())
      class Wrong extends Keeper {}
      throw new Error(Wrong.name);
    };
    expect(Wrong).toThrow();
    const NoSuch = actorOf(Keeper, { type: 'none' }, durability(any({ checkpointEach: 5 })), virtualActor());
    await expect(startApp({ actors: [NoSuch] })).rejects.toMatchObject({ message: /checkpointEach/ });
  });

  it.each([PLAIN, DURABLE])('are refused at run time, too, and nothing is journaled: $name', async (kind) => {
    const { keeper, refused } = await open(kind, { providers: [Known] });
    for (const name of ['nobody-knows', '', '__proto__', 'constructor', 5, null])
      await refused(() => keeper.facets.attach(any(name)), 'PS_UNKNOWN_FACET');
    for (const config of [{ limit: 'many' }, { limits: 1 }, { limit: NaN }])
      await refused(() => keeper.facets.attach('known', { config }), 'PS_INVALID_FACET_CONFIG');
    await refused(() => keeper.facets.attach('known', { priority: 0 }), 'PS_INVALID_FACET');
    await refused(() => keeper.facets.attach('known', { priority: NaN }), 'PS_INVALID_FACET');
    await refused(() => keeper.facets.detach('known'), 'PS_FACET_NOT_ATTACHED');
  });
});

describe('a durable turn', () => {
  it('with more than 10,000 effects, or more than 4 MB of them, ends with TurnLimitError and leaves no state', async () => {
    const { keeper } = await open(DURABLE);
    await expect(keeper.ask.largeEffects(5, 1_000_000)).rejects.toMatchObject({ code: 'PS_TURN_LIMIT' });
    await expect(keeper.with({ timeout: '2m' }).ask.effects(10_001)).rejects.toMatchObject({ code: 'PS_TURN_LIMIT' });
    expect(await keeper.ask.current()).toEqual({ count: 1, value: null });
    expect(await keeper.ask.add()).toBe(2);
  }, 120_000);

  it('with more than 10,000 sends ends with TurnLimitError and sends none', async () => {
    const { app, keeper } = await open(DURABLE);
    await expect(keeper.ask.sends(10_001)).rejects.toMatchObject({ code: 'PS_TURN_LIMIT' });
    expect(await app.system.ref('subject', 'other').ask('current')).toEqual({ count: 0, value: null });
    expect(await keeper.ask.add()).toBe(2);
  });

  it('whose effect gives what cannot be recorded fails by that error', async () => {
    const { keeper } = await open(DURABLE);
    await expect(keeper.ask.badEffect('function')).rejects.toMatchObject({ code: 'PS_INVALID_PAYLOAD' });
    const kinds = (await keeper.history.entries()).map((entry) => entry.kind);
    expect(kinds.slice(-3)).toEqual(['MessageReceived', 'SideEffectExecuted', 'MessageProcessed']);
    expect(await keeper.ask.add()).toBe(2);
  });

  it('of a repeated idempotency key with another payload is a conflict', async () => {
    const { keeper, refused } = await open(DURABLE);
    const keyed = keeper.with({ idempotencyKey: 'k' });
    expect(await keyed.ask.keep({ a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
    await refused(() => keyed.ask.keep({ a: 1, b: 3 }), 'PS_IDEMPOTENCY_CONFLICT');
    await refused(() => keyed.tell.keep(1), 'PS_IDEMPOTENCY_CONFLICT');
  });
});

describe('a store that was damaged', () => {
  const Checkpointed = actorOf(Keeper, { type: 'kept' }, durability({ checkpointEvery: 2 }), virtualActor());

  /** A stop is a turn, too. */
  async function written(turns: number) {
    const { tables } = new MemoryStorage();
    const app = await startApp({ actors: [Checkpointed], storage: new MemoryStorage(tables) });
    const keeper = app.client(Checkpointed).ref('a');
    for (let i = 0; i < turns; i++) {
      await keeper.ask.add();
      if (turns > 1) await app.client(Checkpointed).ref('a').stop(); // waits for the checkpoint that is being written
    }
    await app.close();
    const reopen = async () => {
      const again = await startApp({ actors: [Checkpointed], storage: new MemoryStorage(tables) });
      return { again, keeper: again.client(Checkpointed).ref('a') };
    };
    return { tables, actor: keeper.actorId, reopen };
  }

  it('in an entry: every message is refused by name, others are served, and nothing is written', async () => {
    const { tables, actor, reopen } = await written(1);
    const { entries } = tables.actors.get(actor)!;
    entries.at(-1)!.bytes[12]! ^= 0x40;
    const before = entries.length;
    const { again, keeper } = await reopen();
    const corrupt = { code: 'PS_CORRUPT_RECORD', actor };
    await expect(keeper.ask.add()).rejects.toMatchObject(corrupt);
    await expect(keeper.ask.current()).rejects.toMatchObject(corrupt);
    await expect(keeper.history.entries()).rejects.toMatchObject(corrupt);
    await expect(keeper.activate()).rejects.toMatchObject(corrupt);
    expect(await again.client(Checkpointed).ref('b').ask.add()).toBe(1);
    expect(entries).toHaveLength(before);
  });

  it('in the newest checkpoint: the one before is used, and a warning names it', async () => {
    const { tables, actor, reopen } = await written(5);
    const checkpoints = tables.checkpoints.get(actor)!;
    expect(checkpoints.length).toBeGreaterThan(1);
    checkpoints.at(-1)!.bytes[checkpoints.at(-1)!.bytes.length - 1]! ^= 1;
    const { again, keeper } = await reopen();
    expect(await keeper.ask.add()).toBe(6);
    expect(again.complaints).toEqual([expect.stringMatching(/Checkpoint.*older checkpoint is used/)]);
  });

  it('in every checkpoint, and truncated: a CorruptRecordError, never an empty actor', async () => {
    const { tables, actor, reopen } = await written(5);
    const checkpoints = tables.checkpoints.get(actor)!;
    for (const { bytes } of checkpoints) bytes[bytes.length - 1]! ^= 1;
    const held = tables.actors.get(actor)!;
    const cut = checkpoints[0]!.seq;
    held.entries = held.entries.slice(cut);
    held.firstSeq += cut;
    const { keeper } = await reopen();
    await expect(keeper.ask.add()).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    await expect(keeper.orCreate()).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
  });

  it('in its last entries: a checkpoint ahead of its journal is an error of its own', async () => {
    const { tables, actor, reopen } = await written(4);
    const held = tables.actors.get(actor)!;
    held.entries = held.entries.slice(0, 2);
    held.head = { ...held.head, seq: 2 };
    const { keeper } = await reopen();
    await expect(keeper.ask.add()).rejects.toMatchObject({ code: 'PS_CHECKPOINT_AHEAD' });
  });

  it('by a newer version of the class: SchemaTooNewError, and nothing is written', async () => {
    const options = { type: 'evolving' };
    const facets = [durability(), virtualActor()];
    const Newer = actorOf(Keeper, { ...options, schema: 2 }, ...facets);
    const Older = actorOf(Keeper, { ...options, schema: 1 }, ...facets);
    const { tables } = new MemoryStorage();
    const first = await startApp({ actors: [Newer], storage: new MemoryStorage(tables) });
    const { actorId } = first.client(Newer).ref('a');
    await first.client(Newer).ref('a').ask.add();
    await first.close();
    const { length } = tables.actors.get(actorId)!.entries;
    const second = await startApp({ actors: [Older], storage: new MemoryStorage(tables) });
    const tooNew = { code: 'PS_SCHEMA_TOO_NEW', found: 2, supported: 1 };
    await expect(second.client(Older).ref('a').ask.add()).rejects.toMatchObject(tooNew);
    await expect(second.client(Older).ref('a').ask.current()).rejects.toMatchObject(tooNew);
    await expect(second.client(Older).ref('a').orCreate()).rejects.toMatchObject(tooNew);
    expect(tables.actors.get(actorId)!.entries).toHaveLength(length);
    expect(await second.client(Older).ref('b').ask.add()).toBe(1);
  });
});
