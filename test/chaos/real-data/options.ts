import { parseArgs } from 'node:util';
import type { RunOptions } from './run';

export const LEAST_KILLS = 20;

/** What the command line asks for. @throws TypeError for an option there is not, RangeError for a value that is none */
export function readOptions(args: readonly string[], makeUpSeed: () => number): RunOptions {
  const string = { type: 'string' } as const;
  const options = { kills: string, seed: string, lines: string, file: string };
  const { kills, seed, lines, file } = parseArgs({ args: [...args], options }).values;
  return {
    kills: numberOf('kills', kills) ?? LEAST_KILLS,
    seed: numberOf('seed', seed) ?? makeUpSeed(),
    ...(lines === undefined ? {} : { lines: numberOf('lines', lines) as number }),
    ...(file === undefined ? {} : { file }),
  };
}

function numberOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,10}$/.test(given) && (name !== 'lines' || Number(given) > 0)) return Number(given);
  throw new RangeError(
    `--${name} is ${JSON.stringify(given)}. Give a whole number${name === 'lines' ? ' from 1' : ''}.`,
  );
}
