import type { Duration } from '#spi';
import { compileOptions } from './check-options';
import type { ConfigOption, FacetSpec } from './facet';

/** Options of `virtualActor()`; the reference documents' names are accepted as aliases. @publicApi */
export interface VirtualActorOptions {
  /** Without messages for this long the instance is dropped; its state is kept. Default '5m'. Alias: `deactivationTimeout`. */
  readonly idleTimeout?: Duration;
  readonly deactivationTimeout?: Duration;
  /** `lazy` (default): activated by its first message. `eager`: known durable actors are activated at start, others by `ref.activate()`. */
  readonly activationStrategy?: 'lazy' | 'eager';
  /**
   * Beyond so many of this class in memory the one that has rested longest leaves, as if its idle time were over; one that is
   * busy never does. Default: no limit but `maxActiveActors` of the application.
   */
  readonly maxActive?: number;
}

/** {@link VirtualActorOptions}, checked, with defaults. */
export interface VirtualActorConfig {
  readonly idleTimeoutMs: number;
  readonly eager: boolean;
  /** `null`: no limit of its own. */
  readonly maxActive: number | null;
}

export const VIRTUAL_ACTOR = 'virtual_actor';

export const VIRTUAL_ACTOR_OPTIONS: readonly ConfigOption[] = [
  {
    key: 'idleTimeout',
    alias: ['deactivationTimeout', 'idle_timeout', 'deactivation_timeout'],
    type: 'duration',
    default: '5m',
    description: 'Without messages for this long the instance is dropped; its state is kept.',
    check: (ms) => ((ms as number) > 0 ? undefined : 'must be above 0'),
  },
  {
    key: 'activationStrategy',
    alias: 'activation_strategy',
    type: 'string',
    default: 'lazy',
    oneOf: ['lazy', 'eager'],
    description: 'lazy: activated by its first message. eager: known durable actors are activated at start.',
  },
  {
    key: 'maxActive',
    alias: 'max_active',
    type: 'number',
    description: 'Beyond so many in memory the one that has rested longest leaves; its state is kept.',
    check: (max) => (Number.isSafeInteger(max) && (max as number) > 0 ? undefined : 'must be a whole number above 0'),
  },
];

const check = compileOptions(VIRTUAL_ACTOR, VIRTUAL_ACTOR_OPTIONS);

/** Makes an actor virtual: always addressable, activated by its first message, deactivated when idle. @publicApi */
export function virtualActor(options: VirtualActorOptions = {}): FacetSpec {
  return { name: VIRTUAL_ACTOR, config: { ...options } };
}

/** @throws InvalidFacetConfigError naming the option */
export function resolveVirtualActor(config: Readonly<Record<string, unknown>>): VirtualActorConfig {
  return checkVirtualActor(config).config;
}

export function checkVirtualActor(given: Readonly<Record<string, unknown>>) {
  const options = check(given);
  const config: VirtualActorConfig = Object.freeze({
    idleTimeoutMs: options['idleTimeout'] as number,
    eager: options['activationStrategy'] === 'eager',
    maxActive: (options['maxActive'] as number | undefined) ?? null,
  });
  return { config, options };
}
