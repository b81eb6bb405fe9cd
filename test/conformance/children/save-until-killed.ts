// Saves checkpoints and a snapshot of one actor, and writes down each acknowledgement, until somebody kills it.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { FsCheckpointStorage, FsPersistentStorage } from '#storage/fs';

async function main(): Promise<void> {
  const directory = process.argv[2] as string;
  const checkpoints = new FsCheckpointStorage(join(directory, 'checkpoints'));
  const snapshots = new FsPersistentStorage({ directory: join(directory, 'snapshots'), compression: 'zstd' });
  for (let seq = 1; ; seq++) {
    const bytes = new Uint8Array(50_000).fill(seq);
    await checkpoints.save({ actor: 'a', seq, time: seq, bytes }, 2);
    writeSync(1, `checkpoint ${seq}\n`);
    await snapshots.tryWrite('a', bytes);
    writeSync(1, `snapshot ${seq}\n`);
  }
}

void main();
