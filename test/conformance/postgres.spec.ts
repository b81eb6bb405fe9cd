import {
  describeCheckpointStorage,
  describeInboxStorage,
  describeJournalStorage,
  describeLeaseStorage,
} from '#testing/conformance';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';
import { checkpointsOf } from './backends';
import { postgres, postgresLeases } from './postgres-backend';

describeWith(postgresServer(), 'Postgres', (server) => {
  describeJournalStorage(postgres(server));
  describeInboxStorage(postgres(server));
  describeCheckpointStorage(checkpointsOf(postgres(server)));
  describeLeaseStorage(postgresLeases(server));
});
