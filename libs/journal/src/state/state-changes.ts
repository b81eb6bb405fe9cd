/**
 * A value as the journal keeps it. Primitives lie as they are; anything else is the codec's bytes, so that
 * history can be folded without decoding what nobody looks at.
 */
export type StoredValue = null | undefined | boolean | number | bigint | string | Uint8Array;

/** One step on a StateMap, StateList or StateSet, kept so that a turn costs what it changed, not what is there. */
export type DeltaOp = readonly [op: string, ...operands: StoredValue[]];

/** `collection` names the class that understands `ops`. */
export interface Delta {
  readonly collection: 'map' | 'list' | 'set';
  readonly ops: readonly DeltaOp[];
}

/** What a turn changed. Slots are `@State` fields by name, `$snapshot` for `toSnapshot()`, `facet:<name>` for a facet's state. */
export interface StateChanges {
  readonly values: Readonly<Record<string, StoredValue>>;
  readonly deltas: Readonly<Record<string, Delta>>;
  /** Slots that are gone: a facet was detached. */
  readonly removed: readonly string[];
}
