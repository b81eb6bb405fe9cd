import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { ActorDefinition } from '../actor/actor-definition';
import { ActorRegistry } from '../actor/actor.registry';
import { defineActor } from '../actor/define-actor';
import { FacetRegistry } from '../facet/facet.registry';
import { readSupervisors } from './read-supervisors';
import { RestartRecord } from './restart-log';
import { supervisorOptionsOf } from './supervisor.decorator';
import type { SupervisorDefinition } from './supervisor-definition';

/** Finds the supervisors among the providers. Reads metadata; starts nothing. */
@Injectable()
export class SupervisorExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: ActorRegistry,
    private readonly facets: FacetRegistry,
  ) {}

  get classes(): readonly Type<object>[] {
    const found = new Set<Type<object>>();
    for (const { metatype, isAlias } of this.discovery.getProviders()) {
      const cls = metatype as Type<object> | null;
      if (!isAlias && typeof cls === 'function' && supervisorOptionsOf(cls) !== undefined) found.add(cls);
    }
    return [...found].sort((a, b) => (a.name < b.name ? -1 : 1)); // Nest lists providers as they were made
  }

  /** Actor classes that supervision needs itself. */
  own(): readonly ActorDefinition[] {
    if (this.classes.length === 0) return [];
    const create = (): Promise<object> => Promise.resolve(new RestartRecord());
    return [{ ...defineActor(RestartRecord, this.facets, null), create }];
  }

  /** The roots. @throws InvalidSupervisorError, DuplicateChildError */
  explore(): readonly SupervisorDefinition[] {
    return readSupervisors(this.classes, this.registry);
  }
}
