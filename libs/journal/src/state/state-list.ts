import { type Cell, cellOf, readCell, storeCell, storedOf } from './cell';
import type { DeltaOp, StoredValue } from './state-changes';
import { StateCollection, decodeContents } from './state-collection';

/**
 * An Array for `@State()` fields. Each change is recorded by itself, so that a turn on a long list stays cheap.
 * Items are copied in by the codec and handed out frozen: change one by `set`. For what only reads, `toArray()`
 * and iteration give all that arrays can.
 * @publicApi
 */
export class StateList<T> extends StateCollection implements Iterable<T> {
  #cells: Cell[] = [];

  constructor(items?: Iterable<T> | null) {
    super('list');
    for (const item of items ?? []) this.push(item);
  }

  /** Inverse of {@link encode}. */
  static decode<T>(bytes: Uint8Array): StateList<T> {
    const list = new StateList<T>();
    list.takeDelta();
    list.#cells = decodeContents(bytes, 'list').map(cellOf);
    return list;
  }

  get length(): number {
    return this.#cells.length;
  }

  /** Negative counts from the end. */
  at(index: number): T | undefined {
    return readCell(this.#cells.at(index)) as T | undefined;
  }

  /** @throws RangeError beyond the end; InvalidPayloadError, PayloadTooLargeError */
  set(index: number, item: T): this {
    if (!Number.isInteger(index) || index < 0 || index >= this.#cells.length) {
      throw new RangeError(`A StateList of ${this.#cells.length} items has no index ${index} to set; use push().`);
    }
    const cell = this.store(item, index);
    this.#cells[index] = cell;
    this.record(['set', index, storedOf(cell)]);
    return this;
  }

  /** @returns the new length. */
  push(...items: readonly T[]): number {
    if (items.length === 0) return this.#cells.length;
    const cells = items.map((item, i) => this.store(item, this.#cells.length + i));
    for (const cell of cells) this.#cells.push(cell);
    this.record(['push', ...cells.map(storedOf)]);
    return this.#cells.length;
  }

  pop(): T | undefined {
    return this.splice(this.#cells.length - 1, 1)[0];
  }

  shift(): T | undefined {
    return this.splice(0, 1)[0];
  }

  unshift(...items: readonly T[]): number {
    this.splice(0, 0, ...items);
    return this.#cells.length;
  }

  /** @returns the items removed. */
  splice(start: number, deleteCount: number, ...items: readonly T[]): T[] {
    const length = this.#cells.length;
    const from = Math.min(length, Math.max(0, start < 0 ? length + Math.trunc(start) : Math.trunc(start)));
    const count = Math.min(length - from, Math.max(0, Math.trunc(deleteCount)));
    if (count === 0 && items.length === 0) return [];
    const added = items.map((item, i) => this.store(item, from + i));
    const removed = this.#cells.splice(from, count, ...added);
    this.record(['splice', from, count, ...added.map(storedOf)]);
    return removed.map((cell) => readCell(cell) as T);
  }

  clear(): void {
    this.#cells = [];
    this.record(['clear']);
  }

  /** Puts `items` in the place of everything: for sorting, filtering and the like. */
  replaceAll(items: Iterable<T>): void {
    const cells = Array.from(items, (item, i) => this.store(item, i));
    this.clear();
    this.#cells = cells;
    if (cells.length > 0) this.record(['push', ...cells.map(storedOf)]);
  }

  forEach(visit: (item: T, index: number, list: this) => void): void {
    this.toArray().forEach((item, index) => visit(item, index, this));
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const cell of this.#cells) yield readCell(cell) as T;
  }

  /** A plain array of the same content, to search in, to map, to answer with. */
  toArray(): T[] {
    return this.#cells.map((cell) => readCell(cell) as T);
  }

  protected applyOp([step, ...operands]: DeltaOp): boolean {
    if (step === 'push') for (const operand of operands) this.#cells.push(cellOf(operand));
    else if (step === 'set') this.#cells[operands[0] as number] = cellOf(operands[1]);
    else if (step === 'splice')
      this.#cells.splice(operands[0] as number, operands[1] as number, ...operands.slice(2).map(cellOf));
    else if (step === 'clear') this.#cells = [];
    else return false;
    return true;
  }

  protected contents(): readonly StoredValue[] {
    return this.#cells.map(storedOf);
  }

  protected rebuild(): readonly DeltaOp[] {
    return this.#cells.length === 0 ? [] : [['push', ...this.#cells.map(storedOf)]];
  }

  /** A step is a whole rebuild, so what counts is the items it carries. */
  protected weight(): number {
    return this.#cells.length;
  }

  private store(item: T, index: number): Cell {
    return storeCell(item, undefined, `item ${index}`);
  }

  protected forgetSteps(): void {
    // No step is ever amended, so none is remembered.
  }
}
