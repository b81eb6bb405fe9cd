import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPOSITORY } from './folder';

const PEERS = join(REPOSITORY, 'bench/peers');

/** The peers are a package of their own, so that they never become dependencies of this one. */
const requirePeer = createRequire(join(PEERS, 'package.json'));

export function hasPeers(): boolean {
  return existsSync(join(PEERS, 'node_modules/nact/package.json'));
}

/** Installs what bench/peers/package-lock.json names. @returns whether it is there afterwards */
export function installPeers(say: (line: string) => void): boolean {
  if (hasPeers()) return true;
  say('Installing the peers to compare with (npm run bench:peers) …');
  try {
    execFileSync('npm', ['run', '--silent', 'bench:peers'], { cwd: REPOSITORY, stdio: ['ignore', 2, 2] });
  } catch {
    say('They could not be installed: the figures of peers are left out.');
  }
  return hasPeers();
}

export function loadPeer<T>(name: string): T {
  return requirePeer(name) as T;
}

export function peerVersion(name: string): string {
  return (requirePeer(`${name}/package.json`) as { version: string }).version;
}
