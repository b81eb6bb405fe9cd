import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplicationContext, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ActorClient, ActorSystem, PlexSpacesModule, getActorToken } from 'plexspaces';
import { RedisStorageModule } from 'plexspaces/redis';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import type { Store } from '../servers/store';

/** A running application, as a user starts it. */
export interface App {
  client<T extends object>(cls: Type<T>): ActorClient<T>;
  readonly storage: Storage;
  readonly system: ActorSystem;
  close(): Promise<void>;
}

/** An error at start-up is thrown, and nothing is written between the lines of progress. */
const QUIET = { logger: false, abortOnError: false } as const;

type RootOptions = NonNullable<Parameters<typeof PlexSpacesModule.forRoot>[0]>;

/** Storage `null`: memory, the default. */
export function startApp(storage: DynamicModule | null, ...providers: Provider[]): Promise<App> {
  return start(storage === null ? { allowInMemoryStorage: true } : { storage }, providers);
}

export function startOn(store: Store, ...providers: Provider[]): Promise<App> {
  return startApp(moduleOf(store), ...providers);
}

/** With every payload encrypted, under a key that nobody keeps. */
export function startEncryptedOn(store: Store, ...providers: Provider[]): Promise<App> {
  const encryption = { keys: { bench: randomBytes(32) }, current: 'bench' };
  return start({ storage: moduleOf(store), encryption }, providers);
}

async function start(options: RootOptions, providers: Provider[]): Promise<App> {
  const context = await NestFactory.createApplicationContext(
    {
      module: class BenchModule {},
      imports: [PlexSpacesModule.forRoot(options), PlexSpacesModule.forFeature(providers)],
    },
    QUIET,
  );
  return appOf(context);
}

function moduleOf({ storage, url }: Store): DynamicModule {
  switch (storage) {
    case 'sqlite':
      return TypeormStorageModule.sqlite(url);
    case 'postgres':
      return TypeormStorageModule.postgres(url, { migrate: true });
    case 'redis':
      return RedisStorageModule.forRoot(url);
  }
}

function appOf(context: INestApplicationContext): App {
  return {
    client: <T extends object>(cls: Type<T>) => context.get<ActorClient<T>>(getActorToken(cls), { strict: false }),
    storage: context.get<Storage>(STORAGE, { strict: false }),
    system: context.get(ActorSystem, { strict: false }),
    close: () => context.close(),
  };
}
