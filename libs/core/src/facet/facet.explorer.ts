import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { InvalidFacetError } from '../errors';
import type { Facet, FacetOptions } from './facet';
import { type FacetRegistration, FacetRegistry } from './facet.registry';
import { facetOptionsOf } from './facet-spec';

type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds the providers decorated with `@Facet(…)` and hands them to the registry. Starts nothing. */
@Injectable()
export class FacetExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: FacetRegistry,
  ) {}

  /** Once, when all providers are instantiated. @throws InvalidFacetError */
  explore(): void {
    const found = new Map<unknown, [FacetOptions, FacetRegistration]>();
    for (const wrapper of this.discovery.getProviders()) {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null) continue;
      const cls: unknown = instance.constructor; // none on an object without prototype, which may be provided as a value
      const options = typeof cls === 'function' ? facetOptionsOf(cls) : undefined;
      if (options === undefined) continue;
      refuseScoped(options.name, wrapper);
      found.set(instance, [options, registrationOf(options, instance)]); // an alias shows the same instance again
    }
    const byName = [...found.values()].sort(([a], [b]) => (a.name < b.name ? -1 : 1)); // Nest yields instantiation order
    for (const [{ name }, registration] of byName) this.registry.register(name, registration);
  }
}

function refuseScoped(name: string, wrapper: ProviderWrapper): void {
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    throw new InvalidFacetError(
      name,
      'it, or a provider it depends on, is request-scoped or transient, but one instance serves every actor; ' +
        'inject singletons and keep what belongs to one actor in the state that the hooks are handed',
    );
  }
}

function registrationOf(options: FacetOptions, instance: Facet): FacetRegistration {
  const { priority, category, description = '', config = [], onReplay = 'skip' } = options;
  const common = { priority, category, description, onReplay, facet: instance };
  return '~standard' in config
    ? { ...common, configOptions: [], schema: config }
    : { ...common, configOptions: config };
}
