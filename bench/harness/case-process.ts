import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { CaseName } from '../cases';
import type { Figures } from './case';

const REGISTER = join(__dirname, '../register.cjs');
const PROGRAM = join(__dirname, '../run-case.ts');

/** Runs a case once in a process of its own. @throws when the process ends without figures */
export function runInProcess(name: CaseName, scale: number): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, [name, String(scale)], {
      execArgv: ['--expose-gc', '-r', REGISTER],
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 2, 2, 'ipc'], // standard output is for the results
    });
    let figures: Figures | undefined;
    child.on('message', (message) => (figures = message as Figures));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (figures !== undefined) resolve(figures);
      else reject(new Error(`Case ${name} ended without figures (${signal ?? `exit code ${code}`}).`));
    });
  });
}
