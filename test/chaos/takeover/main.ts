import { Random } from '../../../libs/testing/src/conformance/random';
import { PostgresSchema } from '../../conformance/postgres-backend';
import { postgresServer } from '../../support/servers/postgres-server';
import { runTakeovers } from './run-takeovers';

// The owner of a store is stopped for longer than its lease, again and again: npm run takeovers -- [episodes] [seed].
// TEST_POSTGRES_URL names the server; a schema of its own is made there, and dropped.

const [episodes = '200', seed = '1'] = process.argv.slice(2);

async function main(): Promise<void> {
  const server = postgresServer();
  if (server === undefined) throw new Error('No Postgres server is here: say in TEST_POSTGRES_URL where one is.');
  const place = new PostgresSchema(server);
  const random = new Random(Number(seed));
  try {
    const url = `${server.url.href}?schema=${place.schema}`;
    const result = await runTakeovers(url, Number(episodes), () => random.below(2 ** 32) / 2 ** 32, report);
    console.log(`${result.episodes} episodes, seed ${seed}: ${result.calls} answers, ${result.refused} refusals`);
    for (const line of result.wrong) console.log(`wrong: ${line}`);
    process.exitCode = result.wrong.length === 0 ? 0 : 1;
  } finally {
    await place.destroy();
  }
}

function report(done: number, point: string): void {
  if (done % 10 === 0 || done === 1) console.log(`${done} of ${episodes}, stopped at ${point}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
