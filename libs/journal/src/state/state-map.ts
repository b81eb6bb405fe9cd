import { type Cell, cellOf, readCell, storeCell, storedOf } from './cell';
import type { DeltaOp, StoredValue } from './state-changes';
import { StateCollection, type StateKey, checkKey, decodeContents } from './state-collection';

/**
 * A Map for `@State()` fields. Each change is recorded by itself, so that a turn on a large map stays cheap.
 * Keys are primitives. Values are copied in by the codec and handed out frozen: change one by `set` or `update`.
 * @publicApi
 */
export class StateMap<K extends StateKey, V> extends StateCollection implements Iterable<[K, V]> {
  readonly #cells = new Map<StateKey, Cell>();
  /** Where the recorded `set` of a key stands, as long as nothing else happened to the key: it is overwritten there. */
  readonly #setAt = new Map<StateKey, number>();

  constructor(entries?: Iterable<readonly [K, V]> | null) {
    super('map');
    for (const [key, value] of entries ?? []) this.set(key, value);
  }

  /** Inverse of {@link encode}. */
  static decode<K extends StateKey, V>(bytes: Uint8Array): StateMap<K, V> {
    const map = new StateMap<K, V>();
    map.takeDelta();
    const contents = decodeContents(bytes, 'map');
    for (let i = 0; i < contents.length; i += 2) map.#cells.set(contents[i] as StateKey, cellOf(contents[i + 1]));
    return map;
  }

  get size(): number {
    return this.#cells.size;
  }

  get(key: K): V | undefined {
    return readCell(this.#cells.get(key)) as V | undefined;
  }

  has(key: K): boolean {
    return this.#cells.has(key);
  }

  /** @throws InvalidPayloadError, PayloadTooLargeError */
  set(key: K, value: V): this {
    checkKey(key, 'a key of a StateMap');
    const cell = storeCell(value, undefined, `value of ${String(key)}`);
    this.#cells.set(key, cell);
    const op: DeltaOp = ['set', key, storedOf(cell)];
    const at = this.#setAt.get(key);
    if (at !== undefined) {
      this.amend(at, op);
      return this;
    }
    const recordedAt = this.record(op);
    if (recordedAt >= 0) this.#setAt.set(key, recordedAt);
    return this;
  }

  /** Puts what `change` makes of the present value, which it must not modify. @returns the new value. */
  update(key: K, change: (present: V | undefined) => V): V {
    this.set(key, change(this.get(key)));
    return this.get(key) as V;
  }

  delete(key: K): boolean {
    if (!this.#cells.delete(key)) return false;
    this.#setAt.delete(key);
    this.record(['delete', key]);
    return true;
  }

  clear(): void {
    this.#cells.clear();
    this.#setAt.clear();
    this.record(['clear']);
  }

  forEach(visit: (value: V, key: K, map: this) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  *entries(): IterableIterator<[K, V]> {
    for (const [key, cell] of this.#cells) yield [key as K, readCell(cell) as V];
  }

  keys(): IterableIterator<K> {
    return this.#cells.keys() as IterableIterator<K>;
  }

  *values(): IterableIterator<V> {
    for (const cell of this.#cells.values()) yield readCell(cell) as V;
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /** A plain Map of the same content, to answer with. */
  toMap(): Map<K, V> {
    return new Map(this);
  }

  protected applyOp(op: DeltaOp): boolean {
    const [step, key] = op as readonly [string, StateKey];
    if (step === 'set') this.#cells.set(key, cellOf(op[2]));
    else if (step === 'delete') this.#cells.delete(key);
    else if (step === 'clear') this.#cells.clear();
    else return false;
    return true;
  }

  protected contents(): readonly StoredValue[] {
    const contents: StoredValue[] = [];
    for (const [key, cell] of this.#cells) contents.push(key, storedOf(cell));
    return contents;
  }

  protected rebuild(): readonly DeltaOp[] {
    return Array.from(this.#cells, ([key, cell]): DeltaOp => ['set', key, storedOf(cell)]);
  }

  protected weight(): number {
    return this.#cells.size;
  }

  protected forgetSteps(): void {
    this.#setAt.clear();
  }
}
