import { type DynamicModule, Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { STORAGE, type Storage } from '#spi';
import type { RedisOptions } from './redis-options';
import { RedisStorage } from './redis-storage';

const logger = new Logger('PlexSpaces');

/**
 * A Redis server or cluster as the store of an application. It is opened while Nest boots, so a server that cannot be used
 * stops the start, by name and with a remedy; it is closed in `onApplicationShutdown`, after actors have drained.
 * @publicApi
 */
@Module({})
export class RedisStorageModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: Storage & { close(): Promise<void> }) {}

  /** @param given `redis://user:password@host:port/database`, or options with such a URL */
  static forRoot(given: string | RedisOptions): DynamicModule {
    const options = typeof given === 'string' ? { url: given } : given;
    const warn = (message: string): void => logger.warn(message);
    return {
      module: RedisStorageModule,
      providers: [{ provide: STORAGE, useFactory: () => RedisStorage.open({ warn, ...options }) }],
      exports: [STORAGE],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}
