import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
/** A life that takes longer hangs. */
const LIMIT_MS = 60_000;

/**
 * One life of a program in a process of its own, which is over when it ends or a point kills it.
 * @param program its file and arguments
 * @param failpoints as PLEXSPACES_FAILPOINTS has them
 * @throws Error when it ends in any other way
 */
export function liveOnce(program: readonly string[], failpoints: string, vars: NodeJS.ProcessEnv = process.env) {
  const args = ['-r', './test/register.cjs', ...program];
  const env = { ...vars, PLEXSPACES_FAILPOINTS: failpoints };
  const options = { cwd: root, encoding: 'utf8', env, timeout: LIMIT_MS, killSignal: 'SIGTERM' } as const;
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, options);
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`${failpoints}: ${String(signal ?? status)} ${stderr}`);
  return { printed: stdout, signal };
}

/** What a life has noted in a file, a JSON text per line; nothing where it never came to that. */
export function notedIn(file: string): unknown[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line) as unknown);
}
