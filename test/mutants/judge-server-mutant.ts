import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Edit } from './mutant';

const root = join(__dirname, '../..');
/** A bug may leave a store waiting for ever. */
const LIMIT_MS = 300_000;

/** What the conformance cases of one rule came to. */
export interface StoreVerdict {
  readonly cases: number;
  /** Names of those that failed. */
  readonly failed: readonly string[];
}

/** In a process of its own: the bug is planted while the sources are loaded. @throws Error with the end of its output when it breaks off */
export async function judgeStore(store: string, rule: string, edits: readonly Edit[]): Promise<StoreVerdict> {
  const args = ['-r', './test/register.cjs', 'test/mutants/judge-store.main.ts', store, rule];
  const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, complaints] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const stuck = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(stuck);
  if (code === 0) return JSON.parse(output) as StoreVerdict;
  throw new Error(`the cases of ${rule} on ${store} broke off: ${complaints.slice(-500)}`);
}
