import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY, isInMemory, makeFolder, removeFolder } from './folder';
import { hasPeers, peerVersion } from './peers';
import { median } from './statistics';

const PROBES = 200;
const PAGE = Buffer.alloc(4_096, 1);

/** What the figures depend on besides the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Processes that wanted a core in the minute before, on average: with much beside the benchmark, figures sink. */
  readonly load: number;
  /** Median of one 4 KB write and its fsync, on the disk that the databases lie on. */
  readonly fsyncMs: number;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    load: loadavg()[0] ?? 0,
    fsyncMs: measureFsync(),
    versions: {
      node: process.version,
      plexspaces: versionOf('plexspaces'),
      '@nestjs/core': versionOf('@nestjs/core'),
      'better-sqlite3': versionOf('better-sqlite3'),
      ...(hasPeers() ? { nact: peerVersion('nact') } : {}),
    },
  };
}

function versionOf(name: string): string {
  const file = name === 'plexspaces' ? join(REPOSITORY, 'package.json') : manifestOf(name);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function manifestOf(name: string): string {
  return createRequire(join(REPOSITORY, 'package.json')).resolve(`${name}/package.json`);
}

function measureFsync(): number {
  const folder = makeFolder();
  try {
    if (isInMemory(folder)) throw new Error(`${folder} lies in memory: fsync costs nothing there.`);
    const file = openSync(join(folder, 'probe'), 'w');
    const ms = Array.from({ length: PROBES }, () => {
      const start = performance.now();
      writeSync(file, PAGE);
      fsyncSync(file);
      return performance.now() - start;
    });
    closeSync(file);
    return median(ms);
  } finally {
    removeFolder(folder);
  }
}
