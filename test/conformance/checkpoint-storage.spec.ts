import { describeCheckpointStorage } from '#testing/conformance';
import { checkpointsOf, fsCheckpoints, memory, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [memory(), sqliteFile(), sqliteInMemory()]) describeCheckpointStorage(checkpointsOf(backend));
describeCheckpointStorage(fsCheckpoints());
