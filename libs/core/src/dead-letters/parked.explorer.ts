import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { actorOptionsOf } from '../actor/actor.decorator';
import { type DeclaredMember, declaredBy, lineageOf, ON_PARKED } from '../actor/metadata';
import { ActorSystem } from '../runtime/actor-system';
import type { DeadLetter } from './dead-letter';

type Listener = (letter: DeadLetter) => unknown;

/** Finds `@OnParked` methods of providers that are no actors, and lets them hear what is parked. */
@Injectable()
export class ParkedExplorer {
  private readonly logger = new Logger('PlexSpaces');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly system: ActorSystem,
  ) {}

  /** Once, when all providers are instantiated. */
  explore(): void {
    const instances = new Set<object>();
    for (const { instance } of this.discovery.getProviders() as readonly { instance: unknown }[])
      if (typeof instance === 'object' && instance !== null) instances.add(instance); // an alias shows the same one again
    const listeners = [...instances].flatMap(listenersOf);
    if (listeners.length === 0) return;
    this.system.events.parked$.subscribe((letter) => {
      for (const listener of listeners) void this.tell(listener, letter);
    });
  }

  private async tell(listener: Listener, letter: DeadLetter): Promise<void> {
    try {
      await listener(letter);
    } catch (error) {
      this.logger.error(`@OnParked failed for message ${letter.messageId}: ${String(error)}`);
    }
  }
}

function listenersOf(instance: object): Listener[] {
  const cls: unknown = instance.constructor; // none on an object without prototype
  if (typeof cls !== 'function' || actorOptionsOf(cls as never) !== undefined) return [];
  const names = lineageOf(cls as never).flatMap((owner) =>
    declaredBy<DeclaredMember>(ON_PARKED, owner).map(({ property }) => property),
  );
  return [...new Set(names)].map(
    (name) => (letter) => (instance as Record<string | symbol, Listener>)[name]?.call(instance, letter),
  );
}
