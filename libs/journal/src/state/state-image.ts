import { CorruptRecordError } from '#spi';
import { asBuffer, packExact } from '../codec/payload-codec';
import { rawCodec } from '../entries/raw-codec';
import { CollectionImage, isCollectionKind } from './collection-image';
import type { StateChanges, StoredValue } from './state-changes';
import { StateCollection } from './state-collection';
import { loadValue, sameStored, storeValue } from './stored-value';

/** A facet attached at run time, part of the state like any slot. */
export interface AttachedFacet {
  readonly name: string;
  readonly priority: number;
  /** Encoded by the payload codec. */
  readonly config: Uint8Array;
}

export type ImageParts = readonly [slots: unknown[], facets: unknown[], withdrawn: readonly string[]];

/**
 * The state of an actor at a turn boundary, in stored form: what folding a journal gives and a checkpoint keeps.
 * Slots are `@State` fields by name, `$snapshot`, and `facet:<name>`. Nothing is decoded before someone asks.
 */
export class StateImage {
  private readonly slots = new Map<string, StoredValue | CollectionImage>();
  private attached: readonly AttachedFacet[] = [];
  private withdrawn: readonly string[] = [];

  /** An image of plain values and collections, to save by hand. @throws InvalidPayloadError, PayloadTooLargeError */
  static of(state: Readonly<Record<string, unknown>>): StateImage {
    const image = new StateImage();
    for (const [name, value] of Object.entries(state)) {
      if (value instanceof StateCollection) {
        image.slots.set(name, new CollectionImage(value.collection, value.encode()));
      } else {
        image.slots.set(name, storeValue(value, undefined, name));
      }
    }
    return image;
  }

  /** Takes over what a turn changed. */
  apply({ values, deltas, removed }: StateChanges): void {
    for (const name of removed) this.slots.delete(name);
    for (const name of Object.keys(values)) this.slots.set(name, values[name]);
    for (const [name, delta] of Object.entries(deltas)) {
      const slot = this.slots.get(name);
      if (slot instanceof CollectionImage && slot.collection === delta.collection) slot.append(delta);
      else this.slots.set(name, new CollectionImage(delta.collection).append(delta));
    }
  }

  /** Back to nothing: no slot, no facet. */
  clear(): void {
    this.slots.clear();
    this.attached = [];
    this.withdrawn = [];
  }

  /** Without any slot. */
  get isEmpty(): boolean {
    return this.slots.size === 0;
  }

  has(name: string): boolean {
    return this.slots.has(name);
  }

  names(): readonly string[] {
    return [...this.slots.keys()];
  }

  /** The stored value of a slot; `undefined` when it is absent, and for a collection. */
  slot(name: string): StoredValue {
    const slot = this.slots.get(name);
    return slot instanceof CollectionImage ? undefined : slot;
  }

  /** Would storing `value` in the slot change nothing? */
  holds(name: string, value: StoredValue): boolean {
    const slot = this.slots.get(name);
    return !(slot instanceof CollectionImage) && sameStored(slot, value) && this.slots.has(name);
  }

  /** Does a StateMap, StateList or StateSet lie in the slot? */
  isCollection(name: string): boolean {
    return this.slots.get(name) instanceof CollectionImage;
  }

  /** A decoded value or a collection, fresh at each call; `undefined` for an absent slot. */
  materialise(name: string): unknown {
    const slot = this.slots.get(name);
    return slot instanceof CollectionImage ? slot.materialise() : loadValue(slot);
  }

  /** Everything decoded, collections as plain Map, Array and Set: for tools. */
  toObject(): Record<string, unknown> {
    return Object.fromEntries(
      Array.from(this.slots, ([name, slot]) => [
        name,
        slot instanceof CollectionImage ? slot.toPlain() : loadValue(slot),
      ]),
    );
  }

  get facets(): readonly AttachedFacet[] {
    return this.attached;
  }

  /** Facets the actor is to do without, although its class may declare them. */
  get detached(): readonly string[] {
    return this.withdrawn;
  }

  /** A facet of that name gives way, and the new one takes the last place. */
  attach({ name, priority, config }: AttachedFacet): void {
    this.attached = [...this.attached.filter((facet) => facet.name !== name), { name, priority, config }];
    this.withdrawn = this.withdrawn.filter((other) => other !== name);
  }

  detach(name: string): void {
    this.attached = this.attached.filter((facet) => facet.name !== name);
    if (!this.withdrawn.includes(name)) this.withdrawn = [...this.withdrawn, name];
  }

  /** Shares what never changes; later changes of the one do not show in the other. */
  clone(): StateImage {
    const copy = new StateImage();
    for (const [name, slot] of this.slots) copy.slots.set(name, slot instanceof CollectionImage ? slot.clone() : slot);
    copy.attached = this.attached;
    copy.withdrawn = this.withdrawn;
    return copy;
  }

  encode(): Uint8Array {
    return packExact(rawCodec, this.parts());
  }

  /** What is encoded: slots (name, kind of collection or null, content), facets (name, priority, config), facets withdrawn. */
  parts(): ImageParts {
    const slots: unknown[] = [];
    for (const [name, slot] of this.slots) {
      if (slot instanceof CollectionImage) slots.push(name, slot.collection, slot.encode());
      else slots.push(name, null, slot);
    }
    const facets = this.attached.flatMap(({ name, priority, config }) => [name, priority, config]);
    return [slots, facets, this.withdrawn];
  }

  /** Inverse of {@link encode}. @throws CorruptRecordError */
  static decode(bytes: Uint8Array): StateImage {
    try {
      return StateImage.fromParts(rawCodec.unpack(asBuffer(bytes)) as ImageParts);
    } catch (error) {
      throw new CorruptRecordError('an actor', 'A state image', 'it is not laid out as one', {
        cause: error,
      });
    }
  }

  /** Inverse of {@link parts}. Throws plain errors. */
  static fromParts([slots, facets, withdrawn]: ImageParts): StateImage {
    const image = new StateImage();
    for (let i = 0; i < slots.length; i += 3) {
      const [name, collection, stored] = slots.slice(i, i + 3) as [string, string | null, StoredValue];
      if (collection === null) image.slots.set(name, stored);
      else if (isCollectionKind(collection) && stored instanceof Uint8Array) {
        image.slots.set(name, new CollectionImage(collection, stored));
      } else throw new TypeError(`slot ${name} holds a ${collection}`);
    }
    for (let i = 0; i < facets.length; i += 3) {
      const [name, priority, config] = facets.slice(i, i + 3) as [string, number, Uint8Array];
      image.attach({ name, priority, config });
    }
    image.withdrawn = withdrawn;
    return image;
  }
}
