import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { TestServer } from './test-server';

/** Where Debian keeps them: not in PATH. */
const DEBIAN = '/usr/lib/postgresql';
/** One answer each 50 ms for half a minute. */
const LOOKS = 600;
/** After so many, what a killed postmaster has left behind is not waited for any longer. */
const PATIENCE = 100;

/** The folder of `initdb` and `postgres`; `undefined` where they are not installed. */
export function postgresBinaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...versions.reverse()];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  if (found === undefined && process.env['CI'] !== undefined)
    throw new Error(
      'There is no initdb on this machine. Install the Postgres server: its tests are not skipped in CI.',
    );
  return found;
}

/** Postgres does not run as root: then it is the user its package made. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A server of a test's own, to be killed and started at will. */
export class PrivatePostgres {
  private postmaster: ChildProcess | undefined;
  private log = '';

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    readonly server: TestServer,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** @param folder of the data, made where it is not given; it has to be empty and is removed by `destroy` */
  static async start(settings: Readonly<Record<string, string>> = {}, folder?: string): Promise<PrivatePostgres> {
    const bin = postgresBinaries();
    if (bin === undefined) throw new Error('There is no initdb on this machine.');
    const user = owner();
    const place = folder ?? mkdtempSync(join(tmpdir(), 'plexspaces-pg-'));
    if (user !== undefined) chownSync(place, user.uid, user.gid);
    const data = join(place, 'data');
    execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'], {
      ...user,
      cwd: place,
      stdio: 'pipe',
    });
    const port = await freePort();
    const url = new URL(`postgres://postgres@127.0.0.1:${port}/postgres`);
    const postgres = new PrivatePostgres(bin, place, { host: '127.0.0.1', port, url }, settings);
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return this.server.url.href;
  }

  /** Harmless when it runs. After a SIGKILL it comes up once the last of the old processes is gone. */
  async start(): Promise<void> {
    for (let look = 0; look < LOOKS; look++) {
      if (look === PATIENCE && this.log.includes('still in use')) endProcessesIn(join(this.folder, 'data'));
      if (!isRunning(this.postmaster)) this.spawn();
      if (await this.answers()) return;
      await pause(50);
    }
    throw new Error(`Postgres does not come up:\n${this.log}`);
  }

  /** Ends the postmaster, and with it whatever it can tell. */
  async kill(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const { postmaster } = this;
    if (!isRunning(postmaster)) return;
    postmaster.kill(signal);
    await once(postmaster, 'exit');
  }

  async query<T extends object>(sql: string): Promise<T[]> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async destroy(): Promise<void> {
    await this.kill('SIGINT');
    for (let look = 0; ; look++) {
      try {
        rmSync(this.folder, { recursive: true, force: true });
        return;
      } catch (error) {
        if (look > 100) throw error; // processes of a killed postmaster still write
        await pause(50);
      }
    }
  }

  private spawn(): void {
    const { port } = this.server;
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      shared_buffers: '32MB',
      ...this.settings,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.log = '';
    this.postmaster = spawn(
      join(this.bin, 'postgres'),
      ['-D', join(this.folder, 'data'), '-p', String(port), ...options],
      {
        ...owner(),
        cwd: this.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [this.postmaster.stdout, this.postmaster.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log = (this.log + chunk.toString()).slice(-20_000)));
  }

  private async answers(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}

function isRunning(process: ChildProcess | undefined): process is ChildProcess {
  return process?.exitCode === null && process.signalCode === null;
}

/** A backend that cannot write on a full disk may never come to see that its postmaster is gone. Postgres works in its data folder. */
function endProcessesIn(folder: string): void {
  for (const pid of existsSync('/proc') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      if (readlinkSync(join('/proc', pid, 'cwd')) === folder) process.kill(Number(pid), 'SIGKILL');
    } catch {
      continue; // it ended meanwhile, or is not ours to look at
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
