import { isDeepStrictEqual } from 'node:util';
import type { Storage } from '#spi';
import type { ActorDefinition } from './actor/actor-definition';
import { InvalidFacetConfigError, InvalidOptionsError } from './errors';
import { DURABILITY } from './facet/durability.facet';
import type { ResolvedOptions } from './plexspaces.options';

/** Refuses a store that is not what production, or an actor class, was promised. */
export function checkStorage(
  storage: Storage,
  definitions: readonly ActorDefinition[],
  options: Pick<ResolvedOptions, 'allowInMemoryStorage'>,
  production = process.env['NODE_ENV'] === 'production',
): void {
  const { name, capabilities } = storage.journal;
  if (production && !capabilities.persistent && !options.allowInMemoryStorage)
    throw new InvalidOptionsError(
      'storage',
      'is in memory, so a restart would lose every durable actor; name a storage module, or set allowInMemoryStorage: true',
    );
  for (const { durability, className } of definitions) {
    if (durability === null) continue;
    if (durability.backend !== null && durability.backend !== name)
      throw new InvalidFacetConfigError(
        DURABILITY,
        'backend',
        `of ${className} is ${JSON.stringify(durability.backend)}, but the application runs on ${JSON.stringify(name)}`,
      );
    checkBackendConfig(className, durability.backendConfig ?? {}, storage);
  }
}

/** The storage module opens the store; an actor class may only insist on how. */
function checkBackendConfig(
  className: string,
  wanted: Readonly<Record<string, unknown>>,
  { journal, openedWith = {} }: Storage,
): void {
  for (const [option, value] of Object.entries(wanted)) {
    const known = Object.keys(openedWith);
    if (!known.includes(option))
      throw new InvalidFacetConfigError(
        DURABILITY,
        `backendConfig.${option}`,
        `of ${className} is no option of ${journal.name} storage, which has ${known.join(', ') || 'none'}`,
      );
    if (!isDeepStrictEqual(value, openedWith[option]))
      throw new InvalidFacetConfigError(
        DURABILITY,
        `backendConfig.${option}`,
        `of ${className} is ${JSON.stringify(value)}, but the store was opened with ${JSON.stringify(openedWith[option])}`,
      );
  }
}
