import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const READY_MS = 30_000;
const POLL_MS = 20;

/** A server program that was started for the benchmark, and ends with it. */
export interface ChildServer {
  readonly pid: number;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program and waits until `isReady`. It is ended by its id, at the latest when this process exits.
 * @throws Error with the end of its output when it ends before it is ready, or is not ready in time
 */
export async function startChild(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
  isReady: () => Promise<boolean>,
): Promise<ChildServer> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const output = tail(child);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code, signal) => (failure ??= new Error(`ended (${signal ?? `exit code ${code}`})`)));

  const start = performance.now();
  while (!(await isReady())) {
    if (performance.now() - start > READY_MS) failure ??= new Error(`was not ready after ${READY_MS / 1_000} s`);
    if (failure !== undefined) {
      kill();
      process.off('exit', kill);
      throw new Error(`${program} ${failure.message}. ${output()}`);
    }
    await sleep(POLL_MS);
  }
  return {
    pid: child.pid as number,
    stop: async () => {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      kill(); // what it keeps is removed anyhow
      await ended;
    },
  };
}

/** Free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function tail({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-2_000);
    });
  return () => text.trim();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
