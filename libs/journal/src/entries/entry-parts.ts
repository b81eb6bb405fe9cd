import type { ErrorRecord } from '../codec/error-record';
import type { Delta, DeltaOp, StateChanges, StoredValue } from '../state/state-changes';
import { loadValue, storeValue } from '../state/stored-value';

/** Records are kept as flat lists of pairs: cheaper than maps, and `__proto__` is a key like any other. */
export type Pairs = readonly unknown[];

export type PackedError = readonly [
  name: string,
  code: string,
  message: string,
  details: StoredValue,
  status: number,
  cause: PackedError | null,
];

export function packError(error: ErrorRecord | null): PackedError | null {
  if (error === null) return null;
  const details = storeValue(error.details, undefined, `details of ${error.name}`);
  return [error.name, error.code, error.message, details, error.status, packError(error.cause)];
}

export function unpackError(packed: PackedError | null): ErrorRecord | null {
  if (packed === null) return null;
  const [name, code, message, details, status, cause] = packed;
  return { name, code, message, details: loadValue(details), status, cause: unpackError(cause) };
}

export function packRecord(record: Readonly<Record<string, unknown>>): Pairs {
  const pairs: unknown[] = [];
  for (const key of Object.keys(record)) pairs.push(key, record[key]);
  return pairs;
}

export function unpackRecord<T>(pairs: Pairs): Record<string, T> {
  const record: Record<string, T> = {};
  for (let i = 0; i < pairs.length; i += 2) setOwn(record, pairs[i] as string, pairs[i + 1] as T);
  return record;
}

/** Assigning `__proto__` would set the prototype instead. */
function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

export type PackedChanges = readonly [values: Pairs, deltas: Pairs, removed: readonly string[]];

export function packChanges({ values, deltas, removed }: StateChanges): PackedChanges {
  const packed: unknown[] = [];
  for (const [slot, { collection, ops }] of Object.entries(deltas)) packed.push(slot, [collection, ...ops]);
  return [packRecord(values), packed, removed];
}

export function unpackChanges([values, packed, removed]: PackedChanges): StateChanges {
  const deltas: Record<string, Delta> = {};
  for (let i = 0; i < packed.length; i += 2) {
    const [collection, ...ops] = packed[i + 1] as [Delta['collection'], ...DeltaOp[]];
    setOwn(deltas, packed[i] as string, { collection, ops });
  }
  return { values: unpackRecord<StoredValue>(values), deltas, removed };
}
