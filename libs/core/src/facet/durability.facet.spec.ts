import { InvalidFacetConfigError } from '../errors';
import { type DurabilityConfig, durability, resolveDurability } from './durability.facet';

const defaults: DurabilityConfig = {
  checkpointEvery: 1000,
  snapshotIntervalMs: null,
  checkpointTimeoutMs: null,
  replayOnActivation: true,
  cacheSideEffects: true,
  compression: 'zstd',
  keepCheckpoints: 2,
  retention: null,
  backend: null,
  backendConfig: null,
};

describe('resolveDurability', () => {
  it('fills in the defaults (FI-DU02, FI-DU03, FI-DU04, FI-DU08)', () => {
    expect(resolveDurability(durability().config)).toEqual(defaults);
  });

  it.each<[Record<string, unknown>, Partial<DurabilityConfig>]>([
    [{ checkpointEvery: 10 }, { checkpointEvery: 10 }],
    [{ checkpointInterval: 10 }, { checkpointEvery: 10 }],
    [{ checkpoint_interval: '100' }, { checkpointEvery: 100 }],
    [{ snapshotInterval: '30s' }, { snapshotIntervalMs: 30_000 }],
    [{ checkpointTimeout: 500 }, { checkpointTimeoutMs: 500 }],
    [{ checkpoint_timeout: null }, { checkpointTimeoutMs: null }],
    [{ replayOnActivation: false }, { replayOnActivation: false }],
    [{ replayOnRestart: 'false' }, { replayOnActivation: false }],
    [{ replay_on_activation: true, replay_on_restart: true }, { replayOnActivation: true }],
    [{ cache_side_effects: false }, { cacheSideEffects: false }],
    [{ compression: 'none' }, { compression: 'none' }],
    [{ compression: null }, { compression: 'none' }],
    [{ keepCheckpoints: 5 }, { keepCheckpoints: 5 }],
    [{ retention: 'history' }, { retention: null }],
    [{ retention: 'checkpoint' }, { retention: { keepEntries: 0, keepForMs: null } }],
    [{ retention: { keepEntries: 100 } }, { retention: { keepEntries: 100, keepForMs: null } }],
    [{ retention: { keepFor: '30d' } }, { retention: { keepEntries: null, keepForMs: 30 * 86_400_000 } }],
    [{ retention: { keepEntries: 0, keepFor: 5 } }, { retention: { keepEntries: 0, keepForMs: 5 } }],
    [{ journal_backend: 'sqlite' }, { backend: 'sqlite' }],
    [{ journalBackend: 'postgres', backend: 'postgres' }, { backend: 'postgres' }],
    [{ backend_config: { path: 'a.db' } }, { backendConfig: { path: 'a.db' } }],
  ])('%j', (config, inEffect) => {
    expect(resolveDurability(config)).toEqual({ ...defaults, ...inEffect });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ checkpointEvery: 0 }, 'checkpointEvery'],
    [{ checkpointEvery: 1.5 }, 'checkpointEvery'],
    [{ checkpoint_interval: 'often' }, 'checkpoint_interval'],
    [{ checkpointEvery: 10, checkpointInterval: 100 }, 'checkpointInterval'],
    [{ snapshotInterval: 0 }, 'snapshotInterval'],
    [{ checkpointTimeout: -1 }, 'checkpointTimeout'],
    [{ replayOnActivation: 'maybe' }, 'replayOnActivation'],
    [{ replayOnActivation: true, replay_on_restart: false }, 'replay_on_restart'],
    [{ compression: 'gzip' }, 'compression'],
    [{ keepCheckpoints: 1 }, 'keepCheckpoints'],
    [{ retention: 'forever' }, 'retention'],
    [{ retention: {} }, 'retention'],
    [{ retention: [] }, 'retention'],
    [{ retention: 5 }, 'retention'],
    [{ retention: { keepEntries: -1 } }, 'retention'],
    [{ retention: { keepEntries: NaN } }, 'retention'],
    [{ retention: { keepEntries: '5' } }, 'retention'],
    [{ retention: { keepFor: -1 } }, 'retention'],
    [{ retention: { keepFor: 'a while' } }, 'retention'],
    [{ retention: { keepFor: NaN } }, 'retention'],
    [{ retention: { keepMessages: 5 } }, 'retention'],
    [{ backend: 'mysql' }, 'backend'],
    [{ backendConfig: 'x' }, 'backendConfig'],
    [{ checkpoints: 5 }, 'checkpoints'],
  ])('refuses %j, naming the option', (config, option) => {
    expect(() => resolveDurability(config)).toThrow(InvalidFacetConfigError);
    expect(() => resolveDurability(config)).toThrow(expect.objectContaining({ facet: 'durability', option }) as Error);
  });
});
