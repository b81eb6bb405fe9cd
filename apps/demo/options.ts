import { Command, InvalidArgumentError, Option } from 'commander';
import { LEAST_MESSAGES } from './tour/kill-plan';

export interface DemoOptions {
  readonly storage: 'memory' | 'sqlite';
  readonly messages: number;
  readonly seed: number;
  readonly json: boolean;
  /** A file of order lines: import it instead of giving the tour. */
  readonly input?: string;
}

const MOST_MESSAGES = 100_000;

/** Reads the command line; on a mistake it says which option and ends with exit code 2. */
export function readOptions(argv: readonly string[]): DemoOptions {
  const program = new Command('npm run demo --')
    .description('A tour of durable actors: real processes, real crashes, every claim checked.')
    .addOption(
      new Option('--storage <name>', 'where the journal is kept').choices(['sqlite', 'memory']).default('sqlite'),
    )
    .option('--messages <n>', 'messages the tour sends', wholeNumber(LEAST_MESSAGES, MOST_MESSAGES), 60)
    .option('--seed <n>', 'the same seed tells the same story', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--json', 'one JSON document on stdout, nothing else', false)
    .option('--input <file>', 'book the order lines of a CSV file, one actor per item, instead of the tour')
    .showHelpAfterError('(--help lists the options)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(argv);
  return program.opts<DemoOptions>();
}

function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = /^\d+$/.test(given) ? Number(given) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}
