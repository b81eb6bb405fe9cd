import { SystemEnv } from 'plexspaces/spi';
import { Random } from '../../../libs/testing/src/conformance/random';
import { closeApps } from '../../support/app';
import { PrivateRedis } from '../../support/servers/private-redis';
import { FaultRun } from './fault-run';

// `npm run redis-faults -- [cuts of each kind, default 500] [seed]`: flushes cut before and after they are carried out.

const PROGRESS = 25;

async function strike(when: 'before' | 'after', cuts: number, seed: number): Promise<boolean> {
  const server = await PrivateRedis.start();
  const random = new Random(seed);
  const run = await FaultRun.start(server);
  for (let i = 1; i <= cuts; i++) {
    await run.cut(when, random.below(6));
    if (i % PROGRESS !== 0 && i !== cuts) continue;
    process.stdout.write(`${i} of ${cuts} flushes cut ${when}\n`);
    await run.settle(); // else each new activation has a longer line to read
  }
  const { verdict, problems, invalid, figures } = await run.judge();
  process.stdout.write(`cut ${when}, seed ${seed}: ${verdict} ${JSON.stringify({ problems, invalid, figures })}\n`);
  await run.end();
  await closeApps();
  await server.destroy();
  return verdict === 'passed';
}

async function main(): Promise<void> {
  const [cuts = 500, seed = new SystemEnv().now() % 2 ** 31] = process.argv.slice(2).map(Number);
  for (const when of ['before', 'after'] as const) if (!(await strike(when, cuts, seed))) process.exitCode = 1;
}

void main();
