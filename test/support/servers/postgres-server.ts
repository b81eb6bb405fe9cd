import { type TestServer, testServer } from './test-server';

/** The Postgres server that tests share; each makes a schema of its own in it. */
export function postgresServer(): TestServer | undefined {
  return testServer('TEST_POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test');
}
