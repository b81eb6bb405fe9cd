import { Random } from '../../libs/testing/src/conformance/random';
import { PostgresSchema } from '../conformance/postgres-backend';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';
import { runTakeovers } from './takeover/run-takeovers';

// A sample of every commit; 200 of them: npm run takeovers

const EPISODES = 10;
const LIMIT_MS = 240_000;

describeWith(postgresServer(), 'an owner that is stopped (SIGSTOP) for longer than its lease', (server) => {
  const place = new PostgresSchema(server);
  afterAll(() => place.destroy());

  it(
    'is replaced; when it goes on, none of its commits, effects and answers is stale',
    async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = new Random(seed);
      const result = await runTakeovers(
        `${server.url.href}?schema=${place.schema}`,
        EPISODES,
        () => random.below(2 ** 32) / 2 ** 32,
      );
      expect({ seed, wrong: result.wrong }).toEqual({ seed, wrong: [] });
      expect(result.calls).toBeGreaterThan(EPISODES * 4);
    },
    LIMIT_MS,
  );
});
