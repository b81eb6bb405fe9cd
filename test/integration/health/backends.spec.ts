import { setTimeout as pause } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { Actor, ActorSystem, Handle, PlexSpacesModule, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { PlexSpacesHealth, PlexSpacesHealthModule } from 'plexspaces/health';
import { PrivatePostgres, postgresBinaries } from '../../support/servers/private-postgres';
import { PrivateRedis, redisBinary } from '../../support/servers/private-redis';

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
class Kept {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

/** A server that can be killed, and comes back on the same address. */
interface Server {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  destroy(): Promise<void>;
}

const servers: readonly [name: string, isHere: boolean, begin: () => Promise<Server>][] = [
  [
    'postgres',
    postgresBinaries() !== undefined,
    async () => {
      const postgres = await PrivatePostgres.start();
      return {
        url: postgres.url,
        kill: () => postgres.kill('SIGKILL'),
        start: () => postgres.start(),
        destroy: () => postgres.destroy(),
      };
    },
  ],
  [
    'redis',
    redisBinary() !== undefined,
    async () => {
      const redis = await PrivateRedis.start();
      return {
        url: redis.url,
        kill: () => redis.kill(),
        start: () => redis.start(),
        destroy: () => redis.destroy(),
      };
    },
  ],
];

describe.each(servers)('[OB16] %s', (name, isHere, begin) => {
  if (!isHere) {
    it.skip(`(no ${name} on this machine)`, () => undefined);
    return;
  }
  let server: Server;
  let module: TestingModule;
  beforeAll(async () => {
    server = await begin();
    module = await Test.createTestingModule({
      imports: [
        PlexSpacesModule.forRoot({ storage: server.url }),
        PlexSpacesModule.forFeature([Kept]),
        PlexSpacesHealthModule.forRoot({ storageTimeout: '1s' }),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
  }, 400_000); // initdb on a machine under load
  afterAll(async () => {
    await module?.close();
    await server?.destroy();
  });

  it('is up; down, and named, when its server is killed; up when it is back', async () => {
    const health = module.get(PlexSpacesHealth);
    const storage = async () => (await health.storage())['storage'];
    const ref = module.get(ActorSystem).ref('kept', 'a');
    expect(await ref.ask('add', 1)).toBe(1);
    expect(await storage()).toEqual({ status: 'up', backend: name });
    await server.kill();
    expect(await storage()).toMatchObject({ status: 'down', backend: name, reason: expect.any(String) });
    await server.start();
    for (let look = 0; look < 200 && (await storage())?.status === 'down'; look++) await pause(50);
    expect(await storage()).toEqual({ status: 'up', backend: name });
  });
});
