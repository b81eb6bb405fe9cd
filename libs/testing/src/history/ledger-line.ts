import { CorruptLogError } from '../errors';
import { fromJsonValue, readJsonLines, toJsonValue } from './json-lines';

/** One call of a side effect that arrived outside, as the outside wrote it down before it answered. @publicApi */
export interface LedgerLine {
  /** The effect's idempotency key: `<actor>/<message id>/<scope>/<ordinal>`. */
  readonly key: string;
  /** Name of the call. */
  readonly name: string;
  /** Clock of the outside, in ms. For people. */
  readonly at: number;
  /** What it answers, or did not live to answer. */
  readonly value: unknown;
  /** The call was answered with a failure. */
  readonly failed?: true;
}

export function encodeLedgerLine(line: LedgerLine): string {
  return `${JSON.stringify({ ...line, value: toJsonValue(line.value) })}\n`;
}

/** The lines of a ledger's file. @throws CorruptLogError @publicApi */
export function readLedger(file: string): LedgerLine[] {
  return readJsonLines(file).map((given, i) => {
    const line = given as LedgerLine | null;
    if (typeof line?.key !== 'string' || typeof line.name !== 'string' || typeof line.at !== 'number')
      throw new CorruptLogError(file, i + 1, 'is no call of an effect');
    return { ...line, value: fromJsonValue(line.value) };
  });
}
