import { encodePayload, hashPayload } from '#journal';

const UNBOUNDED = { maxBytes: Number.MAX_SAFE_INTEGER };

/** Text that equal states share: equal trees have equal bytes. Short, since the search keeps one for each configuration. */
export function stateKey(state: unknown): string {
  if (typeof state === 'number') return String(state);
  return hashPayload(encodePayload(state, UNBOUNDED));
}
