import type { EffectContext } from '../turn/effect-call';

/** Idempotency keys are scoped by principal (P5); lengths make the parts unambiguous. */
export function keyedMessageId(principal: string, key: string): string {
  return `key/${principal.length}/${principal}/${key}`;
}

/** The rank of the act an effect belongs to: the last part of its idempotency key. */
export function rankOf(effect: EffectContext): string {
  return effect.idempotencyKey.slice(effect.idempotencyKey.lastIndexOf('/') + 1);
}
