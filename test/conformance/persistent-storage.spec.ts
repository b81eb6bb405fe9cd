import { describePersistentStorage } from '#testing/conformance';
import { fsSnapshots, memorySnapshots } from './backends';

for (const backend of [
  memorySnapshots(),
  fsSnapshots(['none']),
  fsSnapshots(['zstd']),
  fsSnapshots(['none', 'zstd']),
]) {
  describePersistentStorage(backend);
}
