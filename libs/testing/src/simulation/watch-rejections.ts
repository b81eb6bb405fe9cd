import { runInThisContext } from 'node:vm';

/** Node's own. Jest gives its tests a copy, and what listens to that hears nothing. */
const realProcess = runInThisContext('process') as NodeJS.Process;
const EVENT = 'unhandledRejection';

/**
 * A rejection nobody handles ends a process: here it is told to the run, and to nobody else, since a test runner would
 * report it without its seed. @returns what gives the event back to whoever listened before
 */
export function watchRejections(onRejection: (error: unknown) => void): () => void {
  const before = realProcess.rawListeners(EVENT) as NodeJS.UnhandledRejectionListener[];
  realProcess.removeAllListeners(EVENT);
  realProcess.on(EVENT, onRejection);
  return () => {
    realProcess.off(EVENT, onRejection);
    for (const listener of before) realProcess.on(EVENT, listener);
  };
}
