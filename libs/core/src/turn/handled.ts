import { ignore } from '../facet/is-promise';
import { runningTurn } from './frame';

/**
 * For the outcome of an act: it is recorded whether or not its handler awaits it, and whoever awaits it still sees it.
 * Without this one `void this.audit()` whose effect fails would end the process.
 */
export function handled<T>(outcome: Promise<T>): Promise<T> {
  outcome.catch(ignore);
  return outcome;
}

/** {@link handled} for the promise of an act that is started here; one that does not fail costs no second promise. */
export function actPromise<T>(
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  const fail = (error: unknown): void => {
    reject(error);
    void handled(promise);
  };
  try {
    start(resolve, fail);
  } catch (error) {
    fail(error);
  }
  return promise;
}

/** The same for what may be called outside turns as well, where a failure nobody looks at is the caller's to hear of. */
export function handledInTurn<T>(outcome: Promise<T>): Promise<T> {
  return runningTurn() === undefined ? outcome : handled(outcome);
}
