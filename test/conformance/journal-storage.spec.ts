import { describeJournalStorage } from '#testing/conformance';
import { encrypted, memory, simDisk, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [
  memory(),
  sqliteFile(),
  sqliteInMemory(),
  simDisk('at once'),
  simDisk('step by step'),
  encrypted(memory()),
  encrypted(sqliteFile()),
])
  describeJournalStorage(backend);
