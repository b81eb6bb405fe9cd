import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reply, Request } from './programs/protocol';

const root = join(__dirname, '../..');
const HITS_FD = 4;

export interface ChaosNodeOptions {
  readonly database: string;
  /** Address of the ledger service, and its file. */
  readonly ledger: { readonly url: string; readonly file: string };
  /** Folder of checkpoints; beside the journal without one. */
  readonly checkpoints?: string;
  /** Such as `commit.beforeBegin=kill@3`. */
  readonly failpoints: string;
  /** Where hits are written. */
  readonly hits: string;
}

type RequestBody = Request extends infer R ? (R extends { id: string } ? Omit<R, 'id'> : never) : never;

/** A node in a process of its own, driven by messages. When it dies, whoever waits hears `dead`. */
export class ChaosNode {
  readonly ended: Promise<NodeJS.Signals | number | null>;
  /** What it wrote to stderr. */
  output = '';
  private readonly child: ChildProcess;
  private readonly waiting = new Map<string, (reply: Reply | 'dead') => void>();
  private readonly hits: string;
  private count = 0;
  isDead = false;

  constructor({ database, ledger, checkpoints, failpoints, hits }: ChaosNodeOptions) {
    this.hits = hits;
    const fd = openSync(hits, 'w');
    const program = join(__dirname, 'programs/node.ts');
    this.child = spawn(
      process.execPath,
      ['-r', './test/register.cjs', program, database, ...(checkpoints === undefined ? [] : [checkpoints])],
      {
        cwd: root,
        env: {
          ...process.env,
          LEDGER: ledger.url,
          LEDGER_FILE: ledger.file,
          PLEXSPACES_FAILPOINTS: failpoints,
          PLEXSPACES_FAILPOINT_FD: String(HITS_FD),
        },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc', fd],
        serialization: 'advanced', // journal entries carry bytes
      },
    );
    closeSync(fd);
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.on('message', (reply: Reply) => this.settle(reply.id, reply));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => {
        this.isDead = true;
        for (const id of [...this.waiting.keys()]) this.settle(id, 'dead');
        resolve(signal ?? code);
      }),
    );
  }

  /** Up, or dead already. */
  async ready(): Promise<void> {
    await this.reply('ready');
  }

  async send(request: RequestBody): Promise<Reply | 'dead'> {
    const id = String(++this.count);
    const answered = this.reply(id);
    if (!this.isDead && this.child.connected) this.child.send({ id, ...request }, () => undefined);
    return answered;
  }

  /** What it answers; `dead` where it died. @throws what it reports as an error */
  async get<T>(request: RequestBody): Promise<T | 'dead'> {
    const reply = await this.send(request);
    if (reply === 'dead') return reply;
    if (reply.error !== undefined) throw new Error(`${request.kind}: ${reply.error.name}: ${reply.error.message}`);
    return reply.value as T;
  }

  /** Lines `failpoint <name> <count>`. */
  get hitLines(): string[] {
    return readFileSync(this.hits, 'utf8').split('\n').filter(Boolean);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private reply(id: string): Promise<Reply | 'dead'> {
    if (this.isDead) return Promise.resolve('dead');
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  private settle(id: string, reply: Reply | 'dead'): void {
    this.waiting.get(id)?.(reply);
    this.waiting.delete(id);
  }
}
