import { describeWith } from '../support/servers/test-server';
import { postgresServer } from '../support/servers/postgres-server';
import { SERVER_MUTANTS } from './catalog/server-mutants';
import { judgeStore } from './judge-server-mutant';

// One planted bug in each store behind a server; all of them: `npm run mutants:servers`.

const mutantOf = (name: string) =>
  SERVER_MUTANTS.find((mutant) => mutant.name === name) as (typeof SERVER_MUTANTS)[number];

describeWith(postgresServer(), 'the conformance suite', () => {
  it.each(['postgres: no look at the writer', 'redis: no look at the writer'])('finds %s', async (name) => {
    const { store, breaks, edits } = mutantOf(name);
    const [sound, broken] = [await judgeStore(store, breaks, []), await judgeStore(store, breaks, edits)];
    expect(sound).toEqual({ cases: broken.cases, failed: [] });
    expect(broken.failed).toEqual([expect.stringContaining(`(${breaks})`)]);
  });
});
