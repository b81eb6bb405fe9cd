import { describeCheckpointStorage } from '#testing/conformance';
import { checkpointsOf, encrypted, fsCheckpoints, memory, simDisk, sqliteFile, sqliteInMemory } from './backends';

for (const backend of [
  memory(),
  sqliteFile(),
  sqliteInMemory(),
  simDisk('at once'),
  simDisk('step by step'),
  encrypted(memory()),
  encrypted(sqliteFile()),
]) {
  describeCheckpointStorage(checkpointsOf(backend));
}
describeCheckpointStorage(fsCheckpoints());
