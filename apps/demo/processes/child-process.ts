import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** The message that ends a child in good order. So does the end of its parent. */
export const STOP = 'stop';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A Node process with an IPC channel whose output is kept for the one who has to explain its end. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  private output = '';

  constructor(
    private readonly name: string,
    module: string,
    { args, env = {} }: ChildOptions,
  ) {
    this.process = fork(module, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.ended = new Promise((resolve) => this.process.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** The next message, or an error with what the process said before it ended. */
  async firstMessage<T>(): Promise<T> {
    const ended = this.ended.then((ending) => Promise.reject(this.earlyEnd(ending)));
    const [message] = (await Promise.race([once(this.process, 'message'), ended])) as [T];
    return message;
  }

  /** Everything it wrote to stdout and stderr. */
  get said(): string {
    return this.output;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }

  /** Asks it to end. Not by `disconnect()`: after that Node forgets to say when the child has closed. */
  close(): Promise<Ending> {
    if (this.process.connected) this.process.send(STOP, () => undefined);
    return this.ended;
  }

  private earlyEnd({ code, signal }: Ending): Error {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    return new Error(`The ${this.name} ended with ${how} before it was ready.\n${this.output}`);
  }
}
