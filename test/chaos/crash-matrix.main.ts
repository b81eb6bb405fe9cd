import { parseArgs } from 'node:util';
import { FAILPOINTS, type FailpointName, SystemEnv } from 'plexspaces/spi';
import { type LaneOptions, planStores, runStores, tabulate } from './crash-matrix';
import { CRASH_POINTS, type CrashPoint, crashPoint } from './crash-points';
import type { StorePlan } from './crash-store';
import { failuresOf, renderTable } from './matrix-report';

// Kills nodes at named points and judges what is left:
//   npm run crash-matrix -- [--runs 25] [--only <point>,…] [--seed N] [--lanes 2] [--json]
//   npm run crash-matrix -- --chain <point>,… --seed N [--files]          one store again

const env = new SystemEnv();

interface Wish {
  readonly plans: readonly StorePlan[];
  readonly points: readonly CrashPoint[];
  readonly runs: number;
  readonly seed: number;
  readonly lanes: number;
  readonly isJson: boolean;
}

function readWish(args: string[]): Wish {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '25' },
      only: { type: 'string' },
      chain: { type: 'string' },
      files: { type: 'boolean', default: false },
      seed: { type: 'string' },
      lanes: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  const seed = wholeNumber('seed', values.seed ?? String(Math.floor(env.random() * 2 ** 31)), 0);
  const common = { seed, lanes: wholeNumber('lanes', values.lanes, 1), isJson: values.json };
  if (values.chain !== undefined) {
    const points = values.chain.split(',').map(pointOf);
    return { plans: [{ seed, points, hasFiles: values.files }], points: [...new Set(points)], runs: 1, ...common };
  }
  const points = values.only === undefined ? CRASH_POINTS : values.only.split(',').map(pointOf);
  const runs = wholeNumber('runs', values.runs, 1);
  return { plans: planStores({ points, runs, seed }), points, runs, ...common };
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${option} ${JSON.stringify(text)} is not a whole number from ${least} up.`);
}

function pointOf(name: string): CrashPoint {
  const here = CRASH_POINTS.map((point) => point.name);
  if (here.includes(name as FailpointName)) return crashPoint(name as FailpointName);
  if (FAILPOINTS.includes(name as FailpointName))
    throw new Error(`${name} is struck by tests of its own. Here: ${here.join(', ')}`);
  throw new Error(`There is no failpoint ${JSON.stringify(name)}. There are: ${here.join(', ')}`);
}

async function main({ plans, points, runs, seed, lanes, isJson }: Wish): Promise<number> {
  const startedMs = env.monotonic();
  const seconds = (): number => Math.round((env.monotonic() - startedMs) / 1000);
  process.stderr.write(`seed ${seed}: ${plans.length} stores\n`);
  const onStore: LaneOptions['onStore'] = ({ lives, problems, requests }, done) => {
    const found = problems.length === 0 ? '' : `, ${problems.length} problems`;
    process.stderr.write(
      `${done}/${plans.length}  ${seconds()} s  ${lives.length} deaths, ${requests} messages${found}\n`,
    );
  };
  const results = await runStores(plans, { lanes, onStore });
  const rows = tabulate(points, results);
  const failures = failuresOf(rows, results, runs);
  const deaths = results.reduce((sum, { lives }) => sum + lives.filter(({ hits }) => hits > 0).length, 0);
  if (isJson)
    process.stdout.write(`${JSON.stringify({ seed, runs, deaths, seconds: seconds(), rows, failures }, null, 2)}\n`);
  else process.stdout.write(`${[renderTable(rows), ...failures].join('\n')}\n`);
  process.stderr.write(`${deaths} deaths at ${rows.length} points in ${seconds()} s: ${failures.length} failures\n`);
  return failures.length === 0 ? 0 : 1;
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main(readWish(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}

void run();
