import { types } from 'node:util';
import { addExtension } from 'msgpackr';

/** How instances of a class are stored. @publicApi */
export interface PayloadClass<T> {
  /** Name in the stored bytes. Renaming it makes what is stored unreadable. */
  readonly name: string;
  /** Plain data that says all there is to say about `instance`. */
  encode(instance: T): Readonly<Record<string, unknown>>;
  decode(data: Readonly<Record<string, unknown>>): T;
}

type AnyClass = abstract new (...args: never[]) => object;
type Found = { storable: true; parts?: Readonly<Record<string, unknown>> } | { storable: false; reason: string };

const byClass = new Map<AnyClass, PayloadClass<object>>();
const byName = new Map<string, PayloadClass<object>>();

/** Lets instances of exactly this class be arguments, results and state. @publicApi */
export function registerPayloadClass<T extends object>(
  type: abstract new (...args: never[]) => T,
  codec: PayloadClass<T>,
): void {
  const known = byName.get(codec.name);
  if (codec.name === ERROR || (known !== undefined && byClass.get(type) !== known)) {
    throw new TypeError(`Payload class name ${JSON.stringify(codec.name)} is taken; give ${type.name} another one.`);
  }
  byClass.set(type, codec);
  byName.set(codec.name, codec);
}

/** Name of the class of `value`, for messages and for telling a built-in from a subclass of it, whatever its realm. */
export function describeClass(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) as { constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class';
}

/** An object literal of any realm (Jest runs tests in one of their own), or one without prototype. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

const VIEWS = new Set(
  ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'Float32', 'Float64', 'BigInt64', 'BigUint64']
    .map((type) => `${type}Array`)
    .concat('Buffer', 'DataView'),
);

/** Decides about what is neither plain nor a Map or Set. `parts`: what its encoding consists of. */
export function isStorableClass(value: object): Found {
  const registered = byClass.get(value.constructor as AnyClass);
  if (registered !== undefined) return { storable: true, parts: registered.encode(value) };
  if (isError(value)) return { storable: true, parts: errorParts(value) };

  const className = describeClass(value);
  if (ArrayBuffer.isView(value) && (VIEWS.has(className) || Buffer.isBuffer(value))) return { storable: true };
  if (types.isDate(value) && className === 'Date') return { storable: true };
  if (types.isRegExp(value) && className === 'RegExp') return { storable: true };
  if (types.isArrayBuffer(value) && className === 'ArrayBuffer') return { storable: true };
  if (types.isPromise(value)) return { storable: false, reason: 'is a Promise; await it first' };
  if (types.isBoxedPrimitive(value)) return { storable: false, reason: `is a ${className} object; use the primitive` };
  return {
    storable: false,
    reason: `is an instance of ${className}; store plain data, or tell the codec how with registerPayloadClass()`,
  };
}

/** Tag of errors; class names cannot take it. */
const ERROR = 'Error';
const BUILT_IN_ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

function errorParts(error: Error): Record<string, unknown> {
  const parts: Record<string, unknown> = { ...(error as object), name: error.name, message: error.message };
  delete parts['stack'];
  if (error.cause !== undefined) parts['cause'] = error.cause;
  if (Object.hasOwn(error, 'errors')) parts['errors'] = (error as AggregateError).errors;
  return parts;
}

/** Keeps name, message, cause and own properties. The class only where it is one of the language; the stack never. */
function errorOf({ name, message, ...rest }: Record<string, unknown>): Error {
  const known = typeof name === 'string' ? BUILT_IN_ERRORS[name] : undefined;
  const error = new (known ?? Error)(String(message));
  const hidden = (value: unknown) => ({ value, writable: true, configurable: true, enumerable: false });
  if (known === undefined) Object.defineProperty(error, 'name', hidden(name));
  error.stack = `${error.name}: ${error.message}`;
  for (const key of ['cause', 'errors']) if (key in rest) Object.defineProperty(error, key, hidden(rest[key]));
  const { cause: _, errors: __, ...own } = rest;
  return Object.assign(error, own);
}

/** Name and content of an error or of an instance of a registered class; `undefined` for anything else. */
export function taggedOf(value: object): readonly [name: string, data: Readonly<Record<string, unknown>>] | undefined {
  const codec = byClass.get(value.constructor as AnyClass);
  if (codec !== undefined) return [codec.name, codec.encode(value)];
  return isError(value) ? [ERROR, errorParts(value)] : undefined;
}

/** Inverse of {@link taggedOf}. */
export function untag(name: string, data: Record<string, unknown>): object {
  if (name === ERROR) return errorOf(data);
  const codec = byName.get(name);
  if (codec === undefined) throw new Error(`payload class ${JSON.stringify(name)} is not registered in this process`);
  return codec.decode(data);
}

let encoding = false;

/** msgpackr's extensions are global to the process; ours apply only inside this call, so that other users of it notice nothing. */
export function withPayloadClasses<T>(encode: () => T): T {
  encoding = true;
  try {
    return encode();
  } finally {
    encoding = false;
  }
}

/** Outside the range that msgpackr offers to applications (1–100), and none of its own. */
const TAGGED = 0x7a;

class Tagged {
  static [Symbol.hasInstance](value: object): boolean {
    return encoding && (byClass.has(value.constructor as AnyClass) || isError(value) || isForeignView(value));
  }
}

addExtension({
  Class: Tagged,
  type: TAGGED,
  write: (value: object): [string, unknown] =>
    isForeignView(value)
      ? [describeClass(value), Buffer.from(value.buffer, value.byteOffset, value.byteLength)]
      : (taggedOf(value) as [string, unknown]),
  read: ([name, data]: [string, Record<string, unknown>]): object =>
    data instanceof Uint8Array ? viewOf(name, data) : untag(name, data),
});

/**
 * A built-in of another realm: what Node's own modules return inside Jest. msgpackr goes by `instanceof` and would
 * store such a Date, Map or Float64Array as an empty object.
 */
class Foreign {
  static [Symbol.hasInstance](value: object): boolean {
    return encoding && nativeOf(value) !== value;
  }
}

addExtension({ Class: Foreign, write: nativeOf });

function nativeOf(value: object): object {
  if (types.isDate(value)) return isOurs(value, Date) ? value : new Date(value.getTime());
  if (types.isMap(value)) return isOurs(value, Map) ? value : new Map(value);
  if (types.isSet(value)) return isOurs(value, Set) ? value : new Set(value);
  if (types.isRegExp(value)) return isOurs(value, RegExp) ? value : new RegExp(value.source, value.flags);
  if (types.isArrayBuffer(value))
    return isOurs(value, ArrayBuffer) ? value : new Uint8Array(new Uint8Array(value)).buffer;
  return value;
}

/** Of this realm; a plain boolean, since the type says `always`. */
function isOurs(value: object, type: abstract new (...args: never[]) => object): boolean {
  return value instanceof type;
}

/** msgpackr's own test for "has an extension". */
const TypedArray = Object.getPrototypeOf(Uint8Array) as abstract new () => object;

function isForeignView(value: object): value is ArrayBufferView {
  return ArrayBuffer.isView(value) && !(value instanceof TypedArray) && !(value instanceof DataView);
}

/** A typed array, DataView or Buffer by the name of its class. */
export function viewOf(name: string, bytes: Uint8Array): object {
  const View = (globalThis as unknown as Record<string, new (buffer: ArrayBufferLike) => object>)[name];
  if (View === undefined || !VIEWS.has(name)) throw new Error(`${JSON.stringify(name)} is no typed array`);
  return new View(new Uint8Array(bytes).buffer);
}
