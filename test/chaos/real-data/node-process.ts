import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Commands, Reply, Request } from './node';

const root = join(__dirname, '../../..');

/** Its process ended before it answered. */
export class NodeDiedError extends Error {
  constructor(said: string) {
    super(`The node died before it answered. ${said}`);
  }
}

/** A child of this program, run from its TypeScript source. */
export function startProgram(name: string, ...args: readonly string[]): ChildProcess {
  return fork(join(__dirname, `${name}.ts`), args, {
    cwd: root,
    execArgv: ['-r', join(root, 'test/register.cjs')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** A node in a process of its own. */
export class NodeProcess {
  /** What it ended by: a signal, or an exit code. */
  readonly ended: Promise<NodeJS.Signals | number | null>;
  isDead = false;
  /** Requests that it took to its grave. */
  unanswered = 0;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly loaded: Promise<unknown>;
  private requests = 0;
  private said = '';

  constructor(private readonly child = startProgram('node')) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    child.on('message', (reply: Reply) => this.settle(reply));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(this.bury(signal ?? code))));
    this.loaded = Promise.race([once(child, 'message'), this.ended]);
  }

  async call<C extends keyof Commands>(
    command: C,
    ...args: Parameters<Commands[C]>
  ): Promise<Awaited<ReturnType<Commands[C]>>> {
    await this.loaded;
    const request: Request = { id: ++this.requests, command, args };
    const value = await new Promise((resolve, reject) => {
      if (this.isDead || !this.child.connected) return reject(new NodeDiedError(this.said));
      this.waiting.set(request.id, { resolve, reject });
      this.child.send(request, () => undefined); // that it is dead shows in `ended`
    });
    return value as Awaited<ReturnType<Commands[C]>>;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private settle({ id, value, error }: Reply): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  private bury(how: NodeJS.Signals | number | null): NodeJS.Signals | number | null {
    this.isDead = true;
    this.unanswered = this.waiting.size;
    for (const { reject } of this.waiting.values()) reject(new NodeDiedError(this.said));
    this.waiting.clear();
    return how;
  }
}
