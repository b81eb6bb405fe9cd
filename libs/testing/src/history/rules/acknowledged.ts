import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import type { Request } from '../request';

/** H1: what a client was told is done, is done; what it was told is accepted has ended, or is still in the inbox. */
export function checkAcknowledged(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    for (const request of actor.requests) {
      if (request.readOnly || request.acked === null || isKept(actor, request)) continue;
      const { id, kind, method } = request;
      const told = kind === 'ask' ? 'answered' : 'accepted';
      evidence.blame('H1', actor.actor, `${method} ${id} was ${told} and is not in the journal`);
      for (const messageId of request.messageIds) evidence.lost.add(nameOf(actor.actor, messageId));
    }
  }
}

function isKept(actor: ActorEvidence, request: Request): boolean {
  if (actor.turnsFor(request).some(({ isOver }) => isOver)) return true;
  return request.kind === 'tell' && request.messageIds.some((id) => actor.pending.includes(id));
}
