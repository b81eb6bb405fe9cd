import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { PersistentStorage } from '#spi';
import { AdmissionFactory } from '../admission/admission-factory';
import { InvalidActorClassError } from '../errors';
import { FacetRegistry } from '../facet/facet.registry';
import type { ActorDefinition } from './actor-definition';
import { actorOptionsOf } from './actor.decorator';
import { ActorFactory, listOf, type ProviderWrapper, requestScoped } from './actor-factory';
import { defineActor } from './define-actor';

/** Turns decorated providers into {@link ActorDefinition}s. Reads metadata, resolves dependencies; starts nothing. */
@Injectable()
export class ActorExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly facets: FacetRegistry,
    private readonly admissions: AdmissionFactory,
  ) {}

  /** Sorted by type, since Nest lists providers in the order of their instantiation. */
  async explore(snapshots: PersistentStorage | null): Promise<readonly ActorDefinition[]> {
    const wrappers = new Map<Type<object>, ProviderWrapper>();
    for (const wrapper of this.discovery.getProviders()) {
      const cls = actorClassOf(wrapper);
      if (cls !== null && !wrappers.has(cls)) wrappers.set(cls, wrapper);
    }
    const definitions = await Promise.all([...wrappers].map((entry) => this.define(...entry, snapshots)));
    definitions.sort((a, b) => (a.type < b.type ? -1 : 1));
    definitions.forEach((definition, index) => {
      const other = definitions[index - 1];
      if (other?.type === definition.type)
        throw new InvalidActorClassError(
          definition.className,
          `its type ${JSON.stringify(definition.type)} is also that of ${other.className}`,
          'Give each class a type of its own: it is the first part of what its actors are stored under.',
        );
    });
    return definitions;
  }

  private async define(
    cls: Type<object>,
    wrapper: ProviderWrapper,
    snapshots: PersistentStorage | null,
  ): Promise<ActorDefinition> {
    checkScope(cls, wrapper);
    const definition = defineActor(cls, this.facets, snapshots);
    const handlers = new Map(
      [...definition.handlers].map(([name, handler]) => [
        name,
        { ...handler, admission: this.admissions.create(cls, handler) },
      ]),
    );
    const factory = await ActorFactory.prepare(cls, wrapper);
    return { ...definition, handlers, create: () => factory.create() };
  }
}

/** The class behind a provider, when it is an actor. */
function actorClassOf(wrapper: ProviderWrapper): Type<object> | null {
  if (wrapper.isAlias) return null;
  const token: unknown = wrapper.token;
  if (wrapper.isNotMetatype) {
    if (typeof token === 'function' && actorOptionsOf(token as Type<object>) !== undefined)
      throw new InvalidActorClassError(
        token.name,
        'it is provided by a value or a factory',
        'Provide the class, or another one with useClass: each key gets an instance of its own.',
      );
    return null;
  }
  const cls = wrapper.metatype as Type<object>;
  return actorOptionsOf(cls) === undefined ? null : cls;
}

function checkScope(cls: Type<object>, wrapper: ProviderWrapper): void {
  if (!wrapper.isDependencyTreeStatic()) throw requestScoped(cls);
  const enhancer = listOf(wrapper.getEnhancersMetadata()).find((candidate) => candidate.isTransient);
  if (enhancer !== undefined)
    throw new InvalidActorClassError(
      cls.name,
      `its ${String(enhancer.name)} is transient`,
      'Make the guard, pipe, interceptor or filter a singleton: one instance serves all callers.',
    );
}
