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

/** The same for what may be called outside turns as well, where a failure nobody looks at is the caller's to hear of. */
export function handledInTurn<T>(outcome: Promise<T>): Promise<T> {
  return runningTurn() === undefined ? outcome : handled(outcome);
}
