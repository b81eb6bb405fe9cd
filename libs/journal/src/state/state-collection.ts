import { CorruptRecordError } from '#spi';
import { InvalidPayloadError } from '../errors';
import { refusePrimitive } from '../codec/payload-check';
import { isPrimitive, packExact, asBuffer } from '../codec/payload-codec';
import { rawCodec } from '../entries/raw-codec';
import type { Delta, DeltaOp, StoredValue } from './state-changes';

/** What may be a key of a StateMap or a member of a StateSet: equal by value, before and after a restart. @publicApi */
export type StateKey = string | number | bigint | boolean | null | undefined;

/** Fewer steps than this are never worth compacting. */
const FEW = 64;

/**
 * What StateMap, StateList and StateSet share: they look like Map, Array and Set, and note each change as a step, so
 * that a turn costs what it changed.
 *
 * A collection made with `new` has all it holds as its delta, beginning with `clear`; one that was decoded starts
 * with none. So whoever stores the delta of whatever lies in a slot stores the right thing.
 */
export abstract class StateCollection {
  #ops: DeltaOp[] = [['clear']];

  protected constructor(readonly collection: Delta['collection']) {}

  get [Symbol.toStringTag](): string {
    return { map: 'StateMap', list: 'StateList', set: 'StateSet' }[this.collection];
  }

  /** What changed since the last call, and forgets it; `null` for nothing. */
  takeDelta(): Delta | null {
    const delta = this.peekDelta();
    this.#ops = [];
    this.forgetSteps();
    return delta;
  }

  /** What changed since the last {@link takeDelta}; `null` for nothing. */
  peekDelta(): Delta | null {
    return this.#ops.length === 0 ? null : { collection: this.collection, ops: this.#ops.slice() };
  }

  /** Steps that make all it holds out of nothing, whatever was taken before. */
  wholeDelta(): Delta {
    return { collection: this.collection, ops: [['clear'], ...this.rebuild()] };
  }

  /** Takes recorded steps over without recording them again. */
  applyDelta(delta: Delta): void {
    for (const op of delta.ops) {
      if (delta.collection !== this.collection || !this.applyOp(op)) {
        throw new CorruptRecordError(
          'a state collection',
          `Step ${op[0]}`,
          `no step of a ${this.collection} at this place`,
        );
      }
    }
  }

  /** All it holds; the class's `decode` reads it back. */
  encode(): Uint8Array {
    return packExact(rawCodec, this.contents());
  }

  /** Notes a step that has been taken. @returns where it stands, or -1 when all steps were folded into a rebuild. */
  protected record(op: DeltaOp): number {
    if (op[0] === 'clear') {
      this.#ops.length = 0;
    } else if (this.#ops.length >= FEW && this.#ops.length > 2 * this.weight()) {
      this.#ops = [['clear'], ...this.rebuild()]; // the new step is part of the contents already
      this.forgetSteps();
      return -1;
    }
    return this.#ops.push(op) - 1;
  }

  /** Puts another operand into a step recorded before. */
  protected amend(index: number, op: DeltaOp): void {
    this.#ops[index] = op;
  }

  protected abstract applyOp(op: DeltaOp): boolean;
  protected abstract contents(): readonly StoredValue[];
  /** Steps that make the contents out of nothing. */
  protected abstract rebuild(): readonly DeltaOp[];
  /** How many steps {@link rebuild} takes, roughly. */
  protected abstract weight(): number;
  /** Recorded steps are gone; what `record` returned is void. */
  protected abstract forgetSteps(): void;
}

/** @throws InvalidPayloadError for an object, or for a primitive that the codec refuses. */
export function checkKey(key: unknown, role: string): asserts key is StateKey {
  const reason = isPrimitive(key)
    ? refusePrimitive(key)
    : 'is not a primitive: after a restart it would be another object; use an id';
  if (reason !== undefined) throw new InvalidPayloadError(role, role, reason);
}

/** @throws CorruptRecordError */
export function decodeContents(bytes: Uint8Array, collection: Delta['collection']): StoredValue[] {
  let contents: unknown;
  try {
    contents = rawCodec.unpack(asBuffer(bytes));
  } catch (error) {
    throw new CorruptRecordError('a state collection', `Content of a ${collection}`, 'it is not MessagePack', {
      cause: error,
    });
  }
  if (Array.isArray(contents) && !(collection === 'map' && contents.length % 2 === 1)) return contents as StoredValue[];
  throw new CorruptRecordError('a state collection', `Content of a ${collection}`, 'it is not laid out as one');
}
