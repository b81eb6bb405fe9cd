import { createHash } from 'node:crypto';
import type { ResolvedFacet } from './facet-chain';

/** `name@priority#hash of the configuration`, in chain order. */
export function fingerprintOf(facets: readonly ResolvedFacet[]): string {
  return facets.map((facet) => `${facet.name}@${facet.priority}#${hashOf(facet.config)}`).join(',');
}

/** `name@priority` of those that run on replay: what drifts when it changes. Configuration may change. */
export function replayFingerprintOf(facets: readonly ResolvedFacet[]): string {
  return facets
    .filter((facet) => facet.onReplay === 'run')
    .map((facet) => `${facet.name}@${facet.priority}`)
    .join(',');
}

function hashOf(config: unknown): string {
  return createHash('sha256').update(canonical(config)).digest('base64url').slice(0, 12);
}

/** Equal text for equal configurations, whatever the order of their options. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Date) return `date:${value.getTime()}`;
  if (isPlain(value)) {
    const options = Object.keys(value).sort();
    return `{${options.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) return identityOf(value);
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value}:${String(value)}`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** What a schema made of the configuration may hold anything; such a thing equals only itself. */
function identityOf(value: object): string {
  const known = identities.get(value);
  if (known !== undefined) return `object:${known}`;
  identities.set(value, ++lastIdentity);
  return `object:${lastIdentity}`;
}
