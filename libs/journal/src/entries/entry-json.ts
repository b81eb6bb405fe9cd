import { jsonBytes, parseJson } from '../codec/json-codec';
import { signatureOf } from './entry-layout';
import type { EntryKind } from './journal-entry';
import { nodeOfPayload, nodeOfRaw, payloadOfNode, rawOfNode } from './raw-json';

/** Names of the fields of each kind, in their stored order. They are in journals: none is ever given another meaning. */
const NAMES: Readonly<Record<EntryKind, readonly string[]>> = {
  ActivationStarted: ['epoch', 'node', 'codeVersion', 'facetChain', 'reset', 'schema'],
  MessageReceived: ['messageId', 'sender', 'causationId', 'method', 'payload', 'headers', 'principal'],
  SideEffectExecuted: ['scope', 'ordinal', 'name', 'argsHash', 'result', 'error', 'attempts'],
  StateChanged: ['values', 'deltas', 'removed'],
  MessageSent: ['messageId', 'receiver', 'method', 'payload', 'dueAt'],
  TimerScheduled: ['scope', 'ordinal', 'dueAt'],
  TimerFired: ['scope', 'ordinal'],
  FacetAttached: ['name', 'priority', 'config'],
  FacetDetached: ['name'],
  MessageProcessed: ['messageId', 'result', 'error'],
  MessageParked: ['messageId', 'attempts', 'cause'],
};
const COMMON = ['id', 'time', 'correlationId'];

/** The body of an entry as JSON: its kind and its fields by name, values in them readable; a field that is absent is null. */
export function packJson(kind: EntryKind, fields: readonly unknown[]): Buffer {
  const node: Record<string, unknown> = { kind };
  const signature = signatureOf(kind);
  namesOf(kind).forEach((name, i) => {
    const field = fields[i];
    if (field === null) return;
    node[name] = signature[i]?.toLowerCase() === 'y' ? nodeOfPayload(field as Uint8Array) : nodeOfRaw(field);
  });
  return jsonBytes(node);
}

/** Inverse of {@link packJson}. Throws plain errors. */
export function unpackJson(kind: EntryKind, bytes: Uint8Array): readonly unknown[] {
  const node = parseJson(bytes) as Record<string, unknown> | null;
  if (node?.['kind'] !== kind) throw new Error(`it is no ${kind}`);
  const signature = signatureOf(kind);
  return namesOf(kind).map((name, i) => {
    if (!Object.hasOwn(node, name)) return null;
    return signature[i]?.toLowerCase() === 'y' ? payloadOfNode(node[name]) : rawOfNode(node[name]);
  });
}

function namesOf(kind: EntryKind): readonly string[] {
  return [...COMMON, ...NAMES[kind]];
}
