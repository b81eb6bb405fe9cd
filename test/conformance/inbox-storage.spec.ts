import { describeInboxStorage } from '#testing/conformance';
import { memory, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [memory(), sqliteFile(), sqliteInMemory()]) describeInboxStorage(backend);
