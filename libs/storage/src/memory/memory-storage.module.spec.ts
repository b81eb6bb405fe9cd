import { Test } from '@nestjs/testing';
import { type Storage, STORAGE } from '#spi';
import { MemoryJournalStorage } from './memory-journal-storage';
import { MemoryStorageModule } from './memory-storage.module';

describe('MemoryStorageModule', () => {
  it('provides a store, and closes it on shutdown, twice without harm', async () => {
    const module = await Test.createTestingModule({ imports: [MemoryStorageModule] }).compile();
    await module.init();
    const storage = module.get<Storage>(STORAGE, { strict: false });
    expect((await storage.journal.head('a')).status).toBe('absent');
    await module.close();
    await module.close();
    await expect(storage.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    await expect(storage.checkpoints.list('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
  });

  it('is not needed for a journal, which works alone', async () => {
    const journal = new MemoryJournalStorage();
    expect(await journal.flush([])).toEqual([]);
  });
});
