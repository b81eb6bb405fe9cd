import { createHash } from 'node:crypto';
import type { EffectContext } from '../turn/effect-call';

const KEYED = 'key/';

/** Idempotency keys are scoped by principal, and by the actor whose row this is (P5); lengths make the parts unambiguous. */
export function keyedMessageId(principal: string, key: string): string {
  return `${KEYED}${principal.length}/${principal}/${key}`;
}

/** May the id be sent again for as long as a key may? Ids that are made for clients' messages are of one part; keys, turns and plans make others. */
export function isKeptLong(id: string): boolean {
  return id.includes('/');
}

/** The rank of the act an effect belongs to: the last part of its idempotency key. */
export function rankOf(effect: EffectContext): string {
  return effect.idempotencyKey.slice(effect.idempotencyKey.lastIndexOf('/') + 1);
}

/** Ids are keys of tables, whose indexes have limits (a third of a page in Postgres). */
const MAX_LENGTH = 255;

/** Whose act it is, for which message of a key; lengths make the parts unambiguous, since senders choose keys. */
function nameOfAct(sender: string, receivedAt: number | null, actsAs: string): string {
  return `from/${sender.length}/${sender}/${receivedAt ?? ''}/${actsAs.length}/${actsAs}`;
}

/**
 * The id of what a turn sends. Each derives from the one before, and chains have no end, so a long one goes on under its
 * digest. A key is one actor's, and free again after its window: what another actor sends for the same key, or this one for a
 * later message of that key, is another message.
 * @param receivedAt when the turn's message was received, as recorded; `null` where nothing is: then a repeat of that message,
 *   which such an actor runs again, is known to those it sends to
 */
export function sentMessageId(
  sender: string,
  receivedAt: number | null,
  actsAs: string,
  rank: number | string,
): string {
  const id = actsAs.startsWith(KEYED) ? nameOfAct(sender, receivedAt, actsAs) : actsAs;
  if (id.length <= MAX_LENGTH) return `${id}/${rank}`;
  return `+${createHash('sha256').update(id).digest('base64url')}/${rank}`;
}
