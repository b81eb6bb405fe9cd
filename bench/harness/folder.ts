import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

export const REPOSITORY = join(__dirname, '../..');

const TMPFS = 0x0102_1994;

/** Makes a folder on the disk of the repository: databases in memory would measure nothing. */
export function makeFolder(): string {
  const parent = join(REPOSITORY, '.cache');
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'bench-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === TMPFS;
}
