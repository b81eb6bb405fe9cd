import { parseArgs } from 'node:util';
import { STORAGES, type StorageName, isStorageName } from './storage-name';

export interface Options {
  readonly runs: number;
  readonly json: boolean;
  readonly only: readonly string[];
  readonly storage: StorageName;
  /** Share of the full number of operations. Below 1 the figures say little. */
  readonly scale: number;
  /** Folder for CPU profiles of the cases. */
  readonly profile?: string | undefined;
}

const USAGE = `npm run bench -- [--storage name] [--runs N] [--only name]… [--json] [--scale X] [--profile folder]
npm run bench:peers -- [the same, without --storage]
  --storage name    ${STORAGES.join(', ')} (sqlite): what durable actors are measured on
  --runs N          runs of each case, medians are shown (5; peers: 3)
  --only name       sections or cases whose name begins like this; may be repeated
  --json            results as JSON on standard output
  --scale X         do X times as many operations (1)
  --profile folder  leave a CPU profile of each case there`;

/** @throws Error with what is wrong */
function readOptions(args: readonly string[], runsByDefault: number): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      storage: { type: 'string', default: 'sqlite' },
      runs: { type: 'string', default: String(runsByDefault) },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const [runs, scale] = [Number(values.runs), Number(values.scale)];
  if (!isStorageName(values.storage))
    throw new Error(`--storage must be ${STORAGES.join(' or ')}, not ${values.storage}`);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs must be a whole number from 1 up, not ${values.runs}`);
  if (!(scale > 0)) throw new Error(`--scale must be above 0, not ${values.scale}`);
  return { runs, json: values.json, only: values.only, storage: values.storage, scale, profile: values.profile };
}

/** Runs `main` with what the command line says; what goes wrong is said in a line, and is the exit code. */
export function runProgram(main: (options: Options) => Promise<void>, runsByDefault: number): void {
  const say = (line: string): void => console.error(line);
  try {
    const options = readOptions(process.argv.slice(2), runsByDefault);
    if (options === 'help') console.log(USAGE);
    else
      main(options).catch((error: unknown) => {
        say(String(error));
        process.exitCode = 1;
      });
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`);
    process.exitCode = 2;
  }
}
