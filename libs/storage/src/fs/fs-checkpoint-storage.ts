import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CheckpointRecord, type CheckpointStorage, StoreClosedError, failpoint } from '#spi';
import { fileNameOf, readIfPresent, syncFolder, TEMPORARY, writeAtomically } from './atomic-file';
import { decodeFile, encodeFile } from './file-format';
import { Lines } from './lines';

/** One line per folder in this process, whichever handle a save comes through, so that pruning never races a save. */
const lines = new Lines();

const FILE = /^(\d{16})\.checkpoint$/;

/**
 * Checkpoints as files: a folder per actor, a file per checkpoint, named by its sequence number.
 * One process at a time; several handles in it may share a directory.
 * @publicApi
 */
export class FsCheckpointStorage implements CheckpointStorage {
  readonly name = 'fs';
  private readonly directory: string;
  private isOpen = true;

  constructor(directory: string) {
    this.directory = resolve(directory);
  }

  async save({ actor, seq, time, bytes }: CheckpointRecord, keep: number): Promise<void> {
    this.check();
    const own = new Uint8Array(bytes); // the caller may reuse its buffer
    const folder = this.folderOf(actor);
    await lines.run(folder, async () => {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      if (made !== undefined) await syncFolder(this.directory);
      // Checkpoints come compressed already; their bytes carry a mark that says so.
      await writeAtomically(
        join(folder, fileOf(seq)),
        await encodeFile({ id: actor, number: time, bytes: own }, 'none'),
      );
      failpoint('checkpoint.beforePrune');
      await this.prune(folder, keep);
      failpoint('checkpoint.afterPrune');
    });
  }

  async latest(actor: string, throughSeq = Number.MAX_SAFE_INTEGER): Promise<CheckpointRecord | null> {
    this.check();
    const folder = this.folderOf(actor);
    for (;;) {
      const seq = (await seqsIn(folder)).find((held) => held <= throughSeq);
      if (seq === undefined) return null;
      const content = await readIfPresent(join(folder, fileOf(seq)));
      if (content === null) continue; // pruned between the two: there are newer ones
      const { number: time, bytes } = await decodeFile(actor, `The checkpoint file at seq ${seq}`, content);
      return { actor, seq, time, bytes };
    }
  }

  async list(actor: string): Promise<readonly number[]> {
    this.check();
    return seqsIn(this.folderOf(actor));
  }

  async purge(actor: string): Promise<void> {
    this.check();
    const folder = this.folderOf(actor);
    await lines.run(folder, async () => {
      await rm(folder, { recursive: true, force: true });
      await syncFolder(this.directory).catch(ignoreAbsent); // nothing was ever saved here
    });
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }

  private async prune(folder: string, keep: number): Promise<void> {
    const names = await readdir(folder);
    const old = (await seqsIn(folder)).slice(Math.max(1, keep)).map(fileOf);
    const leftOver = names.filter((name) => name.endsWith(TEMPORARY)); // of a crash: nobody else writes here now
    await Promise.all([...old, ...leftOver].map((name) => rm(join(folder, name), { force: true })));
  }

  private folderOf(actor: string): string {
    return join(this.directory, fileNameOf(actor));
  }

  private check(): void {
    if (!this.isOpen) throw new StoreClosedError('fs');
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function fileOf(seq: number): string {
  return `${String(seq).padStart(16, '0')}.checkpoint`;
}

/** Newest first. */
async function seqsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}
