import { describeJournalStorage } from '#testing/conformance';
import { memory, simDisk, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [memory(), sqliteFile(), sqliteInMemory(), simDisk('at once'), simDisk('step by step')])
  describeJournalStorage(backend);
