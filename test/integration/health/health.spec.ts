import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import {
  Actor,
  ActorSystem,
  DeadLetters,
  Handle,
  MemoryStorage,
  PlexSpacesModule,
  State,
  type UntypedRef,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { type HealthIndicator, PlexSpacesHealth, PlexSpacesHealthModule, SUPERVISION_HEALTH } from 'plexspaces/health';
import type { Env } from 'plexspaces/spi';
import { STORAGE } from 'plexspaces/spi';
import { ManualClock } from 'plexspaces/testing';
import { Gate, settle } from '../../support/gate';
import { resolveHealthOptions } from '../../../libs/core/src/health/health.options';

let gate: Gate;

abstract class Subject {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() async busy(): Promise<void> {
    await gate.pass();
  }
  @Handle({ retry: { maxAttempts: 1 } }) fails(): void {
    throw new Error('the printer is on fire');
  }
}

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
class Kept extends Subject {}

@Actor({ type: 'holding', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Holding extends Subject {}

@Actor({ type: 'broken' })
@UseFacets(durability(), virtualActor())
class Broken extends Subject {
  onActivate(): void {
    throw new Error('no such printer');
  }
}

/** As an application has it. */
@Controller('health')
class HealthController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly health: PlexSpacesHealth,
  ) {}

  @Get('live') @HealthCheck() live() {
    return this.terminus.check(this.health.liveness());
  }
  @Get('ready') @HealthCheck() ready() {
    return this.terminus.check(this.health.readiness());
  }
  @Get() @HealthCheck() all() {
    return this.terminus.check([...this.health.readiness(), ...this.health.details()]);
  }
}

let app: INestApplication;
let storage: MemoryStorage;
let health: PlexSpacesHealth;

async function start(env?: Env, failed: readonly string[] = [], tables?: MemoryStorage['tables']): Promise<void> {
  storage = new MemoryStorage(tables);
  @Module({ providers: [{ provide: STORAGE, useValue: storage }], exports: [STORAGE] })
  class KeptStorageModule {}
  const supervision = { provide: SUPERVISION_HEALTH, useValue: { status: () => ({ supervisors: 1, failed }) } };
  @Module({ providers: [supervision], exports: [supervision] })
  class SupervisionModule {}
  const healthModule = PlexSpacesHealthModule.forRoot({ resources: { diskPath: '/tmp', minFreeBytes: 1 } });
  const module = await Test.createTestingModule({
    imports: [
      PlexSpacesModule.forRoot({ storage: { module: KeptStorageModule }, env }),
      PlexSpacesModule.forFeature([Kept, Holding, Broken]),
      { ...healthModule, imports: [SupervisionModule] },
      TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: 0 }),
    ],
    controllers: [HealthController],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  health = app.get(PlexSpacesHealth);
}

beforeEach(() => (gate = new Gate()));
afterEach(async () => {
  gate.open();
  await app.close();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly details: Record<string, Record<string, unknown>> };
}

async function get(path: string): Promise<Answer> {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const response = await fetch(`http://127.0.0.1:${port}/health/${path}`);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const system = (): ActorSystem => app.get(ActorSystem);
const ref = (type: string, key = 'a'): UntypedRef => system().ref(type, key);
const asked = async (indicator: HealthIndicator): Promise<Record<string, unknown>> =>
  Object.values(await indicator())[0] as Record<string, unknown>;

describe('health endpoints with Terminus', () => {
  it('[OB14] are up on a node that runs, and name what was looked at', async () => {
    await start();
    await ref('kept').ask('add', 1);
    expect((await get('live')).status).toBe(200);
    expect((await get('ready')).status).toBe(200);
    const { status, body } = await get('');
    expect(status).toBe(200);
    expect(Object.keys(body.details)).toEqual([
      'node',
      'ownership',
      'storage',
      'backlog',
      'supervision',
      'actors',
      'resources',
    ]);
    expect(body.details['node']).toMatchObject({ status: 'up', state: 'running' });
    expect(body.details['storage']).toMatchObject({ status: 'up', backend: 'memory' });
    expect(body.details['ownership']).toMatchObject({ status: 'up', state: 'owner' });
    expect(body.details['resources']).toMatchObject({ status: 'up', degraded: false, short: [] });
  });

  it('[OB14] a draining node is not ready, and alive', async () => {
    await start();
    const running = ref('kept').ask('busy');
    await gate.reached;
    const drained = system().drain();
    const { status, body } = await get('ready');
    expect(status).toBe(503);
    expect(body.details['node']).toMatchObject({ status: 'down', state: 'draining' });
    expect((await get('live')).status).toBe(200);
    gate.open();
    await running;
    await drained;
  });

  it('a supervisor that gave up makes it down, by name', async () => {
    await start(undefined, ['Printers']);
    const { status, body } = await get('ready');
    expect(status).toBe(503);
    expect(body.details['supervision']).toMatchObject({ status: 'down', failed: ['Printers'] });
  });
});

describe('indicators', () => {
  it('[OB15] show failed, parked and held actors by id, until they are well again', async () => {
    await start();
    await expect(ref('broken', 'b').ask('add', 1)).rejects.toThrow('no such printer');
    await ref('kept', 'p').tell('fails');
    await ref('holding', 'h').tell('fails');
    for (let i = 0; i < 1_000 && ((await asked(() => health.actors()))['held'] as { count: number }).count === 0; i++)
      await settle(1);
    const facts = await asked(() => health.actors());
    expect(facts).toMatchObject({
      status: 'up',
      degraded: true,
      failed: {
        count: 1,
        actors: [{ actor: 'default/default/broken/b', reason: expect.stringContaining('no such printer') }],
      },
      held: { count: 1, actors: ['default/default/holding/h'] },
      parked: { count: 2, actors: expect.arrayContaining([{ actor: 'default/default/kept/p', messages: 1 }]) },
    });
  });

  it('[OB15] show what earlier lives have parked, however much it is, until it is settled', async () => {
    await start();
    const keys = Array.from({ length: 1_001 }, (_, i) => `p${i}`);
    await Promise.all(keys.map((key) => ref('kept', key).tell('fails')));
    await system().drain();
    await app.close();
    await start(undefined, [], storage.tables);
    const facts = await asked(() => health.actors());
    expect(facts).toMatchObject({ degraded: true, failed: { count: 0 }, parked: { count: 1_000, more: true } });
    const { actors } = facts['parked'] as { actors: { actor: string; messages: number }[] };
    expect(actors).toHaveLength(20);
    expect(actors[0]).toEqual({ actor: 'default/default/kept/p0', messages: 1 });
    const letters = app.get(DeadLetters);
    for (const letter of (await letters.list({ limit: 1_000 })).letters) await letters.discard(letter);
    const [last] = (await letters.list()).letters;
    expect(await asked(() => health.actors())).toMatchObject({ parked: { count: 1, more: false } });
    await letters.discard(last!);
    expect(await asked(() => health.actors())).toMatchObject({ degraded: false, parked: { count: 0, actors: [] } });
  });

  it.each([
    ['disk', { diskPath: '/tmp', minFreeBytes: Number.MAX_SAFE_INTEGER }],
    ['memory', { maxRssBytes: 1 }],
    ['heap', { maxHeapShare: 0.000_001 }],
  ])('[OB17] %s that runs out makes the node degraded, not down', async (short, resources) => {
    await start(new ManualClock());
    const poor = new PlexSpacesHealth(system(), resolveHealthOptions({ resources }));
    poor.onModuleInit();
    expect(await asked(() => poor.resources())).toMatchObject({ status: 'up', degraded: true, short: [short] });
    poor.onApplicationShutdown();
  });

  it('[OB17] an event loop that is held up does so as well', async () => {
    const clock = new ManualClock();
    await start(clock);
    expect(await asked(() => health.resources())).toMatchObject({ degraded: false, short: [] });
    const { monotonic } = clock;
    clock.monotonic = () => monotonic.call(clock) + 3_000; // the timers are late by that
    expect(await asked(() => health.resources())).toMatchObject({ degraded: true, short: ['eventLoop'] });
    clock.monotonic = monotonic;
  });

  it('[OB16] a store that fails, or does not answer, is down and named; it is up when it is back', async () => {
    const clock = new ManualClock();
    await start(clock);
    const { head } = storage.journal;
    storage.journal.head = () => Promise.reject(new Error('the cable is out'));
    expect(await asked(() => health.storage())).toEqual({
      status: 'down',
      backend: 'memory',
      reason: 'the cable is out',
    });
    storage.journal.head = () => new Promise(() => undefined);
    const silent = asked(() => health.storage());
    await clock.advance('2s');
    expect(await silent).toMatchObject({ status: 'down', reason: 'no answer within 2000 ms' });
    storage.journal.head = head;
    expect(await asked(() => health.storage())).toMatchObject({ status: 'up' });
  });

  it('the node is not ready when nothing comes of what is to be written, after the time given', async () => {
    const clock = new ManualClock();
    await start(clock);
    await ref('kept').ask('add', 1);
    const { flush } = storage.journal;
    let goOn = (): void => undefined;
    storage.journal.flush = async (writes) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      return flush.call(storage.journal, writes);
    };
    const stuck = ref('kept').ask('add', 1);
    await clock.advance('9s');
    expect(await asked(() => health.backlog())).toMatchObject({ status: 'up', writesStandStillMs: 9_000 });
    await clock.advance('2s');
    expect(await asked(() => health.backlog())).toMatchObject({ status: 'down', writesStandStillMs: 11_000 });
    expect(await asked(health.liveness()[0]!)).toMatchObject({ status: 'down' }); // the store answers: a restart may help
    storage.journal.flush = flush;
    goOn();
    await stuck;
    expect(await asked(() => health.backlog())).toMatchObject({ status: 'up', writesStandStillMs: 0 });
  });

  it('nor when the search for due work does not come back', async () => {
    const clock = new ManualClock();
    await start(clock);
    const { due } = storage.inbox;
    storage.inbox.due = () => new Promise(() => undefined);
    await clock.advance('31s'); // it looks at least every 30 s
    await clock.advance('11s');
    expect(await asked(() => health.backlog())).toMatchObject({ status: 'down' });
    storage.inbox.due = due;
  });

  it('a long turn is no standstill', async () => {
    const clock = new ManualClock();
    await start(clock);
    const running = ref('kept').ask('busy');
    await gate.reached;
    await clock.advance('20s');
    expect(await asked(() => health.backlog())).toMatchObject({ status: 'up' });
    gate.open();
    await running;
  });
});
