import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '..', '..');
const children: ChildProcess[] = [];

/** A program of `children/`, running in a process of its own. */
export interface Child {
  readonly ended: Promise<[code: number | null, signal: string | null]>;
  /** The next line it prints, `undefined` when it has ended. */
  line(): Promise<string | undefined>;
  kill(): void;
}

/** `failpoints` as in PLEXSPACES_FAILPOINTS. */
export function start(program: string, path: string, failpoints = ''): Child {
  const script = join(__dirname, 'children', `${program}.ts`);
  const child = spawn(process.execPath, ['-r', join(root, 'test', 'register.cjs'), script, path], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ended: once(child, 'exit') as Child['ended'],
    line: async () => {
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/** For afterAll: a failed test leaves nobody behind. */
export function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}
