import type { Provider, Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import { ActorSystem } from '../runtime/actor-system';
import { ActorClient } from './actor-client';
import { ActorRegistry } from './actor.registry';
import { actorOptionsOf } from './actor.decorator';
import { getActorToken } from './inject-actor.decorator';
import { SupervisorHandle } from '../supervision/supervisor-handle';
import { getSupervisorToken, supervisorOptionsOf } from '../supervision/supervisor.decorator';
import { declaredBy, HANDLER, lineageOf } from './metadata';

/**
 * Actor classes as providers of a module of one's own, so that they see its other providers:
 * `providers: [RatesClient, ...provideActors(Counter)]`. Export `getActorToken(Counter)` to share the client.
 * @publicApi
 */
export function provideActors(...classes: readonly Type<object>[]): Provider[] {
  return classes.flatMap((cls) => [cls, provideClient(cls)]);
}

/** What `forFeature` was given, with a client for each actor among it. */
export function provideFeature(providers: readonly Provider[]): Provider[] {
  return providers.flatMap((provider) => {
    const cls = classOf(provider);
    if (cls === null) return [provider];
    if (actorOptionsOf(cls) !== undefined) return [provider, provideClient(cls)];
    if (supervisorOptionsOf(cls) !== undefined) return [provider, provideHandle(cls)];
    if (lineageOf(cls).some((ancestor) => declaredBy(HANDLER, ancestor).length > 0))
      throw new InvalidActorClassError(cls.name, 'it has @Handle() but no @Actor({ type })', 'Decorate the class.');
    return [provider];
  });
}

export function clientTokensOf(providers: readonly Provider[]): string[] {
  return providers.map(classOf).flatMap((cls) => {
    if (cls === null) return [];
    if (supervisorOptionsOf(cls) !== undefined) return [getSupervisorToken(cls)];
    return actorOptionsOf(cls) === undefined ? [] : [getActorToken(cls)];
  });
}

function provideClient(cls: Type<object>): Provider {
  return {
    provide: getActorToken(cls),
    inject: [ActorSystem, ActorRegistry],
    useFactory: (system: ActorSystem, registry: ActorRegistry) => new ActorClient(system, registry, cls),
  };
}

function provideHandle(cls: Type<object>): Provider {
  return {
    provide: getSupervisorToken(cls),
    inject: [ActorSystem],
    useFactory: (system: ActorSystem) => new SupervisorHandle(system, cls),
  };
}

/** The class that callers ask for: of a provider with `useClass`, its token. */
function classOf(provider: Provider): Type<object> | null {
  const token: unknown = typeof provider === 'function' ? provider : provider.provide;
  return typeof token === 'function' ? (token as Type<object>) : null;
}
