import type { EntryKind } from './journal-entry';

/** Numbers are in journals: a kind keeps its number, a retired one is never given away again. */
export const KIND_NUMBERS = {
  ActivationStarted: 1,
  MessageReceived: 2,
  SideEffectExecuted: 3,
  StateChanged: 4,
  MessageSent: 5,
  TimerScheduled: 6,
  TimerFired: 7,
  FacetAttached: 8,
  FacetDetached: 9,
  MessageProcessed: 10,
  MessageParked: 11,
} as const satisfies Record<EntryKind, number>;

/** Number → kind. */
export const KINDS: readonly (EntryKind | undefined)[] = [
  undefined,
  ...Object.entries(KIND_NUMBERS)
    .sort(([, a], [, b]) => a - b)
    .map(([kind]) => kind as EntryKind),
];

/** What every entry begins with: id, time, correlationId. */
const COMMON = 'sns';
export const COMMON_FIELDS = COMMON.length;

/**
 * Fields of each kind in their stored order, by type: s string, n number, b boolean, y bytes, Y bytes or null,
 * a array, A array or null. A change of this table is a new codec version.
 */
const SIGNATURES: Readonly<Record<EntryKind, string>> = {
  ActivationStarted: 'nsssbn',
  MessageReceived: 'ssssyas',
  SideEffectExecuted: 'snssYAn',
  StateChanged: 'aaa',
  MessageSent: 'sssyn',
  TimerScheduled: 'snn',
  TimerFired: 'sn',
  FacetAttached: 'sny',
  FacetDetached: 's',
  MessageProcessed: 'sYA',
  MessageParked: 'sna',
};

const LAYOUTS = Object.fromEntries(
  Object.entries(SIGNATURES).map(([kind, signature]) => [kind, COMMON + signature]),
) as Readonly<Record<EntryKind, string>>;

/** Types of all fields of an entry of this kind, one letter each. */
export function signatureOf(kind: EntryKind): string {
  return LAYOUTS[kind];
}

/** Are `fields` those of an entry of this kind, by number and type? */
export function isLaidOutAs(kind: EntryKind, fields: readonly unknown[]): boolean {
  const layout = LAYOUTS[kind];
  if (fields.length !== layout.length) return false;
  for (let i = 0; i < layout.length; i++) {
    if (!isOfType(fields[i], layout[i] as string)) return false;
  }
  return true;
}

function isOfType(field: unknown, type: string): boolean {
  switch (type) {
    case 's':
      return typeof field === 'string';
    case 'n':
      return typeof field === 'number';
    case 'b':
      return typeof field === 'boolean';
    case 'y':
      return field instanceof Uint8Array;
    case 'Y':
      return field === null || field instanceof Uint8Array;
    case 'a':
      return Array.isArray(field);
    default:
      return field === null || Array.isArray(field);
  }
}
