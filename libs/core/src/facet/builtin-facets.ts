import type { CheckedConfig } from './check-options';
import type { ConfigOption, Facet } from './facet';
import { DURABILITY, DURABILITY_OPTIONS, checkDurability } from './durability.facet';
import { VIRTUAL_ACTOR, VIRTUAL_ACTOR_OPTIONS, checkVirtualActor } from './virtual-actor.facet';

/** A facet the runtime itself carries out; as a provider it has nothing to do. */
export interface BuiltInFacet {
  readonly name: string;
  readonly priority: number;
  readonly description: string;
  readonly configOptions: readonly ConfigOption[];
  readonly check: (given: Readonly<Record<string, unknown>>) => CheckedConfig;
}

export const BUILT_IN_FACETS: readonly BuiltInFacet[] = [
  {
    name: VIRTUAL_ACTOR,
    priority: 60,
    description: 'Always addressable: activated by its first message, deactivated when idle.',
    configOptions: VIRTUAL_ACTOR_OPTIONS,
    check: checkVirtualActor,
  },
  {
    name: DURABILITY,
    priority: 50,
    description: 'Journal, checkpoints, recovery, exactly-once messages.',
    configOptions: DURABILITY_OPTIONS,
    check: checkDurability,
  },
];

/** Stands in the place of the provider: `ctx.facet('durability')` shows the configuration in effect. */
export const BUILT_IN_INSTANCE: Facet = Object.freeze({
  service: ({ config }: { readonly config: unknown }) => config,
});
