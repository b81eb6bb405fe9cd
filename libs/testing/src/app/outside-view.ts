import type { ActorSystem } from '#core';
import type { Storage } from '#spi';
import type { Life } from './life';

/**
 * The actor system as a test sees it from outside: what it asks for through this is told when the life is over,
 * where the application's own refs simply hear nothing any more. Refs and clients made by it share that.
 */
export function viewFromOutside(system: ActorSystem, life: Life, storage: Storage): ActorSystem {
  const replaced = new Map<PropertyKey, unknown>([
    ['sender', guardCalls(system.sender, life)],
    ['respawner', guardCalls(system.respawner, life)],
    ['storage', life.storageForCallers(storage)],
  ]);
  return new Proxy(system, {
    get: (target, name, view) => replaced.get(name) ?? (Reflect.get(target, name, view) as unknown),
  });
}

function guardCalls<T extends object>(port: T, life: Life): T {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => life.guard(() => method.apply(target, args));
    },
  });
}
