import type { DeltaOp, StoredValue } from './state-changes';
import { StateCollection, type StateKey, checkKey, decodeContents } from './state-collection';

/** A Set of primitives for `@State()` fields; each change is recorded by itself. @publicApi */
export class StateSet<T extends StateKey> extends StateCollection implements Iterable<T> {
  readonly #members = new Set<StateKey>();

  constructor(members?: Iterable<T> | null) {
    super('set');
    for (const member of members ?? []) this.add(member);
  }

  /** Inverse of {@link encode}. */
  static decode<T extends StateKey>(bytes: Uint8Array): StateSet<T> {
    const set = new StateSet<T>();
    set.takeDelta();
    for (const member of decodeContents(bytes, 'set')) set.#members.add(member as StateKey);
    return set;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  /** @throws InvalidPayloadError for an object: it would be another one after a restart. */
  add(member: T): this {
    checkKey(member, 'a member of a StateSet');
    if (this.#members.has(member)) return this;
    this.#members.add(member);
    this.record(['add', member]);
    return this;
  }

  delete(member: T): boolean {
    if (!this.#members.delete(member)) return false;
    this.record(['delete', member]);
    return true;
  }

  clear(): void {
    this.#members.clear();
    this.record(['clear']);
  }

  forEach(visit: (member: T, again: T, set: this) => void): void {
    for (const member of this) visit(member, member, this);
  }

  entries(): IterableIterator<[T, T]> {
    return this.#members.entries() as IterableIterator<[T, T]>;
  }

  keys(): IterableIterator<T> {
    return this.values();
  }

  values(): IterableIterator<T> {
    return this.#members.values() as IterableIterator<T>;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.values();
  }

  /** A plain Set of the same content, to answer with. */
  toSet(): Set<T> {
    return new Set(this);
  }

  protected applyOp([step, member]: DeltaOp): boolean {
    if (step === 'add') this.#members.add(member as StateKey);
    else if (step === 'delete') this.#members.delete(member as StateKey);
    else if (step === 'clear') this.#members.clear();
    else return false;
    return true;
  }

  protected contents(): readonly StoredValue[] {
    return [...this.#members];
  }

  protected rebuild(): readonly DeltaOp[] {
    return Array.from(this.#members, (member): DeltaOp => ['add', member]);
  }

  protected weight(): number {
    return this.#members.size;
  }

  protected forgetSteps(): void {
    // No step is ever amended, so none is remembered.
  }
}
