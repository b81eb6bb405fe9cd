// `npm run real-data -- --kills 100 --seed 7 [--lines 500] [--file orders.csv]`
import { SystemEnv } from 'plexspaces/spi';
import { readOptions } from './options';
import { type RunOptions, describeRun, runRealData } from './run';

async function main(args: readonly string[]): Promise<void> {
  const env = new SystemEnv();
  const options = optionsOf(args, () => Math.floor(env.random() * 2 ** 31));
  if (options === null) return;
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

/** @returns null for options there are not: said, and exit code 2 */
function optionsOf(...given: Parameters<typeof readOptions>): RunOptions | null {
  try {
    return readOptions(...given);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
    return null;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
