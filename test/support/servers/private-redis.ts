import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemEnv } from 'plexspaces/spi';
import { RedisConnection } from './redis-connection';
import { ConnectionLostError } from './reply-line';
import type { TestServer } from './test-server';

const BINARIES = ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'];
const SAFE = {
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  'aof-load-truncated': 'no',
  'maxmemory-policy': 'noeviction',
};
const PATIENCE_MS = 20_000;
const env = new SystemEnv();

/** Where redis-server is on this machine; `undefined` for a visible skip, which is an error under CI. */
export function redisBinary(): string | undefined {
  const found = [process.env['TEST_REDIS_SERVER'], ...BINARIES].find((path) => path !== undefined && existsSync(path));
  if (found === undefined && process.env['CI'] !== undefined)
    throw new Error('There is no redis-server on this machine. Install it, or say in TEST_REDIS_SERVER where it is.');
  return found;
}

/** `describe`, or `describe.skip` where there is no redis-server. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (redisBinary() === undefined)
    describe.skip(`${name} (no redis-server on this machine)`, () => it('needs it', () => {}));
  else describe(name, tests);
}

/** A redis-server of a test's own, in a folder of its own: to be killed, stopped and started again. */
export class PrivateRedis {
  private process: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly port: number,
    readonly folder: string,
    private settings: Readonly<Record<string, string>>,
  ) {}

  /** Set so that nothing acknowledged is lost, where `settings` do not say otherwise. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PrivateRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'plexspaces-redis-'));
    const server = new PrivateRedis(await freePort(), folder, { ...SAFE, ...settings });
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get address(): TestServer {
    return { host: '127.0.0.1', port: this.port, url: new URL(this.url) };
  }

  /** On the same port and folder. Returns when it answers. */
  async start(): Promise<void> {
    const settings = Object.entries({ ...this.settings, port: String(this.port), dir: this.folder, bind: '127.0.0.1' });
    const args = settings.flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
    const child = spawn(redisBinary() as string, args, { stdio: 'ignore' });
    this.process = child;
    this.ended = once(child, 'exit');
    const deadline = env.monotonic() + PATIENCE_MS;
    for (;;) {
      if (await this.answers()) return;
      if (child.exitCode !== null || env.monotonic() > deadline)
        throw new Error(`redis-server in ${this.folder} did not start`);
      await pause();
    }
  }

  /** Its data as they lie on the disk now. @returns the folder they were copied to */
  async copyData(): Promise<string> {
    const copy = join(this.folder, 'copy');
    await cp(join(this.folder, 'appendonlydir'), copy, { recursive: true });
    return copy;
  }

  /** While it does not run. */
  async restoreData(copy: string): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true });
    await cp(copy, join(this.folder, 'appendonlydir'), { recursive: true });
  }

  /** As after a crash, with other settings. */
  async restartWith(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.kill();
    this.settings = { ...this.settings, ...settings };
    await this.start();
  }

  /** One command over a connection of its own. */
  async command(...words: readonly string[]): Promise<unknown> {
    const connection = await RedisConnection.open(this.address);
    try {
      return await connection.command(...words);
    } finally {
      connection.close();
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  get hasEnded(): boolean {
    const { exitCode = 0, signalCode = null } = this.process ?? {};
    return exitCode !== null || signalCode !== null;
  }

  /** Without warning, like a crash. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  async destroy(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.command('PING')) === 'PONG';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || error instanceof ConnectionLostError) return false;
      if (error instanceof Error && /^(LOADING|NOAUTH|NOPERM)/.test(error.message))
        return !error.message.startsWith('LOADING');
      throw error;
    }
  }
}

/** Three masters that share the slots, without replicas. */
export class PrivateCluster {
  private constructor(readonly servers: readonly PrivateRedis[]) {}

  static async start(): Promise<PrivateCluster> {
    const servers = await Promise.all(
      [0, 1, 2].map(() => PrivateRedis.start({ 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000' })),
    );
    const cluster = new PrivateCluster(servers);
    await cluster.meet();
    return cluster;
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.destroy()));
  }

  private async meet(): Promise<void> {
    const [first, ...others] = this.servers as [PrivateRedis, ...PrivateRedis[]];
    const bounds = [0, 5_461, 10_923, 16_384] as const;
    for (const [i, server] of this.servers.entries()) {
      const slots = Array.from({ length: (bounds[i + 1] as number) - (bounds[i] as number) }, (_, k) =>
        String((bounds[i] as number) + k),
      );
      await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      await server.command('CLUSTER', 'ADDSLOTS', ...slots);
    }
    for (const { port } of others) await first.command('CLUSTER', 'MEET', '127.0.0.1', String(port));
    const deadline = env.monotonic() + PATIENCE_MS;
    for (const server of this.servers) {
      while (!/cluster_state:ok[^]*cluster_known_nodes:3/.test(String(await server.command('CLUSTER', 'INFO')))) {
        if (env.monotonic() > deadline) throw new Error('the cluster did not come together');
        await pause();
      }
    }
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port < 55_000) return port; // a cluster's bus listens 10,000 above
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => env.schedule(resolve, 20));
}
