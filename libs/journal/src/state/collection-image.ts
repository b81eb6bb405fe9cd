import type { Delta } from './state-changes';
import type { StateCollection } from './state-collection';
import { StateList } from './state-list';
import { StateMap } from './state-map';
import { StateSet } from './state-set';
import { sizeOfStored } from './stored-value';

interface CollectionClass {
  empty(): StateCollection;
  decode(bytes: Uint8Array): StateCollection;
}

const CLASSES: Readonly<Record<Delta['collection'], CollectionClass>> = {
  map: { empty: () => new StateMap(), decode: (bytes) => StateMap.decode(bytes) },
  list: { empty: () => new StateList(), decode: (bytes) => StateList.decode(bytes) },
  set: { empty: () => new StateSet(), decode: (bytes) => StateSet.decode(bytes) },
};

export function isCollectionKind(kind: string): kind is Delta['collection'] {
  return Object.hasOwn(CLASSES, kind);
}

/** Deltas smaller than this in total are never worth folding in. */
const SMALL = 4_096;

/**
 * A collection at a turn boundary: its encoding some turns ago, and the deltas since. Once they outgrow the
 * encoding they are folded into it, so that a turn costs what it changed and memory stays within twice the content.
 */
export class CollectionImage {
  private deltas: Delta[] = [];
  private deltaBytes = 0;

  constructor(
    readonly collection: Delta['collection'],
    private base: Uint8Array | null = null,
  ) {}

  append(delta: Delta): this {
    if (delta.ops[0]?.[0] === 'clear') this.reset(null);
    this.deltas.push(delta);
    this.deltaBytes += sizeOf(delta);
    if (this.deltaBytes > SMALL && this.deltaBytes > (this.base?.length ?? 0)) this.encode();
    return this;
  }

  /** A fresh instance without a delta of its own. */
  materialise(): StateCollection {
    const type = CLASSES[this.collection];
    const collection = this.base === null ? type.empty() : type.decode(this.base);
    collection.takeDelta();
    for (const delta of this.deltas) collection.applyDelta(delta);
    return collection;
  }

  toPlain(): unknown {
    const copy = this.materialise();
    if (copy instanceof StateMap) return copy.toMap();
    if (copy instanceof StateSet) return copy.toSet();
    return [...(copy as unknown as Iterable<unknown>)];
  }

  encode(): Uint8Array {
    if (this.base === null || this.deltas.length > 0) this.reset(this.materialise().encode());
    return this.base as unknown as Uint8Array;
  }

  clone(): CollectionImage {
    const copy = new CollectionImage(this.collection, this.base);
    copy.deltas = this.deltas.slice();
    copy.deltaBytes = this.deltaBytes;
    return copy;
  }

  private reset(base: Uint8Array | null): void {
    this.base = base;
    this.deltas = [];
    this.deltaBytes = 0;
  }
}

function sizeOf({ ops }: Delta): number {
  let bytes = 0;
  for (const op of ops) for (const operand of op) bytes += sizeOfStored(operand);
  return bytes;
}
