import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, so that it can be full. @throws where that is not allowed */
export function smallDisk(megabytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

export function removeDisk(folder: string): void {
  execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
}

export function canMount(): boolean {
  try {
    removeDisk(smallDisk(1));
    return true;
  } catch {
    return false;
  }
}
