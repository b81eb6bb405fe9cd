import type { PayloadLimits } from '../codec/payload-check';
import { freezeDeep } from './freeze';
import type { StoredValue } from './state-changes';
import { loadValue, storeValue } from './stored-value';

/** One value in a state collection: a primitive as it is, anything else as bytes that are decoded when first read. */
export type Cell = Exclude<StoredValue, Uint8Array> | EncodedCell;

class EncodedCell {
  private decoded: { readonly value: unknown } | undefined;

  constructor(readonly bytes: Uint8Array) {}

  read(): unknown {
    if (this.decoded !== undefined) return this.decoded.value;
    const value = loadValue(this.bytes);
    if (freezeDeep(value)) this.decoded = { value };
    return value;
  }
}

export function cellOf(stored: StoredValue): Cell {
  return stored instanceof Uint8Array ? new EncodedCell(stored) : stored;
}

/** @throws InvalidPayloadError, PayloadTooLargeError */
export function storeCell(value: unknown, limits: PayloadLimits | undefined, path: string): Cell {
  return cellOf(storeValue(value, limits, path));
}

/** Deep-frozen, and the same object each time as long as it holds no bytes. */
export function readCell(cell: Cell): unknown {
  return cell instanceof EncodedCell ? cell.read() : cell;
}

export function storedOf(cell: Cell): StoredValue {
  return cell instanceof EncodedCell ? cell.bytes : cell;
}
