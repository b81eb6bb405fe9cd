import { type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { ActorExplorer } from '../../libs/core/src/actor/actor.explorer';
import type { ActorDefinition } from '../../libs/core/src/actor/actor-definition';
import { AdmissionFactory } from '../../libs/core/src/admission/admission-factory';
import { FacetExplorer } from '../../libs/core/src/facet/facet.explorer';
import { FacetRegistry } from '../../libs/core/src/facet/facet.registry';
import { type PlexSpacesOptions, RESOLVED_OPTIONS, resolveOptions } from '../../libs/core/src/plexspaces.options';

/** What the container holds, without a runtime. */
export interface Explored {
  readonly container: TestingModule;
  readonly definitions: ReadonlyMap<string, ActorDefinition>;
}

/** Boots a container with `metadata`, and reads its actors as the module does. */
export async function explore(
  metadata: ModuleMetadata,
  options: PlexSpacesOptions = {},
  adapt: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<Explored> {
  const builder = Test.createTestingModule({
    ...metadata,
    imports: [DiscoveryModule, ...(metadata.imports ?? [])],
    providers: [
      FacetRegistry,
      FacetExplorer,
      ActorExplorer,
      AdmissionFactory,
      { provide: RESOLVED_OPTIONS, useValue: resolveOptions(options) },
      ...(metadata.providers ?? []),
    ],
  });
  const container = await adapt(builder).compile();
  container.useLogger(false);
  container.get(FacetExplorer).explore();
  const found = await container.get(ActorExplorer).explore(null);
  return { container, definitions: new Map(found.map((definition) => [definition.type, definition])) };
}
