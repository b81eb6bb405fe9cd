import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { describePostgres } from '../servers/postgres';
import { describeRedis } from '../servers/redis';
import { REPOSITORY, isInMemory, makeFolder, removeFolder } from './folder';
import { hasPeers, peerVersion } from './peers';
import { median } from './statistics';
import type { StorageName } from './storage-name';

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
  /** With the settings that make a commit durable. */
  readonly servers: readonly string[];
}

const DRIVERS = { sqlite: 'better-sqlite3', postgres: 'pg', redis: 'ioredis' } as const;
const PEERS = ['nact', 'nact-persistence-postgres', '@dbos-inc/dbos-sdk', 'bullmq', '@restatedev/restate-server'];

/** @throws Error when a server that is to be measured is not there, or not durable */
export async function describeMachine(storages: readonly StorageName[]): Promise<Machine> {
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
      ...Object.fromEntries(storages.map((storage) => [DRIVERS[storage], versionOf(DRIVERS[storage])])),
      ...(hasPeers() ? Object.fromEntries(PEERS.map((name) => [name, peerVersion(name)])) : {}),
    },
    servers: [
      ...(storages.includes('postgres') ? [await describePostgres()] : []),
      ...(storages.includes('redis') ? [describeRedis()] : []),
    ],
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
