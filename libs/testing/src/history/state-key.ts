import { encodePayload } from '#journal';

const UNBOUNDED = { maxBytes: Number.MAX_SAFE_INTEGER };

/** Text that equal states share: equal trees have equal bytes. */
export function stateKey(state: unknown): string {
  if (typeof state === 'number' || typeof state === 'string') return `${typeof state} ${state}`;
  return Buffer.from(encodePayload(state, UNBOUNDED)).toString('base64');
}
