import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failpoint } from '#spi';

/**
 * Replaces a file so that after a crash the old bytes are there or the new, never a mixture: a temporary file beside
 * it, flushed, renamed over it, and the folder flushed, without which the rename itself may be lost.
 */
export function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  return replaceAtomically(path, (file) => file.writeFile(bytes));
}

/** The same for content that comes piece by piece. */
export async function replaceAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}-${++written}${TEMPORARY}`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await write(file);
      failpoint('fs.afterTemp');
      await file.sync();
    } finally {
      await file.close();
    }
    failpoint('fs.afterSync');
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  failpoint('fs.afterRename');
  await syncFolder(dirname(path));
}

/** Keeps temporary names of this process apart. */
let written = 0;

/** What a crash can leave behind ends so; it is never read. */
export const TEMPORARY = '.tmp';

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** `null` when there is no such file; any other trouble is an error (C4, S1). */
export async function readIfPresent(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A name for any id: of one length, the same on file systems that fold case, and with no way out of its folder. */
export function fileNameOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
