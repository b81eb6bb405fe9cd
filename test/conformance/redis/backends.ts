import { type LeaseStorage, type Storage } from '#spi';
import { RedisStorage } from '#storage/redis';
import type { Backend, JournalBackend } from '#testing/conformance';
import { PrivateCluster, PrivateRedis } from '../../support/servers/private-redis';

/** A server of the suite's own. */
export function redis(): JournalBackend<Storage> {
  let server: Promise<PrivateRedis> | undefined;
  return {
    name: 'redis',
    expects: { persistent: true, shared: true, rows: false, failover: 'mayLoseAcknowledged' },
    open: async () => RedisStorage.open((await (server ??= PrivateRedis.start())).url),
    destroy: async () => (await server)?.destroy(),
  };
}

/** Three masters: senders and receivers lie apart. */
export function redisCluster(): JournalBackend<Storage> {
  let cluster: Promise<PrivateCluster> | undefined;
  return {
    name: 'redis cluster of three masters',
    expects: { persistent: true, shared: true, rows: false, failover: 'mayLoseAcknowledged' },
    open: async () => RedisStorage.open({ url: (await (cluster ??= PrivateCluster.start())).urls }),
    destroy: async () => (await cluster)?.destroy(),
  };
}

export function leasesOf(backend: Backend<Storage>): Backend<LeaseStorage> {
  return {
    name: backend.name,
    open: async () => {
      const { journal, checkpoints, leases } = await backend.open();
      await Promise.all([journal.close(), checkpoints.close()]);
      return leases as LeaseStorage;
    },
    destroy: () => backend.destroy(),
  };
}
