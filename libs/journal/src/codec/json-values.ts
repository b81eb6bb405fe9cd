import { types } from 'node:util';
import { describeClass, isPlain, taggedOf, untag, viewOf } from './payload-classes';

// Values as JSON. Whatever JSON has no form for is an object of one property whose name begins with `$`:
//   {"$undefined":true} {"$number":"NaN"} {"$bigint":"1"} {"$Date":"2026-…Z"} {"$RegExp":["a+","i"]} {"$Map":[[k,v]]} {"$Set":[v]}
//   {"$Buffer":"base64"} and so each kind of bytes   {"$Error":{…}}   {"$class":["Money",{…}]}
//   {"$def":[1,…]} and {"$ref":1}: an object that occurs again   {"$object":{"$x":1}}: plain data that only looks like one of these

type Node = unknown;

/** Writes one value that {@link PayloadCheck} has let pass as what JSON can hold. */
export class JsonWriter {
  private readonly numbers = new Map<object, number>();

  /** @param repeated objects that occur more than once in what is to be written */
  constructor(private readonly repeated: ReadonlySet<object> | null) {}

  write(value: unknown): Node {
    switch (typeof value) {
      case 'undefined':
        return { $undefined: true };
      case 'bigint':
        return { $bigint: String(value) };
      case 'number':
        return Number.isFinite(value) ? value : { $number: String(value) };
      case 'object':
        return value === null ? null : this.writeObject(value);
      default:
        return value;
    }
  }

  private writeObject(value: object): Node {
    if (this.repeated?.has(value) !== true) return this.writeOnce(value);
    const known = this.numbers.get(value);
    if (known !== undefined) return { $ref: known };
    const number = this.numbers.size + 1;
    this.numbers.set(value, number);
    return { $def: [number, this.writeOnce(value)] };
  }

  private writeOnce(value: object): Node {
    if (Array.isArray(value)) return Array.from(value, (item) => this.write(item)); // holes become undefined
    if (isPlain(value)) return this.writePlain(value);
    if (types.isMap(value)) return { $Map: Array.from(value, ([key, item]) => [this.write(key), this.write(item)]) };
    if (types.isSet(value)) return { $Set: Array.from(value, (item) => this.write(item)) };
    const tagged = taggedOf(value);
    if (tagged !== undefined) {
      const [name, data] = tagged;
      return name === 'Error' ? { $Error: this.writePlain(data) } : { $class: [name, this.writePlain(data)] };
    }
    if (types.isDate(value)) return { $Date: value.toISOString() };
    if (types.isRegExp(value)) return { $RegExp: [value.source, value.flags] };
    const bytes = ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.from(value as ArrayBuffer);
    return { [`$${Buffer.isBuffer(value) ? 'Buffer' : describeClass(value)}`]: bytes.toString('base64') };
  }

  private writePlain(value: object): Node {
    const keys = Object.keys(value);
    const node: Record<string, Node> = {};
    for (const key of keys) node[key] = this.write((value as Record<string, unknown>)[key]);
    return keys.length === 1 && keys[0]?.startsWith('$') === true ? { $object: node } : node;
  }
}

/** Objects that occur more than once in `value`, looked for as {@link JsonWriter} walks. */
export function repeatedIn(value: unknown): Set<object> {
  const seen = new Set<object>();
  const repeated = new Set<object>();
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return;
    if (seen.has(each)) return void repeated.add(each);
    seen.add(each);
    if (Array.isArray(each)) each.forEach(visit);
    else if (types.isMap(each)) [...each.keys(), ...each.values()].forEach(visit);
    else if (types.isSet(each)) each.forEach(visit);
    else Object.values(isPlain(each) ? each : (taggedOf(each)?.[1] ?? {})).forEach(visit);
  };
  visit(value);
  return repeated;
}

/** Inverse of {@link JsonWriter}; works in place on what `JSON.parse` gave. Throws plain errors about what it cannot read. */
export class JsonReader {
  private readonly objects = new Map<number, unknown>();

  /** @param number under which the value is referred to; 0 for none */
  read(node: Node, number = 0): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return this.readItems(this.keep(number, node));
    const keys = Object.keys(node);
    const [tag] = keys;
    if (keys.length !== 1 || tag?.startsWith('$') !== true) return this.readPlain(node, number);
    return this.readTag(tag.slice(1), (node as Record<string, Node>)[tag], number);
  }

  private readItems(items: Node[]): unknown[] {
    for (let i = 0; i < items.length; i++) items[i] = this.read(items[i]);
    return items;
  }

  private readPlain(node: Node, number = 0): Record<string, unknown> {
    if (typeof node !== 'object' || node === null || Array.isArray(node)) throw new Error('an object is missing');
    const plain = this.keep(number, node as Record<string, unknown>);
    for (const key of Object.keys(plain)) {
      if (key === '__proto__') throw new Error('a property is named __proto__');
      plain[key] = this.read(plain[key]);
    }
    return plain;
  }

  private readTag(tag: string, node: Node, number: number): unknown {
    switch (tag) {
      case 'undefined':
        return undefined;
      case 'number':
        return oddNumber(node);
      case 'bigint':
        return BigInt(text(node));
      case 'object':
        return this.readPlain(node, number);
      case 'ref':
        if (!this.objects.has(node as number)) throw new Error(`no object ${String(node)} comes before`);
        return this.objects.get(node as number);
      case 'def': {
        const [own, inner] = items(node, 2);
        return this.read(inner, own as number);
      }
      case 'Map': {
        const map = this.keep(number, new Map<unknown, unknown>());
        for (const entry of items(node)) {
          const [key, value] = items(entry, 2);
          map.set(this.read(key), this.read(value));
        }
        return map;
      }
      case 'Set': {
        const set = this.keep(number, new Set<unknown>());
        for (const item of items(node)) set.add(this.read(item));
        return set;
      }
      default:
        return this.keep(number, this.readLeaf(tag, node));
    }
  }

  /** What cannot be part of a cycle. */
  private readLeaf(tag: string, node: Node): object {
    switch (tag) {
      case 'Error':
        return untag(tag, this.readPlainOrObject(node));
      case 'class': {
        const [name, data] = items(node, 2);
        if (name === 'Error') throw new Error('a class is named Error');
        return untag(text(name), this.readPlainOrObject(data));
      }
      case 'Date': {
        const date = new Date(text(node));
        if (Number.isNaN(date.getTime())) throw new Error('a Date is invalid');
        return date;
      }
      case 'RegExp': {
        const [source, flags] = items(node, 2);
        return new RegExp(text(source), text(flags));
      }
      case 'ArrayBuffer':
        return new Uint8Array(Buffer.from(text(node), 'base64')).buffer;
      case 'Buffer':
        return Buffer.from(text(node), 'base64');
      default:
        return viewOf(tag, Buffer.from(text(node), 'base64'));
    }
  }

  private readPlainOrObject(node: Node): Record<string, unknown> {
    const [tag, ...more] = Object.keys(node ?? {});
    return tag === '$object' && more.length === 0
      ? this.readPlain((node as Record<string, Node>)[tag])
      : this.readPlain(node);
  }

  private keep<T>(number: number, value: T): T {
    if (number !== 0) this.objects.set(number, value);
    return value;
  }
}

function oddNumber(node: Node): number {
  if (node === 'NaN' || node === 'Infinity' || node === '-Infinity') return Number(node);
  throw new Error(`${JSON.stringify(node)} is no $number`);
}

function text(node: Node): string {
  if (typeof node === 'string') return node;
  throw new Error('a text is missing');
}

function items(node: Node, count?: number): Node[] {
  if (Array.isArray(node) && (count === undefined || node.length === count)) return node as Node[];
  throw new Error(count === undefined ? 'a list is missing' : `a list of ${count} is missing`);
}
