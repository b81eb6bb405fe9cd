import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  type ActorClient,
  Handle,
  PlexSpacesModule,
  State,
  UseFacets,
  durability,
  getActorToken,
  openStorage,
  virtualActor,
} from 'plexspaces';

@Actor({ type: 'url_counter' })
@UseFacets(durability(), virtualActor())
class UrlCounter {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

const BACKENDS = ['sqlite', 'postgres', 'redis', 'memory'] as const;

function promised(backend: (typeof BACKENDS)[number], backendConfig?: Record<string, unknown>) {
  @Actor({ type: 'promised' })
  @UseFacets(durability({ backend, ...(backendConfig === undefined ? {} : { backendConfig }) }))
  class Promised {
    @Handle() touch(): void {
      // nothing
    }
  }
  return Promised;
}

async function boot(storage: string, actor: new (...args: never[]) => object, options = {}) {
  class Root {}
  const module = {
    module: Root,
    imports: [PlexSpacesModule.forRoot({ storage, ...options }), PlexSpacesModule.forFeature([actor])],
  };
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}

describe('a storage named by its URL', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-url-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('sqlite: keeps its state in that file, which another start and a tool find', async () => {
    const url = `sqlite:${join(folder, 'deep/data.db')}`;
    for (const expected of [1, 2]) {
      const app = await boot(url, UrlCounter);
      const client = app.get<ActorClient<UrlCounter>>(getActorToken(UrlCounter), { strict: false });
      expect(await client.ref('a').ask.add(1)).toBe(expected);
      await app.close();
    }
    const store = await openStorage(url);
    expect(await store.journal.actors('', '', 10)).toEqual(['default/default/url_counter/a']);
    await store.close();
  });

  it('memory: is refused in production unless it is meant', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(boot('memory:', UrlCounter)).rejects.toMatchObject({
        code: 'PS_INVALID_OPTIONS',
        option: 'storage',
      });
      const app = await boot('memory:', UrlCounter, { allowInMemoryStorage: true });
      await app.close();
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('a URL that makes no sense stops the application before anything is opened', () => {
    expect(() => PlexSpacesModule.forRoot({ storage: 'mysql://u:secret@h/d' })).toThrow(
      /begins with mysql:, which is no/,
    );
    expect(() => PlexSpacesModule.forRoot({ storage: 'mysql://u:secret@h/d' })).not.toThrow(/secret/);
  });

  it.each(BACKENDS)('durability({ backend: %j }) is held against what runs (FI-DU01)', async (backend) => {
    for (const [running, url] of [
      ['memory', 'memory:'],
      ['sqlite', `sqlite:${join(folder, 'a.db')}`],
    ] as const) {
      const starting = boot(url, promised(backend));
      if (backend === running) await (await starting).close();
      else
        await expect(starting).rejects.toMatchObject({
          message: expect.stringContaining(`is "${backend}", but the application runs on "${running}"`) as string,
        });
    }
  });

  it('backendConfig is held against the options of the URL', async () => {
    const url = `sqlite:${join(folder, 'a.db')}?durability=relaxed`;
    await (await boot(url, promised('sqlite', { durability: 'relaxed' }))).close();
    await expect(boot(url, promised('sqlite', { durability: 'full' }))).rejects.toThrow(
      /backendConfig.durability .* is "full", but the store was opened with "relaxed"/,
    );
  });
});
