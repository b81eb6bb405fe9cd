import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(__dirname, '../../dist/src/main.js');

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** What `npm start` runs, as a child process on a free port. */
export class CountersNode {
  output = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly child: ChildProcess;
  private url = '';

  constructor(database: string, env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [program], {
      env: { ...process.env, NO_COLOR: '1', PORT: '0', PLEXSPACES_DB: database, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
  }

  static async start(database: string): Promise<CountersNode> {
    const node = new CountersNode(database);
    await node.listening();
    return node;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: text }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  increment(key: string, by: unknown, idempotencyKey?: string): Promise<Answer> {
    const headers = idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };
    return this.call('POST', `/${key}/increment`, { by }, headers);
  }

  get address(): string {
    return this.url;
  }

  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.ended;
  }

  private async listening(): Promise<void> {
    const ended = this.ended.then(() => Promise.reject(new Error(`it ended early:\n${this.output}`)));
    for (;;) {
      const found = /(http:\S+\/counters),/.exec(this.output)?.[1];
      if (found !== undefined) {
        this.url = found;
        return;
      }
      await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    }
  }
}
