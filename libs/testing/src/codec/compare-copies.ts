import { types } from 'node:util';

/** Where a copy differs from what was copied, and how. */
export interface Difference {
  /** Such as `.lines[0].price`; '' for the value itself. */
  readonly path: string;
  /** Goes after "the value": `was -0 and comes back as 0`. */
  readonly change: string;
}

type Entries = readonly (readonly [step: string, before: unknown, after: unknown])[];

/**
 * What code could notice of a copy, however deep: values, classes, order, holes, objects shared between two places.
 * Pure. @returns `null` when there is nothing to notice
 */
export function compareCopies(before: unknown, after: unknown): Difference | null {
  return compare(before, after, '', new Map());
}

function compare(before: unknown, after: unknown, path: string, seen: Map<object, unknown>): Difference | null {
  if (!isObject(before) || !isObject(after)) {
    return Object.is(before, after) ? null : changed(path, before, after);
  }
  if (seen.has(before)) {
    return seen.get(before) === after
      ? null
      : { path, change: 'is one object in two places and comes back as two objects' };
  }
  seen.set(before, after);
  if (classOf(before) !== classOf(after)) return changed(path, before, after);
  const own = compareKind(before, after, path);
  if (own !== null) return own;
  for (const [step, left, right] of partsOf(before, after)) {
    const difference = compare(left, right, path + step, seen);
    if (difference !== null) return difference;
  }
  return null;
}

/** What is not among the parts: the value of a Date, the number of items, holes, keys. */
function compareKind(before: object, after: object, path: string): Difference | null {
  const [left, right] = [factsOf(before), factsOf(after)];
  if (left !== right) return { path, change: `was ${left} and comes back as ${right}` };
  if (isBytes(before)) return null;
  const lost = fieldsOf(before).find((key) => !Object.hasOwn(after, key));
  if (lost !== undefined) return { path: path + step(lost), change: 'does not come back at all' };
  const added = Object.keys(after).find((key) => !Object.hasOwn(before, key));
  if (added === undefined) return null;
  return Array.isArray(after)
    ? { path: path + step(added), change: 'was a hole in an array and comes back as undefined' }
    : { path: path + step(added), change: 'was not there and comes back' };
}

function factsOf(value: object): string {
  const name = classOf(value);
  if (types.isDate(value)) return `the Date ${Number(value)}`;
  if (types.isRegExp(value)) return `${String(value)} at ${value.lastIndex}`;
  if (types.isMap(value) || types.isSet(value)) return `a ${name} of ${value.size}`;
  if (isBytes(value)) return `${name} ${bytesOf(value).toString('hex')}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (types.isNativeError(value)) return `${value.name}: ${value.message}`;
  return name;
}

function partsOf(before: object, after: object): Entries {
  if (types.isMap(before)) {
    const others = [...(after as Map<unknown, unknown>)];
    return [...before].flatMap(([key, value], i) => [
      [`.keys()[${i}]`, key, others[i]?.[0]] as const,
      [isObject(key) ? `.values()[${i}]` : `.get(${print(key)})`, value, others[i]?.[1]] as const,
    ]);
  }
  if (types.isSet(before)) {
    const others = [...(after as Set<unknown>)];
    return [...before].map((value, i) => [`.values()[${i}]`, value, others[i]] as const);
  }
  if (isBytes(before)) return [];
  const parts = fieldsOf(before).map((key) => [step(key), Reflect.get(before, key), Reflect.get(after, key)] as const);
  return types.isNativeError(before) ? [...parts, ['.cause', before.cause, (after as Error).cause]] : parts;
}

function fieldsOf(value: object): (string | symbol)[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function step(key: string | symbol): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  if (/^\d+$/.test(key)) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function changed(path: string, before: unknown, after: unknown): Difference {
  return { path, change: `was ${describe(before)} and comes back as ${describe(after)}` };
}

function describe(value: unknown): string {
  if (!isObject(value)) return print(value);
  const name = classOf(value);
  return name === 'Object' ? 'a plain object' : `a value of class ${name}`;
}

function print(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** By name: Jest runs tests in a realm of their own. An object without prototype counts as a plain one, as for the codec. */
function classOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype?.constructor?.name ?? 'Object';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isBytes(value: object): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

function bytesOf(value: ArrayBufferView | ArrayBuffer): Buffer {
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.from(value);
}
