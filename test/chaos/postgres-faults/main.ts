// `npm run postgres-faults -- [--cuts 500]`: commits cut before and after the server has them.
import { parseArgs } from 'node:util';
import { PrivatePostgres } from '../../support/servers/private-postgres';
import { cutCommits } from './cut-commits';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { cuts: { type: 'string', default: '500' } } });
  const cuts = Number(values.cuts);
  if (!Number.isSafeInteger(cuts) || cuts < 1) throw new Error('--cuts has to be a whole number from 1');
  const postgres = await PrivatePostgres.start();
  try {
    for (const when of ['before', 'after'] as const) {
      const report = await cutCommits(postgres.server, `cut_${when}`, when, cuts, (done) => {
        if (done % 25 === 0) console.log(`cut ${when} the commit: ${done} of ${cuts}`);
      });
      const { acknowledged, unknown, wrong } = report;
      console.log(`cut ${when}: ${acknowledged} acknowledged, ${unknown} unknown, ${wrong.length} wrong`);
      for (const each of wrong.slice(0, 20)) console.log(`  ${each}`);
      if (wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    await postgres.destroy();
  }
}

void main();
