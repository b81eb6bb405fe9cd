// `npm run real-data -- --kills 100 --seed 7 [--lines 500] [--file orders.csv]`
import { SystemEnv } from 'plexspaces/spi';
import { readOptions } from './options';
import { describeRun, runRealData } from './run';

async function main(args: readonly string[]): Promise<void> {
  const env = new SystemEnv();
  const options = readOptions(args, () => Math.floor(env.random() * 2 ** 31));
  console.log(`repeat with --seed ${options.seed} --kills ${options.kills}`);
  const start = env.monotonic();
  const report = await runRealData(options);
  console.log(describeRun(report));
  console.log(`${((env.monotonic() - start) / 1000).toFixed(1)} s`);
  for (const problem of report.problems) console.error(problem);
  const isGood = report.problems.length === 0;
  console.log(isGood ? 'all totals are what the file says' : `${report.problems.length} problems`);
  process.exitCode = isGood ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
