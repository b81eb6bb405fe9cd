import { describePersistentStorage } from '#testing/conformance';
import { encryptedSnapshots, fsSnapshots, memorySnapshots } from './backends';

for (const backend of [
  memorySnapshots(),
  fsSnapshots(['none']),
  fsSnapshots(['zstd']),
  fsSnapshots(['none', 'zstd']),
  encryptedSnapshots(memorySnapshots()),
  encryptedSnapshots(fsSnapshots(['none'])),
]) {
  describePersistentStorage(backend);
}
