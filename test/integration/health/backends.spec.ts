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
  /** Goes on to answer, and takes no writes. */
  beReadOnly(isSo: boolean): Promise<unknown>;
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
        beReadOnly: async (isSo) => {
          await postgres.query(`ALTER SYSTEM SET default_transaction_read_only = ${isSo ? 'on' : 'off'}`);
          return postgres.query('SELECT pg_reload_conf()');
        },
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
        beReadOnly: (isSo) => redis.command('CONFIG', 'SET', 'min-replicas-to-write', isSo ? '1' : '0'),
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
        PlexSpacesHealthModule.forRoot({ storageTimeout: '1s', standstill: '1s' }),
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

  it('is not ready while its server answers and takes no writes', async () => {
    const health = module.get(PlexSpacesHealth);
    const ref = module.get(ActorSystem).ref('kept', 'a');
    const write = (): Promise<unknown> => ref.ask('add', 1).catch((error: unknown) => error);
    const isUp = async (): Promise<boolean> => (await health.backlog())['backlog']?.status === 'up';
    await write();
    expect(await isUp()).toBe(true);
    await server.beReadOnly(true);
    for (let look = 0; look < 400 && (await isUp()); look++) {
      await write();
      await pause(50);
    }
    expect(await isUp()).toBe(false);
    expect(await health.storage()).toMatchObject({ storage: { status: 'up' } });
    await server.beReadOnly(false);
    for (let look = 0; look < 400 && !(await isUp()); look++) {
      await write();
      await pause(50);
    }
    expect(await isUp()).toBe(true);
  });
});
