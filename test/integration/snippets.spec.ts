import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleLogger, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Actor,
  type ActorClient,
  type DurabilityOptions,
  type FacetSpec,
  Handle,
  Journal,
  MemoryStorage,
  PlexSpacesModule,
  State,
  SystemEnv,
  UseFacets,
  durability,
  getActorToken,
  virtualActor,
} from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';

interface Tally {
  add(by: number): number;
}

function tally(...facets: FacetSpec[]): Type<Tally> {
  @Actor({ type: 'tally' })
  @UseFacets(...facets)
  class SnippetTally implements Tally {
    @State() value = 0;
    @Handle() add(by: number): number {
      this.value += by;
      return this.value;
    }
  }
  return SnippetTally;
}

class SilentLogger extends ConsoleLogger {
  override isLevelEnabled(): boolean {
    return false;
  }
}

describe('snippets of the reference', () => {
  let folder: string;
  const modules: TestingModule[] = [];
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-snippets-'))));
  afterEach(async () => {
    for (const module of modules.splice(0)) await module.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(path: string, actor: Type<Tally>): Promise<ActorClient<Tally>> {
    const module = await Test.createTestingModule({
      imports: [
        PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(path) }),
        PlexSpacesModule.forFeature([actor]),
      ],
    })
      .setLogger(new SilentLogger())
      .compile();
    await module.init();
    modules.push(module);
    return module.get<ActorClient<Tally>>(getActorToken(actor));
  }

  it('[EX10] the journal on memory: append MessageReceived, replay from 0', async () => {
    const env = new SystemEnv();
    const journal = new Journal(new MemoryStorage());
    const entry = {
      id: env.id(),
      actor: 'actor-123',
      seq: 1,
      time: env.now(),
      correlationId: 'corr-1',
      kind: 'MessageReceived',
      messageId: 'msg-1',
      sender: 'sender-123',
      causationId: '',
      method: 'test',
      payload: new Uint8Array([1, 2, 3]),
      headers: {},
      principal: '',
    } as const;
    await journal.appendEntry(entry);

    const replayed = [];
    for await (const each of journal.replayFrom('actor-123', 0)) replayed.push(each);
    expect(replayed).toEqual([entry]);
  });

  it('[EX30] direct replay from a sequence number', async () => {
    const journal = new Journal(new MemoryStorage());
    for (const value of [1, 2, 3]) {
      await journal.append('actor-123', {
        kind: 'StateChanged',
        changes: { values: { value }, deltas: {}, removed: [] },
      });
    }
    const entries = await journal.replayFrom('actor-123', 2).toArray();
    expect(entries.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await journal.stateAt('actor-123', { seq: 2 })).toEqual({ value: 2 });
  });

  it('[EX11] production on SQLite: interval 1000, zstd, replay on activation, cached side effects', async () => {
    const path = join(folder, 'journal.db');
    const config: DurabilityOptions = {
      backend: 'sqlite',
      checkpointInterval: 1000,
      replayOnActivation: true,
      cacheSideEffects: true,
      compression: 'zstd',
      backendConfig: { path, durability: 'full' },
    };
    const actor = tally(durability(config), virtualActor());
    const first = await start(path, actor);
    expect(await first.ref('a').ask.add(5)).toBe(5);
    await modules.pop()?.close();
    const second = await start(path, actor);
    expect(await second.ref('a').ask.add(1)).toBe(6);
  });

  it('[EX12] durability attached to an actor: interval 100, no compression', async () => {
    const actor = tally(virtualActor());
    const actors = await start(':memory:', actor);
    await actors.ref('a').ask.add(3);
    await actors.ref('a').facets.attach(
      durability({
        backend: 'sqlite',
        checkpointInterval: 100,
        replayOnActivation: true,
        cacheSideEffects: true,
        compression: 'none',
      }),
    );
    expect(await actors.ref('a').ask.add(1)).toBe(4);
    expect(await actors.ref('a').history.stateAt({ seq: Infinity })).toEqual({ value: 4 });
    const [facet] = (await actors.ref('a').facets.list()).filter(({ name }) => name === 'durability');
    expect(facet?.config).toMatchObject({ checkpointEvery: 100, compression: 'none' });
  });

  it('[EX17] durability at priority 50 with interval 100, by name, everything else by default', async () => {
    const actors = await start(':memory:', tally(virtualActor()));
    const ref = actors.ref('a');
    await ref.ask.add(3);
    await ref.facets.attachByType('durability', 50, { checkpoint_interval: 100, replay_on_activation: true });
    const [facet] = (await ref.facets.list()).filter(({ name }) => name === 'durability');
    expect(facet).toMatchObject({
      priority: 50,
      config: expect.objectContaining({ checkpointEvery: 100, cacheSideEffects: true, keepCheckpoints: 2 }) as unknown,
    });
    expect(await ref.ask.add(1)).toBe(4);
  });

  it.each<[string, DurabilityOptions, RegExp]>([
    ['another backend', { backend: 'postgres' }, /backend.*"postgres".*"sqlite"/],
    [
      'an option the backend was not opened with',
      { backendConfig: { durability: 'relaxed' } },
      /backendConfig\.durability.*"relaxed".*"full"/,
    ],
    [
      'an option the backend does not have',
      { backendConfig: { poolSize: 5 } },
      /backendConfig\.poolSize.*no option of sqlite/,
    ],
  ])('[FI-DU07] a class that insists on %s is refused at start, by name', async (_, options, message) => {
    await expect(start(':memory:', tally(durability(options), virtualActor()))).rejects.toThrow(message);
  });
});
