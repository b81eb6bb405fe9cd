import type { Env, LeaseStorage } from '#spi';
import { NodeIdInUseError } from '../errors';
import { isRenewed } from './lease-decisions';

/** Looks at the lease of a former process until it ends; more often than that process would renew it. */
const LOOKS_PER_TTL = 6;

export function nodeLeaseOf(nodeId: string): string {
  return `node:${nodeId}`;
}

/**
 * Takes the lease of a node id. A process that was killed leaves its own behind, which is waited for: it ends by
 * itself. One that lives renews it. @throws NodeIdInUseError, and what the store throws
 */
export async function claimNodeId(
  env: Env,
  leases: LeaseStorage,
  node: { readonly nodeId: string; readonly holder: string; readonly ttlMs: number },
  waiting: (holder: string, leftMs: number) => void,
): Promise<void> {
  const claim = () => leases.claim(nodeLeaseOf(node.nodeId), node.holder, node.ttlMs);
  let last = await claim();
  if (last.holder !== node.holder) waiting(last.holder, last.leftMs);
  while (last.holder !== node.holder) {
    const waitMs = Math.ceil(Math.max(1, Math.min(last.leftMs + 1, node.ttlMs / LOOKS_PER_TTL)));
    await new Promise<void>((resolve) => env.schedule(resolve, waitMs));
    const next = await claim();
    if (next.holder !== node.holder && isRenewed(last, next)) throw new NodeIdInUseError(node.nodeId, next.holder);
    last = next;
  }
}
