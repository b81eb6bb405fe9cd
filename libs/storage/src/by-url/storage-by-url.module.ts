import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { STORAGE } from '#spi';
import { type OpenedStorage, openParsed } from './open-storage';
import { parseStorageUrl } from './storage-url';

/** What `forRoot({ storage: 'sqlite:./data.db' })` imports: opened while Nest boots, closed after actors have drained. */
@Module({})
export class StorageByUrlModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: OpenedStorage) {}

  /** @throws InvalidStorageUrlError at once: a wrong URL stops the application before anything is opened */
  static of(url: string): DynamicModule {
    const parsed = parseStorageUrl(url);
    return {
      module: StorageByUrlModule,
      providers: [{ provide: STORAGE, useFactory: () => openParsed(parsed) }],
      exports: [STORAGE],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}
