import { InvalidOptionsError } from './errors';
import { resolveOptions } from './plexspaces.options';

const storage = { tryRead: async () => null, tryWrite: async () => undefined };

describe('resolveOptions', () => {
  it('needs nothing', () => {
    expect(resolveOptions({}, false)).toEqual({
      nodeId: null,
      scope: { tenant: 'default', namespace: 'default' },
      askTimeoutMs: 30_000,
      shutdownTimeoutMs: 10_000,
      maxActiveActors: null,
      autoStart: true,
      keepAlive: false,
      globalEnhancers: false,
      maxPayloadBytes: 1_048_576,
      dedupe: { clientIdsMs: 900_000, keysMs: 86_400_000 },
      leaseTtlMs: 15_000,
      development: true,
      snapshots: null,
      codec: 'msgpack',
      encryption: null,
      overlap: 'auto',
      allowInMemoryStorage: false,
    });
  });

  it('takes what it is given', () => {
    const options = {
      nodeId: 'n1',
      scope: { tenant: 'acme' },
      askTimeout: '5s',
      shutdownTimeout: 0,
      maxActiveActors: 100_000,
      autoStart: false,
      keepAlive: true,
      enhancers: { global: true },
      payload: { maxBytes: 10 },
      dedupe: { keys: '7d' },
      development: true,
      snapshots: { storage },
      codec: 'json' as const,
      groupCommit: { overlap: 'never' as const },
      allowInMemoryStorage: true,
    };
    expect(resolveOptions(options, true)).toEqual({
      nodeId: 'n1',
      scope: { tenant: 'acme', namespace: 'default' },
      askTimeoutMs: 5_000,
      shutdownTimeoutMs: 0,
      maxActiveActors: 100_000,
      autoStart: false,
      keepAlive: true,
      globalEnhancers: true,
      maxPayloadBytes: 10,
      dedupe: { clientIdsMs: 900_000, keysMs: 604_800_000 },
      leaseTtlMs: 15_000,
      development: true,
      snapshots: storage,
      codec: 'json',
      encryption: null,
      overlap: 'never',
      allowInMemoryStorage: true,
    });
  });

  it('watches for undeclared state in development only, unless told otherwise', () => {
    expect(resolveOptions({}, true).development).toBe(false);
    expect(
      resolveOptions({ nodeId: undefined, scope: undefined, payload: { maxBytes: undefined } }, true),
    ).toMatchObject({
      nodeId: null,
      maxPayloadBytes: 1_048_576,
    });
  });

  it.each([
    ['nodeId', { nodeId: '' }],
    ['nodeId', { nodeId: null }],
    ['scope.tenant', { scope: { tenant: '' } }],
    ['scope.namespace', { scope: { namespace: 'a\u0000' } }],
    ['scope.tenants', { scope: { tenants: 'a' } }],
    ['scope', { scope: 'acme' }],
    ['askTimeout', { askTimeout: -1 }],
    ['askTimeout', { askTimeout: 0 }],
    ['askTimeout', { askTimeout: NaN }],
    ['askTimeout', { askTimeout: 'soon' }],
    ['shutdownTimeout', { shutdownTimeout: Infinity }],
    ['maxActiveActors', { maxActiveActors: 0 }],
    ['maxActiveActors', { maxActiveActors: -1 }],
    ['maxActiveActors', { maxActiveActors: 1.5 }],
    ['autoStart', { autoStart: 'no' }],
    ['enhancers.global', { enhancers: { global: 1 } }],
    ['enhancers.globals', { enhancers: { globals: true } }],
    ['payload.maxBytes', { payload: { maxBytes: 0 } }],
    ['payload.maxBytes', { payload: { maxBytes: NaN } }],
    ['payload.maxBytes', { payload: { maxBytes: '1mb' } }],
    ['dedupe.clientIds', { dedupe: { clientIds: 0 } }],
    ['lease.ttl', { lease: { ttl: '499ms' } }],
    ['lease.ttl', { lease: { ttl: '11m' } }],
    ['lease.ttl', { lease: { ttl: 'long' } }],
    ['lease.renew', { lease: { renew: '1s' } }],
    ['lease', { lease: null }],
    ['codec', { codec: 'xml' }],
    ['groupCommit.overlap', { groupCommit: { overlap: true } }],
    ['groupCommit.size', { groupCommit: { size: 10 } }],
    ['dedupe.keys', { dedupe: { keys: {} } }],
    ['development', { development: null }],
    ['snapshots.storage', { snapshots: { storage: {} } }],
    ['snapshots.storage', { snapshots: {} }],
    ['allowInMemoryStorage', { allowInMemoryStorage: 'yes' }],
    ['askTimeOut', { askTimeOut: '5s' }],
    ['__proto__', JSON.parse('{"__proto__": 1}') as object],
    ['storage', { storage: {} }],
    ['forRoot()', null],
    ['forRoot()', []],
  ])('refuses %s: %p', (option, options) => {
    const refused = () => resolveOptions(options as never, false);
    expect(refused).toThrow(InvalidOptionsError);
    expect(refused).toThrow(`option ${option} `);
  });
});
