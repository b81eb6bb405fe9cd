import { jsonBytes, jsonNode, parseJson, isJson } from '../codec/json-codec';
import { JsonReader, JsonWriter } from '../codec/json-values';
import { decodePayload } from '../codec/payload-codec';

// What the library lays out itself (arrays of primitives, encoded values and further arrays) as JSON in which the
// values can be read: {"$value": …} stands for the bytes of an encoded value.

const VALUE = '$value';

/** The JSON of an encoded value, whichever codec wrote it. */
export function nodeOfPayload(bytes: Uint8Array): unknown {
  return isJson(bytes) ? parseJson(bytes) : jsonNode(decodePayload(bytes));
}

/** Inverse of {@link nodeOfPayload}: the value encoded as JSON. */
export function payloadOfNode(node: unknown): Uint8Array {
  return jsonBytes(node);
}

export function nodeOfRaw(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(nodeOfRaw);
  if (raw instanceof Uint8Array) return { [VALUE]: nodeOfPayload(raw) };
  return new JsonWriter(null).write(raw);
}

/** Inverse of {@link nodeOfRaw}. Throws plain errors. */
export function rawOfNode(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rawOfNode);
  if (typeof node !== 'object' || node === null) return node;
  if (Object.hasOwn(node, VALUE)) return payloadOfNode((node as Record<string, unknown>)[VALUE]);
  const raw = new JsonReader().read(node);
  if (typeof raw === 'object') throw new Error('an object lies where a primitive belongs');
  return raw;
}
