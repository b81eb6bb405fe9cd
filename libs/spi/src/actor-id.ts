import { InvalidActorIdError } from './errors';

/** Who an actor is (P1). Independent of where it runs; never changes. @publicApi */
export interface ActorId {
  readonly tenant: string;
  readonly namespace: string;
  readonly type: string;
  readonly key: string;
}

const MAX_COMPONENT_BYTES = 512;
/** Characters that would make `tenant/namespace/type/key` ambiguous or unprintable. */
const RESERVED = /[%/\u0000-\u001f\u007f]/g;
const NEEDS_ENCODING = /[%/\u0000-\u001f\u007f]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** Up to here even four bytes per UTF-16 unit stay within the limit, so the exact count is skipped. */
const SURELY_SHORT = MAX_COMPONENT_BYTES / 4;

/** No lone surrogate: it survives a round trip through UTF-8. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** Refuses what no store can keep byte-exact. @throws InvalidActorIdError */
export function checkIdComponent(component: string, value: unknown): asserts value is string {
  if (typeof value !== 'string')
    throw new InvalidActorIdError(component, `is ${value === null ? 'null' : typeof value}, not a string`);
  if (value === '') throw new InvalidActorIdError(component, 'is empty');
  if (value.length > SURELY_SHORT && Buffer.byteLength(value) > MAX_COMPONENT_BYTES) {
    throw new InvalidActorIdError(component, `is longer than ${MAX_COMPONENT_BYTES} bytes`);
  }
  if (value.includes('\u0000')) throw new InvalidActorIdError(component, 'contains a NUL character');
  if (!isWellFormed(value))
    throw new InvalidActorIdError(component, 'contains a lone surrogate, which is not valid Unicode');
}

/** `tenant/namespace/type/key`, each part percent-encoded where it would be ambiguous: distinct ids never collide. */
export function encodeActorId(id: ActorId): string {
  return `${escape(id.tenant)}/${escape(id.namespace)}/${escape(id.type)}/${escape(id.key)}`;
}

/** Inverse of {@link encodeActorId}. @throws InvalidActorIdError */
export function decodeActorId(encoded: string): ActorId {
  const parts = encoded.split('/');
  if (parts.length !== 4)
    throw new InvalidActorIdError('encoded form', `${JSON.stringify(encoded)} does not have four parts`);
  const [tenant, namespace, type, key] = parts.map(unescape) as [string, string, string, string];
  return { tenant, namespace, type, key };
}

function escape(part: string): string {
  if (!NEEDS_ENCODING.test(part)) return part;
  return part.replace(RESERVED, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function unescape(part: string): string {
  return part.includes('%')
    ? part.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : part;
}

/** 1,024 partitions, fixed when a store is created: which slice of the due index an actor's rows lie in. FNV-1a, 32 bit. */
export const PARTITIONS = 1024;

export function partitionOf(actor: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < actor.length; i++) hash = Math.imul(hash ^ actor.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % PARTITIONS;
}
