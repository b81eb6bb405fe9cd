import { types } from 'node:util';
import { InvalidPayloadError, PayloadTooLargeError } from '../errors';
import { describeClass, isPlain, isStorableClass } from './payload-classes';

/** Integers from here on print with an exponent: they are magnitudes, not ids or counts that lost a digit. */
const FIRST_EXPONENT = 1e21;
/** Up to here a scan of an array finds a repeated object faster than a Set does. */
const SCAN = 8;

export interface PayloadLimits {
  /** Size of the encoding. Default: 1 MB. */
  readonly maxBytes?: number;
  /** Levels of nesting. Default: 64. */
  readonly maxDepth?: number;
}

export const DEFAULT_MAX_BYTES = 1_048_576;
const DEFAULT_MAX_DEPTH = 64;

/** Why a primitive cannot be stored unchanged, or `undefined`. */
export function refusePrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? undefined : 'contains a lone surrogate, which has no UTF-8 form; use a Buffer';
    case 'number':
      return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < FIRST_EXPONENT
        ? `is the integer ${value}, beyond ±(2^53 − 1), where digits are lost; use a bigint`
        : undefined;
    case 'function':
      return 'is a function; store data only';
    case 'symbol':
      return 'is a symbol; use a string';
    default:
      return undefined;
  }
}

/** Refuses what no codec carries. @returns whether an object occurs twice. @throws InvalidPayloadError, PayloadTooLargeError */
export function checkPayload(value: unknown, limits: PayloadLimits | undefined, subject: string): boolean {
  if (typeof value !== 'object' || value === null) {
    checkPrimitive(value, limits, subject);
    return false;
  }
  const check = new PayloadCheck(subject, limits);
  check.run(value);
  return check.repeats;
}

/** @throws InvalidPayloadError, PayloadTooLargeError */
export function checkPrimitive(value: unknown, limits: PayloadLimits | undefined, subject: string): void {
  const reason = refusePrimitive(value);
  if (reason !== undefined) throw new InvalidPayloadError(subject, subject, reason);
  const limit = limits?.maxBytes ?? DEFAULT_MAX_BYTES;
  if (typeof value === 'string' && value.length * 3 > limit) {
    const bytes = Buffer.byteLength(value);
    if (bytes > limit) throw new PayloadTooLargeError(subject, bytes, limit);
  } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
    const bytes = value.toString(16).length / 2;
    if (bytes > limit) throw new PayloadTooLargeError(subject, bytes, limit);
  }
}

/**
 * One pass over a value before it is encoded: refuses what would come back changed, names the place, and notes
 * whether an object occurs twice. Nothing is allocated per level, so a small payload costs less than its encoding.
 *
 * Left out without a word, as by `structuredClone`: symbol keys, properties that are not enumerable, prototypes
 * of plain objects, extra properties of arrays. `-0` comes back as `0`.
 */
class PayloadCheck {
  /** An object was met a second time: the encoding has to carry references. */
  repeats = false;

  private readonly path: (string | number)[] = [];
  private readonly maxBytes: number;
  private readonly maxDepth: number;
  private few: object[] = [];
  private many: Set<object> | undefined;
  /** Errors and registered classes being visited: unlike plain data they cannot be part of a cycle. */
  private open: object[] | undefined;
  private atLeast = 0;

  constructor(
    private readonly subject: string,
    limits: PayloadLimits | undefined,
  ) {
    this.maxBytes = limits?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.maxDepth = limits?.maxDepth ?? DEFAULT_MAX_DEPTH;
  }

  /** @throws InvalidPayloadError, PayloadTooLargeError */
  run(value: unknown): void {
    try {
      this.visit(value, 0);
    } catch (error) {
      if (error instanceof InvalidPayloadError || error instanceof PayloadTooLargeError) throw error;
      throw this.refusal(`cannot be read (${String(error)})`, this.path.length, error);
    }
  }

  private visit(value: unknown, depth: number): void {
    if (typeof value === 'object') {
      if (value !== null) this.visitObject(value, depth);
      return;
    }
    const reason = refusePrimitive(value);
    if (reason !== undefined) throw this.refusal(reason, depth);
    if (typeof value === 'string') this.count(value.length);
  }

  private visitObject(value: object, depth: number): void {
    if (this.seen(value)) {
      this.repeats = true;
      if (this.open?.includes(value)) throw this.refusal('is an error or a registered class inside itself', depth);
      return;
    }
    if (depth >= this.maxDepth) throw this.refusal(`lies more than ${this.maxDepth} levels deep; flatten it`, depth);
    this.count(1);
    if (Array.isArray(value)) this.visitArray(value, depth);
    else if (isPlain(value)) this.visitProperties(value, depth);
    else this.visitInstance(value, depth);
  }

  private visitArray(value: readonly unknown[], depth: number): void {
    if (Object.getPrototypeOf(value) !== Array.prototype && describeClass(value) !== 'Array') {
      throw this.refusal(`is an instance of ${describeClass(value)}; store a plain array`, depth);
    }
    for (let i = 0; i < value.length; i++) {
      this.path[depth] = i;
      this.visit(value[i], depth + 1);
    }
    this.path.length = depth;
  }

  private visitProperties(value: object, depth: number): void {
    for (const key of Object.keys(value)) {
      this.path[depth] = key;
      if (key === '__proto__')
        throw this.refusal('is an own property of that name, which the codec would rename', depth + 1);
      if (!isWellFormed(key)) throw this.refusal('has a lone surrogate in its name', depth + 1);
      this.visit((value as Record<string, unknown>)[key], depth + 1);
    }
    this.path.length = depth;
  }

  private visitInstance(value: object, depth: number): void {
    if (types.isMap(value)) return this.visitItems(value, 'Map', depth);
    if (types.isSet(value)) return this.visitItems(value, 'Set', depth);
    if (ArrayBuffer.isView(value)) this.count(value.byteLength);
    else if (types.isDate(value) && Number.isNaN(value.getTime())) throw this.refusal('is an invalid Date', depth);

    const found = isStorableClass(value);
    if (!found.storable) throw this.refusal(found.reason, depth);
    if (found.parts === undefined) return;
    (this.open ??= []).push(value);
    this.visitProperties(found.parts, depth);
    this.open.pop();
  }

  private visitItems(
    items: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
    expected: string,
    depth: number,
  ): void {
    const className = describeClass(items);
    if (className !== expected) throw this.refusal(`is an instance of ${className}; store a plain ${expected}`, depth);
    let i = 0;
    if (types.isMap(items)) {
      for (const [key, value] of items) {
        this.path[depth] = i++;
        this.visit(key, depth + 1);
        if (isNameable(key)) this.path[depth] = String(key);
        this.visit(value, depth + 1);
      }
    } else {
      for (const value of items) {
        this.path[depth] = i++;
        this.visit(value, depth + 1);
      }
    }
    this.path.length = depth;
  }

  private seen(value: object): boolean {
    if (this.many !== undefined) {
      if (this.many.has(value)) return true;
      this.many.add(value);
      return false;
    }
    if (this.few.includes(value)) return true;
    this.few.push(value);
    if (this.few.length > SCAN) {
      this.many = new Set(this.few);
      this.few = [];
    }
    return false;
  }

  /** A lower bound of the encoding, so that an absurd value is refused before memory is taken for it. */
  private count(bytes: number): void {
    this.atLeast += bytes;
    if (this.atLeast > this.maxBytes) throw new PayloadTooLargeError(this.subject, this.atLeast, this.maxBytes);
  }

  private refusal(reason: string, depth: number, cause?: unknown): InvalidPayloadError {
    const path = this.path.slice(0, depth).reduce<string>(extendPath, this.subject);
    return new InvalidPayloadError(this.subject, path, reason, cause === undefined ? undefined : { cause });
  }
}

function extendPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function isNameable(key: unknown): boolean {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean';
}

/** In Node since version 20; the ES2023 library of TypeScript does not know it. */
function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
