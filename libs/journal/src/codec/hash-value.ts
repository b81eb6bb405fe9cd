import { types } from 'node:util';
import type { PayloadLimits } from './payload-check';
import { isStorableClass, isPlain } from './payload-classes';
import { encodePayload, encodeTree, hashPayload } from './payload-codec';

/** Nodes up to which repeated objects are written out; beyond, a few nested repetitions could make millions. */
const MAX_NODES = 100_000;

/**
 * Hash of what a value says, whoever shares an object with whom. `hashPayload(encodePayload(value))` differs between
 * `[a, a]` and `[a, copyOfA]`; but two fields that share an object hold copies after recovery, and the arguments of a
 * side effect must still match (P9). Cycles are hashed as they are.
 * @throws InvalidPayloadError, PayloadTooLargeError
 */
export function hashValue(value: unknown, limits?: PayloadLimits, subject?: string): string {
  const bytes = encodePayload(value, limits, subject);
  if (typeof value !== 'object' || value === null) return hashPayload(bytes);
  return hashPayload(new Expansion().isFinite(value) ? encodeTree(value) : bytes);
}

/** Counts a value with every repetition written out, unless it goes in circles. */
class Expansion {
  private nodes = 0;
  private readonly above = new Set<object>();

  isFinite(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return true;
    if (this.above.has(value) || ++this.nodes > MAX_NODES) return false;
    this.above.add(value);
    for (const child of childrenOf(value)) if (!this.isFinite(child)) return false;
    this.above.delete(value);
    return true;
  }
}

function childrenOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || isPlain(value)) return Object.values(value) as unknown[];
  if (types.isMap(value)) return [...value.keys(), ...value.values()];
  if (types.isSet(value)) return value;
  const found = isStorableClass(value);
  return found.storable && found.parts !== undefined ? Object.values(found.parts) : [];
}
