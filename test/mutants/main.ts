import { MUTANTS } from './catalog';
import type { Mutant } from './mutant';
import { LADDER, type MutantResult, runMutant } from './run-mutant';

// Each planted bug, and in how many simulated seeds it is found: `npm run mutants`.

const USAGE = 'npm run mutants -- [--only <part of a name>] [--jobs J] [--json]';

interface Command {
  readonly only: string;
  readonly jobs: number;
  readonly json: boolean;
}

function readCommand(args: readonly string[]): Command {
  let command: Command = { only: '', jobs: 2, json: false };
  for (let i = 0; i < args.length; i++) {
    const name = args[i];
    if (name === '--json') command = { ...command, json: true };
    else if (name === '--only') {
      const only = args[++i];
      if (only === undefined || only === '') throw new Error(`--only needs a part of a name. ${USAGE}`);
      command = { ...command, only };
    } else if (name === '--jobs') command = { ...command, jobs: Number(args[++i]) };
    else throw new Error(`${name} is no option. ${USAGE}`);
  }
  if (!Number.isSafeInteger(command.jobs) || command.jobs < 1)
    throw new Error(`--jobs needs a whole number from 1 up. ${USAGE}`);
  return command;
}

/** Some at a time; each is reported as it ends. */
async function runAll(mutants: readonly Mutant[], jobs: number, report: (result: MutantResult) => void): Promise<void> {
  const left = [...mutants];
  const lane = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) report(await runMutant(mutant));
  };
  await Promise.all(Array.from({ length: jobs }, lane));
}

function lineOf({ name, seeds, found, first }: MutantResult): string {
  const { breaks } = MUTANTS.find((mutant) => mutant.name === name) as Mutant;
  const share = found === 0 ? 'NOT FOUND' : `${found} of ${seeds}`;
  const how = first === null ? '' : `seed ${first.seed}: ${inShort(first.message)}`;
  return `${name.padEnd(36)} ${breaks.padEnd(10)} ${share.padEnd(14)} ${how}`;
}

/** The line that says what was wrong. */
function inShort(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  const line = lines.find((each) => /\bH\d+\b/.test(each)) ?? lines[0] ?? '';
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  const mutants = MUTANTS.filter(({ name }) => name.includes(command.only));
  if (mutants.length === 0) throw new Error(`No planted bug has ${JSON.stringify(command.only)} in its name. ${USAGE}`);
  const results: MutantResult[] = [];
  if (!command.json) console.log(`${mutants.length} planted bugs; up to ${LADDER.at(-1)} seeds each`);
  await runAll(mutants, command.jobs, (result) => {
    results.push(result);
    if (!command.json) console.log(lineOf(result));
  });
  const missed = results.filter(({ found }) => found === 0);
  if (command.json) console.log(JSON.stringify(results));
  else console.log(`${results.length - missed.length} found, ${missed.length} not found`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
