import 'reflect-metadata';
import type { Storage } from '#spi';
import { type JournalBackend, failuresOf, inboxCases, journalCases, leaseCases } from '#testing/conformance';
import { postgres, postgresLeases } from '../conformance/postgres-backend';
import { leasesOf, redis } from '../conformance/redis/backends';
import { postgresServer } from '../support/servers/postgres-server';
import type { TestServer } from '../support/servers/test-server';

// The conformance cases of one rule on one store, with whatever bug is planted: `judge-store.main.ts <store> <rule>`.
// Prints the names of those that fail, as JSON.

async function main(store: string, rule: string): Promise<void> {
  setInterval(() => undefined, 1_000); // a store that waits keeps no process alive
  const backend = (): JournalBackend<Storage> =>
    store === 'redis' ? redis() : postgres(postgresServer() as TestServer);
  const about = <T extends { readonly name: string }>(cases: readonly T[]): T[] =>
    cases.filter(({ name }) => new RegExp(`\\b${rule}\\b`).test(name) && !name.includes('plain model'));
  const leases = store === 'redis' ? leasesOf(redis()) : postgresLeases(postgresServer() as TestServer);
  const [journal, inbox, claims] = [about(journalCases), about(inboxCases), about(leaseCases)];
  const failures = [
    ...(journal.length === 0 ? [] : await failuresOf(backend(), journal)),
    ...(inbox.length === 0 ? [] : await failuresOf(backend(), inbox)),
    ...(claims.length === 0 ? [] : await failuresOf(leases, claims)),
  ];
  console.log(
    JSON.stringify({ cases: journal.length + inbox.length + claims.length, failed: failures.map(([name]) => name) }),
  );
  process.exit(0);
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
