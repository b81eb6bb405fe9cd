import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPOSITORY } from './folder';

const PEERS = join(REPOSITORY, 'bench/peers');

/** The one that was always there, and one that came last: a folder with one of them only is out of date. */
const PROOF = ['nact', '@restatedev/restate-server'];

/** No scripts: what runs of the peers runs in the benchmark. */
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'];

/** The peers are a package of their own, so that they never become dependencies of this one. */
const requirePeer = createRequire(join(PEERS, 'package.json'));

export function hasPeers(): boolean {
  return PROOF.every((name) => existsSync(peerPath(join(name, 'package.json'))));
}

/** Installs what bench/peers/package-lock.json names. @returns whether it is there afterwards */
export function installPeers(say: (line: string) => void): boolean {
  if (hasPeers()) return true;
  say(`Installing the peers to compare with in ${PEERS}, 250 MB …`);
  try {
    execFileSync('npm', INSTALL, { cwd: PEERS, stdio: ['ignore', 2, 2] });
  } catch {
    say('They could not be installed: the figures of peers are left out.');
  }
  return hasPeers();
}

export function loadPeer<T>(name: string): T {
  return requirePeer(name) as T;
}

/** A file of an installed peer. */
export function peerPath(file: string): string {
  return join(PEERS, 'node_modules', file);
}

export function peerVersion(name: string): string {
  return (JSON.parse(readFileSync(peerPath(join(name, 'package.json')), 'utf8')) as { version: string }).version;
}
