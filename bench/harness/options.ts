import { parseArgs } from 'node:util';

export interface Options {
  readonly runs: number;
  readonly json: boolean;
  readonly only: readonly string[];
  /** Share of the full number of operations. Below 1 the figures say little. */
  readonly scale: number;
}

export const USAGE = `npm run bench -- [--runs N] [--only name]… [--json] [--scale X]
  --runs N     runs of each case, medians are shown (5)
  --only name  sections or cases whose name begins like this; may be repeated
  --json       results as JSON on standard output
  --scale X    do X times as many operations (1)`;

/** @throws Error with what is wrong */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const [runs, scale] = [Number(values.runs), Number(values.scale)];
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs must be a whole number from 1 up, not ${values.runs}`);
  if (!(scale > 0)) throw new Error(`--scale must be above 0, not ${values.scale}`);
  return { runs, json: values.json, only: values.only, scale };
}
