import 'reflect-metadata';
import { runSeed } from '../../libs/testing/src/simulation/run-seed';
import { resolveSimulation } from '../../libs/testing/src/simulation/simulate-options';
import { owingDesk } from './owing-desk';

// The desk that owes answers, over so many seeds: node -r ./test/register.cjs test/simulation/owing.main.ts [seeds] [first].
// Prints the first seed that fails, and why.

async function main(): Promise<void> {
  const [count = '1000', first = '1'] = process.argv.slice(2);
  const simulation = resolveSimulation(owingDesk);
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const { failure } = await runSeed(simulation, seed);
    if (failure === null) continue;
    console.log(`wrong: seed ${seed}: ${String(failure.error)}`);
    process.exit(1);
  }
  console.log(`${count} seeds: nothing wrong`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(2);
});
