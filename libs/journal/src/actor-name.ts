import { type ActorId, decodeActorId, encodeActorId } from '#spi';

/** How tools may name an actor: by id, by encoded id, or by a plain name such as `actor-123`. */
export type ActorName = ActorId | string;

/** Where a plain name lies: the default scope, under the type `actor`. */
const PLAIN = { tenant: 'default', namespace: 'default', type: 'actor' };

/** @returns the encoded id. @throws InvalidActorIdError */
export function resolveActor(name: ActorName): string {
  if (typeof name !== 'string') return encodeActorId(name);
  return name.includes('/') ? encodeActorId(decodeActorId(name)) : encodeActorId({ ...PLAIN, key: name });
}

/** How entries read for `name` call their actor: as the caller does. */
export function labelOf(name: ActorName): string {
  return typeof name === 'string' ? name : encodeActorId(name);
}
