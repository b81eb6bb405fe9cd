import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type ChildServer, freePort, startChild } from './child-server';
import type { Counts, Store } from './store';

const PROGRAM = 'redis-server';

/** Every command that writes is answered after the fsync of the append-only file; nothing is forgotten when memory is full. */
const SETTINGS = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction', save: '' };

/** @throws Error when the program is not there */
export function describeRedis(): string {
  let version: string | undefined;
  try {
    version = /v=(\S+)/.exec(execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' }))?.[1];
  } catch (error) {
    throw new Error(`${PROGRAM} cannot be started (${(error as Error).message}); install it to measure Redis.`);
  }
  const settings = Object.entries(SETTINGS).filter(([, value]) => value !== '');
  return `Redis ${version}: ${settings.map(([name, value]) => `${name} ${value}`).join(', ')}`;
}

/** A server of its own whose files lie in `folder`. */
export async function startRedis(folder: string): Promise<Pick<Store, 'url' | 'counts' | 'close'>> {
  describeRedis();
  const port = await freePort();
  const dir = await mkdtemp(join(folder, 'redis-'));
  const args = Object.entries({ ...SETTINGS, port: String(port), bind: '127.0.0.1', dir }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => 20 });
  client.on('error', () => undefined); // until it listens
  const isReady = async (): Promise<boolean> => (await client.ping().catch(() => '')) === 'PONG';
  const server = await startChild(PROGRAM, args, { cwd: dir }, isReady);
  return {
    url: `redis://127.0.0.1:${port}`,
    counts: () => countsOf(server, client),
    close: async () => {
      client.disconnect();
      await server.stop();
    },
  };
}

/**
 * With `appendfsync always` each write to the append-only file is followed by an fsync, and Redis writes to nothing else but its
 * clients, which it counts. Linux tells how often a process has written.
 */
async function countsOf({ pid }: ChildServer, client: Redis): Promise<Counts> {
  if (process.platform !== 'linux') return {};
  const writes = /^syscw: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1];
  const toClients = /^total_writes_processed:(\d+)\r$/m.exec(await client.info('stats'))?.[1];
  if (writes === undefined || toClients === undefined) return {};
  return { fsyncs: Number(writes) - Number(toClients) };
}
