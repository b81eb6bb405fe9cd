import { Controller, Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Actor,
  ActorClient,
  ActorRegistry,
  ActorSystem,
  durability,
  getActorToken,
  Handle,
  InjectActor,
  InvalidOptionsError,
  PLEXSPACES_OPTIONS,
  PlexSpacesModule,
  type PlexSpacesOptions,
  type PlexSpacesOptionsFactory,
  provideActors,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
  UnknownActorTypeError,
  UseFacets,
  virtualActor,
} from '#core';
import { RUNTIME_STORAGE } from '../../libs/core/src/plexspaces.providers';
import { type CheckpointStorage, ENV, STORAGE, type Storage, SystemEnv } from '#spi';
import { MemoryCheckpointStorage, MemoryStorageModule, MemoryTables } from '#storage/memory';

@Injectable()
class Rates {
  today(): number {
    return 2;
  }
}

@Actor({ type: 'counter' })
@UseFacets(virtualActor())
class Counter {
  value = 0;
  constructor(readonly rates: Rates) {}
  @Handle() increment(by: number): number {
    return (this.value += by * this.rates.today());
  }
}

@Injectable()
class Service {
  constructor(@InjectActor(Counter) readonly counters: ActorClient<Counter>) {}
}

const running: TestingModule[] = [];

async function start(metadata: ModuleMetadata): Promise<TestingModule> {
  const app = await Test.createTestingModule(metadata).compile();
  app.useLogger(false);
  running.push(app);
  return app.init();
}

afterEach(async () => {
  for (const app of running.splice(0)) await app.close().catch(() => undefined);
  jest.restoreAllMocks();
});

describe('forFeature', () => {
  it('makes the client of each actor injectable', async () => {
    const app = await start({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Counter, Rates])],
      providers: [Service],
    });
    const { counters } = app.get(Service);
    expect(counters).toBeInstanceOf(ActorClient);
    expect(app.get(getActorToken(Counter))).toBe(counters);
    expect(counters.ref('a').id).toEqual({
      tenant: 'default',
      namespace: 'default',
      type: 'counter',
      key: 'a',
    });
    expect(counters.ref('a', { tenant: 't' }).actorId).toBe('t/default/counter/a');
    expect(counters.within({ tenant: 't', namespace: 'n' }).ref('a').actorId).toBe('t/n/counter/a');
  });

  it('finds dependencies in the modules it is given', async () => {
    @Module({ providers: [Rates], exports: [Rates] })
    class RatesModule {}
    const app = await start({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Counter], { imports: [RatesModule] })],
      providers: [Service],
    });
    expect(app.get(ActorRegistry).all()).toHaveLength(1);
  });

  it('is not needed: provideActors makes an actor see the providers beside it', async () => {
    @Module({ providers: [Rates, ...provideActors(Counter)], exports: [getActorToken(Counter)] })
    class Feature {}
    const app = await start({ imports: [PlexSpacesModule.forRoot(), Feature], providers: [Service] });
    expect(app.get(Service).counters.ref('a').actorId).toBe('default/default/counter/a');
  });

  it('may name a class in several modules', async () => {
    @Module({ imports: [PlexSpacesModule.forFeature([Counter, Rates])], providers: [Service] })
    class A {}
    @Module({ imports: [PlexSpacesModule.forFeature([Counter, Rates])], providers: [Service] })
    class B {}
    const app = await start({ imports: [PlexSpacesModule.forRoot(), A, B] });
    expect(app.get(ActorRegistry).all()).toHaveLength(1);
  });

  it('refuses a class with handlers that is no actor', () => {
    class Forgotten {
      @Handle() ping(): void {}
    }
    expect(() => PlexSpacesModule.forFeature([Forgotten])).toThrow(/@Handle\(\) but no @Actor/);
    expect(() => InjectActor(Forgotten)).toThrow(/it has no @Actor/);
    expect(() => InjectActor(undefined as never)).toThrow(/two files import each other/);
  });
});

describe('the registry', () => {
  it('knows classes and types, and nothing that every object knows', async () => {
    const app = await start({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Counter, Rates])],
    });
    const registry = app.get(ActorRegistry);
    expect(registry.get('counter')).toBe(registry.byClass(Counter));
    for (const type of ['constructor', '__proto__', 'toString', 'Counter', ''])
      expect(() => registry.get(type)).toThrow(UnknownActorTypeError);
    expect(() => registry.byClass(Rates)).toThrow(UnknownActorTypeError);
  });
});

describe('options', () => {
  const nodeOf = (app: TestingModule) => app.get<ResolvedOptions>(RESOLVED_OPTIONS).nodeId;

  it('come from a factory, a class or another provider', async () => {
    @Injectable()
    class Config implements PlexSpacesOptionsFactory {
      createPlexSpacesOptions(): PlexSpacesOptions {
        return { nodeId: 'from-class' };
      }
    }
    @Module({ providers: [Config, { provide: 'name', useValue: 'from-factory' }], exports: [Config, 'name'] })
    class ConfigModule {}
    const imports = [ConfigModule];
    const factory = PlexSpacesModule.forRootAsync({
      imports,
      inject: ['name'],
      useFactory: async (nodeId: string) => ({ nodeId }),
      storage: MemoryStorageModule,
    });
    expect(nodeOf(await start({ imports: [factory] }))).toBe('from-factory');
    expect(nodeOf(await start({ imports: [PlexSpacesModule.forRootAsync({ useClass: Config })] }))).toBe('from-class');
    expect(nodeOf(await start({ imports: [PlexSpacesModule.forRootAsync({ imports, useExisting: Config })] }))).toBe(
      'from-class',
    );
  });

  it('may be overridden by a test', async () => {
    const app = await Test.createTestingModule({ imports: [PlexSpacesModule.forRoot({ nodeId: 'a' })] })
      .overrideProvider(PLEXSPACES_OPTIONS)
      .useValue({ nodeId: 'b' })
      .compile();
    expect(nodeOf(app)).toBe('b');
  });

  it('stop the application when one is bad or unknown', async () => {
    const bad = start({ imports: [PlexSpacesModule.forRoot({ askTimeout: 'soon' })] });
    await expect(bad).rejects.toThrow(InvalidOptionsError);
    await expect(bad).rejects.toThrow(/option askTimeout /);
    const unknown = start({ imports: [PlexSpacesModule.forRoot({ askTimeOut: 1 } as never)] });
    await expect(unknown).rejects.toThrow(/option askTimeOut is unknown/);
    const misplaced = PlexSpacesModule.forRootAsync({
      useFactory: () => ({ storage: MemoryStorageModule }) as never,
    });
    await expect(start({ imports: [misplaced] })).rejects.toThrow(/storage is unknown.*beside useFactory/);
  });

  it('stand once: a second forRoot is refused', async () => {
    const twice = start({ imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forRoot({ nodeId: 'b' })] });
    await expect(twice).rejects.toThrow(/forRoot\(\) was called for 2 modules/);
  });

  it('refuse a store that dies with the process in production, unless it is meant', async () => {
    jest.replaceProperty(process, 'env', { ...process.env, NODE_ENV: 'production' });
    const production = start({ imports: [PlexSpacesModule.forRoot()] });
    await expect(production).rejects.toThrow(/option storage is in memory.*allowInMemoryStorage: true/);
    await start({ imports: [PlexSpacesModule.forRoot({ allowInMemoryStorage: true })] });
  });

  it('refuse an actor that was promised another backend', async () => {
    @Actor({ type: 'durable' })
    @UseFacets(durability({ backend: 'postgres' }))
    class Durable {
      @Handle() ping(): void {}
    }
    const mismatch = start({ imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Durable])] });
    await expect(mismatch).rejects.toThrow(/backend of facet durability of Durable is "postgres".*"memory"/);
  });
});

describe('structure', () => {
  it('hands storage, checkpoints and env to the runtime', async () => {
    const checkpoints: CheckpointStorage = new MemoryCheckpointStorage(new MemoryTables());
    const env = new SystemEnv();
    const close = jest.spyOn(checkpoints, 'close');
    const app = await start({
      imports: [PlexSpacesModule.forRoot({ checkpoints, env, storage: MemoryStorageModule })],
    });
    expect(app.get(ENV)).toBe(env);
    expect(app.get<object>(RUNTIME_STORAGE)).toMatchObject({ checkpoints });
    expect(app.get<{ checkpoints: unknown }>(STORAGE, { strict: false }).checkpoints).not.toBe(checkpoints);
    await app.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('is global unless told otherwise', async () => {
    @Controller()
    class Elsewhere {
      constructor(@Inject(ActorSystem) readonly system: ActorSystem) {}
    }
    @Module({ controllers: [Elsewhere] })
    class Feature {}
    await start({ imports: [Feature, PlexSpacesModule.forRoot()] });
    const local = start({ imports: [Feature, PlexSpacesModule.forRoot({ isGlobal: false })] });
    await expect(local).rejects.toThrow(/can't resolve dependencies of the Elsewhere/);
  });
});

describe('the life of the application', () => {
  function record(): string[] {
    const log: string[] = [];
    for (const method of ['start', 'drain', 'close'] as const) {
      const original = ActorSystem.prototype[method];
      jest.spyOn(ActorSystem.prototype, method).mockImplementation(async function (this: ActorSystem) {
        log.push(method);
        await original.call(this);
      });
    }
    return log;
  }

  it('knows its actors before anything starts, drains before stores close, and closes once', async () => {
    const log = record();
    @Injectable()
    class Watch {
      constructor(private readonly registry: ActorRegistry) {}
      onApplicationBootstrap(): void {
        log.push(`bootstrap with ${this.registry.all().length}`);
      }
      beforeApplicationShutdown(): void {
        log.push('before shutdown');
      }
    }
    const app = await start({
      imports: [PlexSpacesModule.forRoot(), PlexSpacesModule.forFeature([Counter, Rates])],
      providers: [Watch],
    });
    expect([...log].sort()).toEqual(['bootstrap with 1', 'start']);
    log.length = 0;
    const journal = app.get<Storage>(STORAGE, { strict: false }).journal;
    const closeJournal = journal.close.bind(journal);
    jest.spyOn(journal, 'close').mockImplementation(async () => {
      log.push('store closed');
      await closeJournal();
    });
    await app.close();
    expect(log.filter((entry) => entry !== 'before shutdown')).toEqual(['drain', 'close', 'store closed']);
    await expect(app.close()).resolves.toBeUndefined(); // Nest calls the hooks once more
  });

  it('starts nothing by itself with autoStart: false', async () => {
    const log = record();
    const app = await start({ imports: [PlexSpacesModule.forRoot({ autoStart: false })] });
    expect(log).toEqual([]);
    await app.get(ActorSystem).start();
    expect(log).toEqual(['start']);
  });

  it('can be closed when it never started', async () => {
    const app = await start({ imports: [PlexSpacesModule.forRoot({ autoStart: false })] });
    await app.close();
  });
});
