import { describeInboxStorage } from '#testing/conformance';
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
  describeInboxStorage(backend);
