import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { STORAGE } from '#spi';
import { MemoryStorage } from './memory-storage';

/** Provides a store of its own to the application that imports it. Everything in it is gone when the process ends. @publicApi */
@Module({
  providers: [{ provide: STORAGE, useFactory: () => new MemoryStorage() }],
  exports: [STORAGE],
})
export class MemoryStorageModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: MemoryStorage) {}

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}
