import { createReadStream } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import {
  type ExportOptions,
  type Exported,
  type Imported,
  checkImport,
  exportActors,
  importActors,
  readArchive,
} from '#journal';
import { type Storage, StorageUnavailableError } from '#spi';
import { replaceAtomically } from '#storage/fs';

/**
 * Written beside its name, synced, renamed: there is a whole archive or none. When this returns it is on the disk. No file is
 * replaced: an older archive may be all there is of what it holds.
 */
export async function exportToFile(
  store: Storage,
  file: string,
  nowMs: number,
  options: ExportOptions,
): Promise<Exported> {
  if ((await lstat(file).catch(() => null)) !== null)
    throw new StorageUnavailableError(file, 'there is a file of that name', { remedy: 'Name another one.' });
  let exported: Exported = new Map();
  try {
    await replaceAtomically(file, async (handle) => {
      const lines = exportActors(store, nowMs, options);
      for (let next = await lines.next(); ; next = await lines.next()) {
        if (next.done === true) {
          exported = next.value;
          return;
        }
        await handle.write(next.value);
      }
    });
  } catch (error) {
    throw aboutFile(file, error);
  }
  return exported;
}

/** Reads the file twice: nothing is written before all of it has been found whole, and to fit. */
export async function importFromFile(
  store: Storage,
  file: string,
  onActor: (actor: string) => void,
): Promise<Imported> {
  const found = await stat(file).catch(() => null);
  if (found === null) throw new StorageUnavailableError(file, 'there is no such file');
  if (!found.isFile()) throw new StorageUnavailableError(file, 'it is no file');
  await checkImport(store, readArchive(file, linesOf(file)));
  return importActors(store, readArchive(file, linesOf(file)), onActor);
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
}

/** Errors of the file system say which file they are about. */
function aboutFile(file: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof syscall !== 'string') return error;
  return new StorageUnavailableError(file, `${syscall} failed with ${code ?? 'an error'}`, { cause: error });
}
