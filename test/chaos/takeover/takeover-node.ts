import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reply, RequestBody } from './protocol';

const root = join(__dirname, '../../..');

/** Such a call was refused, and may be made again. */
export class RefusedError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** A node in a process of its own, which can be stopped and let go on. */
export class TakeoverNode {
  readonly up: Promise<unknown>;
  readonly ended: Promise<void>;
  output = '';
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private count = 0;

  constructor(
    readonly name: string,
    { url, ledger, ttlMs }: { readonly url: string; readonly ledger: string; readonly ttlMs: number },
  ) {
    const args = ['-r', './test/register.cjs', join(__dirname, 'node.program.ts'), url, name, ledger, `${ttlMs}ms`];
    this.child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.up = new Promise((resolve, reject) => this.waiting.set(0, { resolve, reject }));
    this.up.catch(() => undefined); // whoever waits for it hears
    this.child.on('message', (reply: Reply) => {
      const asker = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if ('code' in reply) asker?.reject(new RefusedError(reply.code, reply.message));
      else asker?.resolve(reply.value);
    });
    this.ended = new Promise((resolve) =>
      this.child.once('close', () => {
        for (const { reject } of this.waiting.values()) reject(new Error(`${name} ended: ${this.output}`));
        this.waiting.clear();
        resolve();
      }),
    );
  }

  ask(request: RequestBody): Promise<unknown> {
    const id = ++this.count;
    const answer = new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ ...request, id });
    });
    answer.catch(() => undefined); // whoever waits for it hears
    return answer;
  }

  /** Is the process stopped, as the system says? */
  get isStopped(): boolean {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
