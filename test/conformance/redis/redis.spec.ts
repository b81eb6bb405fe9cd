import {
  describeCheckpointStorage,
  describeInboxStorage,
  describeJournalStorage,
  describeLeaseStorage,
} from '#testing/conformance';
import { describeWithRedis } from '../../support/servers/private-redis';
import { checkpointsOf } from '../backends';
import { leasesOf, redis, redisCluster } from './backends';

// Every write of the random runs waits for the disk, on each of the cluster's masters.
jest.setTimeout(300_000);

describeWithRedis('one server', () => {
  describeJournalStorage(redis());
  describeInboxStorage(redis());
  describeCheckpointStorage(checkpointsOf(redis()));
  describeLeaseStorage(leasesOf(redis()));
});

describeWithRedis('a cluster', () => {
  describeJournalStorage(redisCluster());
  describeInboxStorage(redisCluster());
  describeCheckpointStorage(checkpointsOf(redisCluster()));
  describeLeaseStorage(leasesOf(redisCluster()));
});
