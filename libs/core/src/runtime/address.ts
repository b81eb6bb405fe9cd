import { type ActorId, checkIdComponent, encodeActorId } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';

/** An actor id, checked and encoded once, with the class that answers for it. Refs and messages share it. */
export interface Address {
  readonly id: ActorId;
  readonly encoded: string;
  readonly definition: ActorDefinition;
}

/** @throws InvalidActorIdError */
export function makeAddress(definition: ActorDefinition, key: string, scope: Scope): Address {
  checkIdComponent('tenant', scope.tenant);
  checkIdComponent('namespace', scope.namespace);
  checkIdComponent('key', key);
  const id: ActorId = { tenant: scope.tenant, namespace: scope.namespace, type: definition.type, key };
  return { id, encoded: encodeActorId(id), definition };
}

/** Whose data it is (P1). */
export interface Scope {
  readonly tenant: string;
  readonly namespace: string;
}

export function sameScope(a: Scope, b: Scope): boolean {
  return a.tenant === b.tenant && a.namespace === b.namespace;
}
