import type { Type } from '@nestjs/common';
import { InvalidFacetError } from '../errors';
import { FACET_METADATA, type Facet, type FacetOptions, type FacetSpec } from './facet';

/** What may be written for a facet's configuration: its options, each also as a string. @publicApi */
export type FacetConfigInput<Config> = unknown extends Config
  ? Readonly<Record<string, unknown>>
  : { readonly [Option in keyof Config]?: Config[Option] | string };

/** The options `@Facet(…)` left on a class. */
export function facetOptionsOf(type: object): FacetOptions | undefined {
  return Reflect.getMetadata(FACET_METADATA, type) as FacetOptions | undefined;
}

/**
 * A facet for `@UseFacets(…)` or `facets.attach(…)`: by name, or by class for a typed configuration.
 * @example `@UseFacets(facet(FraudDetectionFacet, { threshold: 0.95 }), facet('audit'))`
 * @publicApi
 */
export function facet(
  name: string,
  config?: Readonly<Record<string, unknown>>,
  options?: { readonly priority?: number },
): FacetSpec;
export function facet<Config>(
  type: Type<Facet<Config>>,
  config?: FacetConfigInput<Config>,
  options?: { readonly priority?: number },
): FacetSpec;
export function facet(
  which: string | Type<Facet>,
  config: object = {},
  options: { readonly priority?: number } = {},
): FacetSpec {
  const name = typeof which === 'string' ? which : facetOptionsOf(which)?.name;
  if (name === undefined) {
    throw new InvalidFacetError((which as Type<Facet>).name, 'its class is not decorated with @Facet({ name, … })');
  }
  const spec = { name, config: { ...config } };
  return options.priority === undefined ? spec : { ...spec, priority: options.priority };
}
