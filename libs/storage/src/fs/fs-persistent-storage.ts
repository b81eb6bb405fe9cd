import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PersistentStorage } from '#spi';
import { fileNameOf, readIfPresent, TEMPORARY, writeAtomically } from './atomic-file';
import { type Compression, decodeFile, encodeFile } from './file-format';
import { Lines } from './lines';

/** @publicApi */
export interface FsPersistentStorageOptions {
  /** Where the files lie; made when it is not there. */
  readonly directory: string;
  /** Of files written from now on; those written before stay readable. Default: 'none'. */
  readonly compression?: Compression;
}

const FILE = '.snapshot';

/** Directories made ready by this process: what a crash had left there is gone, what is temporary now is in use. */
const ready = new Map<string, Promise<void>>();

/** Snapshots as files, one per actor, for one process at a time. @publicApi */
export class FsPersistentStorage implements PersistentStorage {
  private readonly directory: string;
  private readonly compression: Compression;
  private readonly lines = new Lines();

  constructor({ directory, compression = 'none' }: FsPersistentStorageOptions) {
    this.directory = resolve(directory);
    this.compression = compression;
  }

  async tryRead(actorId: string): Promise<Uint8Array | null> {
    const content = await readIfPresent(this.pathOf(actorId));
    if (content === null) return null;
    return (await decodeFile(actorId, 'The snapshot file', content)).bytes;
  }

  async tryWrite(actorId: string, bytes: Uint8Array): Promise<void> {
    const own = new Uint8Array(bytes); // the caller may reuse its buffer
    await this.lines.run(actorId, async () => {
      const file = await encodeFile({ id: actorId, number: 0, bytes: own }, this.compression);
      await makeReady(this.directory);
      await writeAtomically(this.pathOf(actorId), file);
    });
  }

  private pathOf(actorId: string): string {
    return join(this.directory, `${fileNameOf(actorId)}${FILE}`);
  }
}

async function makeReady(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let sweeping = ready.get(directory);
  if (sweeping === undefined) {
    sweeping = sweep(directory);
    ready.set(directory, sweeping);
    sweeping.catch(() => ready.delete(directory)); // the write that waits for it fails too
  }
  await sweeping;
}

async function sweep(directory: string): Promise<void> {
  const names = await readdir(directory);
  const leftOver = names.filter((name) => name.includes(`${FILE}.`) && name.endsWith(TEMPORARY));
  await Promise.all(leftOver.map((name) => rm(join(directory, name), { force: true })));
}
