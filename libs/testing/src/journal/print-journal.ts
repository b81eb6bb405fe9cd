import { inspect } from 'node:util';
import type { DescribedEntry } from '#journal';

/** Entries printed at most: the newest. */
const SHOWN = 60;
const VALUE_LENGTH = 160;
/** Said once, or by the place of the line. */
const LEFT_OUT: ReadonlySet<string> = new Set(['actor', 'seq', 'id', 'time', 'correlationId', 'kind']);

/** An actor's journal, one line per entry, for people. Pure. */
export function printJournal(actor: string, entries: readonly DescribedEntry[]): string {
  if (entries.length === 0) return `The journal of ${actor} is empty.`;
  const shown = entries.slice(-SHOWN);
  const hidden = entries.length - shown.length;
  const lines = shown.map((entry) =>
    `  ${String(entry.seq).padStart(4)}  ${entry.kind}  ${printFields(entry)}`.trimEnd(),
  );
  if (hidden > 0) lines.unshift(`     …  ${hidden} earlier`);
  return [`The journal of ${actor}:`, ...lines].join('\n');
}

function printFields(entry: DescribedEntry): string {
  return Object.entries(entry)
    .filter(([key, value]) => !LEFT_OUT.has(key) && !isEmpty(value))
    .map(([key, value]) => `${key}=${print(value)}`)
    .join(' ');
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && !(value instanceof Date) && Object.keys(value).length === 0;
}

function print(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Infinity, compact: true });
  return text.length <= VALUE_LENGTH ? text : `${text.slice(0, VALUE_LENGTH)}…`;
}
