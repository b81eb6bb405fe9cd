import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { CaseName } from '../cases';
import { STORE_VARIABLE, type Store } from '../servers/store';
import type { Figures } from './case';
import type { StorageName } from './storage-name';

const REGISTER = join(__dirname, '../register.cjs');
const PROGRAM = join(__dirname, '../run-case.ts');

export interface CaseOptions {
  readonly storage: StorageName;
  readonly scale: number;
  /** Uses this one instead of a new one. */
  readonly store?: Store;
  /** Where V8 is to leave a CPU profile. Default: none. */
  readonly profile?: string | undefined;
}

/** Runs a case once in a process of its own. @throws Error with the reason when it ends without figures */
export function runInProcess(name: CaseName, { storage, scale, store, profile }: CaseOptions): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const given = store === undefined ? {} : { [STORE_VARIABLE]: `${store.storage} ${store.url}` };
    const profiled = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
    const child = fork(PROGRAM, [name, storage, String(scale)], {
      execArgv: ['--expose-gc', ...profiled, '-r', REGISTER],
      env: { ...process.env, NODE_ENV: 'production', ...given },
      stdio: ['ignore', 2, 2, 'ipc'], // standard output is for the results
    });
    let figures: Figures | undefined;
    let failure: string | undefined;
    child.on('message', (message: { figures?: Figures; failure?: string }) => ({ figures, failure } = message));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (figures !== undefined) resolve(figures);
      else reject(new Error(failure ?? `Case ${name} ended without figures (${signal ?? `exit code ${code}`}).`));
    });
  });
}
