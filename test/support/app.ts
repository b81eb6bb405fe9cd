import type { DynamicModule, LoggerService, Provider, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { type ActorClient, ActorSystem, type LifecycleEvent, PlexSpacesModule, getActorToken } from 'plexspaces';
import { STORAGE, type Storage } from 'plexspaces/spi';

type RootOptions = NonNullable<Parameters<typeof PlexSpacesModule.forRoot>[0]>;

export interface AppParts extends Omit<RootOptions, 'storage'> {
  readonly actors: readonly Type<object>[];
  readonly providers?: readonly Provider[];
  /** A storage module or URL; or a storage that outlives the application, to start another one on. */
  readonly storage?: DynamicModule | Storage | string | undefined;
}

/** An application under test. */
export interface App {
  readonly module: TestingModule;
  readonly system: ActorSystem;
  /** What it logged as warning or error. */
  readonly complaints: readonly string[];
  readonly events: readonly LifecycleEvent[];
  client<T extends object>(cls: Type<T>): ActorClient<T>;
  close(): Promise<void>;
}

const running = new Set<TestingModule>();

/** An application with these actors. Closed by {@link closeApps}, if the test has not done so. */
export async function startApp({ actors, providers = [], storage, ...options }: AppParts): Promise<App> {
  const root: RootOptions = storage === undefined ? options : { ...options, storage: asModule(storage) };
  const module = await Test.createTestingModule({
    imports: [PlexSpacesModule.forRoot(root), PlexSpacesModule.forFeature([...actors])],
    providers: [...providers],
  }).compile();
  const complaints: string[] = [];
  const events: LifecycleEvent[] = [];
  module.useLogger(listener(complaints));
  const system = module.get(ActorSystem);
  system.events$.subscribe((event) => events.push(event));
  try {
    await module.init();
  } catch (error) {
    await module.close(); // what it had opened by then
    throw error;
  }
  running.add(module);
  return {
    module,
    system,
    complaints,
    events,
    client: (cls) => module.get(getActorToken(cls)),
    close: async () => {
      running.delete(module);
      await module.close();
    },
  };
}

export async function closeApps(): Promise<void> {
  const modules = [...running];
  running.clear();
  await Promise.all(modules.map((module) => module.close()));
}

/** Nobody closes it: another application may be started on what is in it, as after a crash. */
function asModule(storage: DynamicModule | Storage | string): DynamicModule | string {
  if (typeof storage === 'string' || 'module' in storage) return storage;
  class KeptStorageModule {}
  return { module: KeptStorageModule, providers: [{ provide: STORAGE, useValue: storage }], exports: [STORAGE] };
}

function listener(complaints: string[]): LoggerService {
  const note = (message: unknown): void => void complaints.push(String(message));
  const ignore = (): void => undefined;
  return { log: ignore, debug: ignore, verbose: ignore, warn: note, error: note, fatal: note };
}
