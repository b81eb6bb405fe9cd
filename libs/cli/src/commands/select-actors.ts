import { checkIdComponent, decodeActorId, encodeActorId } from '#spi';

/** The encoded id of the one that was named. @throws InvalidActorIdError */
export function readActorId(given: string): string {
  const id = decodeActorId(given);
  for (const [name, value] of Object.entries(id)) checkIdComponent(name, value);
  return encodeActorId(id);
}
