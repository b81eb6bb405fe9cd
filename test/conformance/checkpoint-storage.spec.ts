import { describeCheckpointStorage } from '#testing/conformance';
import { checkpointsOf, fsCheckpoints, memory, simDisk, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [memory(), sqliteFile(), sqliteInMemory(), simDisk('at once'), simDisk('step by step')]) {
  describeCheckpointStorage(checkpointsOf(backend));
}
describeCheckpointStorage(fsCheckpoints());
