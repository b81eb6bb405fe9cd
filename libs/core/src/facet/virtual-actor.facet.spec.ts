import { InvalidFacetConfigError } from '../errors';
import { type VirtualActorConfig, resolveVirtualActor, virtualActor } from './virtual-actor.facet';

describe('resolveVirtualActor', () => {
  it.each<[Record<string, unknown>, VirtualActorConfig]>([
    [virtualActor().config, { idleTimeoutMs: 300_000, eager: false, maxActive: null }],
    [{ idleTimeout: '300s' }, { idleTimeoutMs: 300_000, eager: false, maxActive: null }],
    [{ idleTimeout: 1 }, { idleTimeoutMs: 1, eager: false, maxActive: null }],
    [{ idle_timeout: '1m' }, { idleTimeoutMs: 60_000, eager: false, maxActive: null }],
    [{ deactivationTimeout: '2h' }, { idleTimeoutMs: 7_200_000, eager: false, maxActive: null }],
    [
      { deactivation_timeout: '5m', idleTimeout: 300_000 },
      { idleTimeoutMs: 300_000, eager: false, maxActive: null },
    ],
    [{ activationStrategy: 'eager' }, { idleTimeoutMs: 300_000, eager: true, maxActive: null }],
    [{ maxActive: 5 }, { idleTimeoutMs: 300_000, eager: false, maxActive: 5 }],
    [{ max_active: '7' }, { idleTimeoutMs: 300_000, eager: false, maxActive: 7 }],
    [{ activation_strategy: 'lazy' }, { idleTimeoutMs: 300_000, eager: false, maxActive: null }],
  ])('%j (FI-VA01, FI-VA02, FI-VA03)', (config, inEffect) => {
    expect(resolveVirtualActor(config)).toEqual(inEffect);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ idleTimeout: 0 }, 'idleTimeout'],
    [{ idleTimeout: -5 }, 'idleTimeout'],
    [{ deactivation_timeout: 'never' }, 'deactivation_timeout'],
    [{ idleTimeout: '1m', deactivationTimeout: '2m' }, 'deactivationTimeout'],
    [{ activationStrategy: 'immediate' }, 'activationStrategy'],
    [{ maxActive: 0 }, 'maxActive'],
    [{ maxActive: -3 }, 'maxActive'],
    [{ maxActive: 1.5 }, 'maxActive'],
    [{ timeout: 5 }, 'timeout'],
  ])('refuses %j, naming the option', (config, option) => {
    expect(() => resolveVirtualActor(config)).toThrow(InvalidFacetConfigError);
    expect(() => resolveVirtualActor(config)).toThrow(
      expect.objectContaining({ facet: 'virtual_actor', option }) as Error,
    );
  });
});
