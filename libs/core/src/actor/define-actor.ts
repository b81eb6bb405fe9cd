import type { Type } from '@nestjs/common';
import type { PersistentStorage } from '#spi';
import { InvalidActorClassError } from '../errors';
import { DURABILITY, type DurabilityConfig } from '../facet/durability.facet';
import type { FacetSpec } from '../facet/facet';
import type { FacetRegistry } from '../facet/facet.registry';
import { VIRTUAL_ACTOR, type VirtualActorConfig } from '../facet/virtual-actor.facet';
import type { ActorDefinition } from './actor-definition';
import { checkNotReentrant } from './check-not-reentrant';
import { actorOptionsOf } from './actor.decorator';
import { readDispatch } from './dispatch';
import { readTrapExit } from '../supervision/trap-exit.decorator';
import { CLASS_CHECK, declaredBy, FACETS, lineageOf } from './metadata';
import { checkContextParameters, readHooks } from './read-context';
import { readEffects } from './read-effects';
import { readHandlers } from './read-handlers';
import { resolveActorOptions } from './read-options';
import { readParkedHook } from './read-parked-hook';
import { readState } from './read-state';

/** What a class says about itself; how its instances are made is added by the container. */
export type ActorClassDefinition = Omit<ActorDefinition, 'create'>;

/**
 * Reads one decorated class. No container, no side effect.
 * @throws InvalidActorClassError with a remedy; UnknownFacetError, InvalidFacetConfigError for its facets
 */
export function defineActor(
  cls: Type<object>,
  facets: Pick<FacetRegistry, 'resolve'>,
  snapshots: PersistentStorage | null,
): ActorClassDefinition {
  const options = actorOptionsOf(cls);
  if (options === undefined) throw new InvalidActorClassError(cls.name, 'it has no @Actor({ type })', 'Decorate it.');
  for (const ancestor of lineageOf(cls))
    for (const check of declaredBy<(cls: Type<object>) => void>(CLASS_CHECK, ancestor)) check(cls);
  const resolved = resolveActorOptions(cls.name, options, snapshots);
  const effects = readEffects(cls);
  const handlers = readHandlers(cls, effects);
  checkContextParameters(cls, new Set([...[...handlers.values()].map((handler) => handler.property), 'onCreate']));

  const specs = readFacets(cls);
  const configOf = (name: string): unknown => {
    const spec = specs.find((candidate) => candidate.name === name);
    return spec === undefined ? null : facets.resolve(spec).config;
  };
  for (const spec of specs) facets.resolve(spec);
  const durability = configOf(DURABILITY) as DurabilityConfig | null;
  if (durability !== null && resolved.snapshot !== null)
    throw new InvalidActorClassError(
      cls.name,
      'it has durability() and @Actor({ snapshot })',
      'Drop snapshot: the journal and its checkpoints lose nothing.',
    );
  if (durability !== null) checkNotReentrant(cls.name, handlers);

  return {
    ...resolved,
    className: cls.name,
    cls,
    handlers,
    trapExit: readTrapExit(cls, handlers),
    dispatch: readDispatch(cls),
    effects,
    state: readState(cls),
    hooks: readHooks(cls),
    onParked: readParkedHook(cls),
    facets: specs,
    durability,
    virtual: configOf(VIRTUAL_ACTOR) as VirtualActorConfig | null,
  };
}

/** Facets of the most basic class first; one that a subclass names again takes the place of the earlier. */
function readFacets(cls: Type<object>): readonly FacetSpec[] {
  const specs = new Map<string, FacetSpec>();
  for (const ancestor of lineageOf(cls)) {
    const own = declaredBy<FacetSpec>(FACETS, ancestor);
    for (const [index, spec] of own.entries()) {
      if (own.findIndex((other) => other.name === spec.name) !== index)
        throw new InvalidActorClassError(
          cls.name,
          `facet ${spec.name} is declared twice`,
          'Keep one @UseFacets entry of that name.',
        );
      specs.set(spec.name, spec);
    }
  }
  return [...specs.values()];
}
