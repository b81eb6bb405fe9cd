/** What the command line asked for. */
export interface SimulateCommand {
  readonly from: number;
  readonly count: number;
  readonly jobs: number;
  readonly json: boolean;
  readonly shrink: boolean;
  readonly workload: WorkloadName;
}

/** `bank`: turns of all kinds, judged by the history checker. `duty`: reminders and dead letters, judged by judge-duty.ts. */
export const WORKLOAD_NAMES = ['bank', 'duty'] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

export const USAGE =
  'npm run simulate -- [--seeds N] [--from K] [--jobs J] [--workload bank|duty] [--json] [--no-shrink]';

const DEFAULTS: SimulateCommand = { from: 1, count: 2_000, jobs: 1, json: false, shrink: true, workload: 'bank' };

/** @throws Error that says what is wrong with which option */
export function readCommand(args: readonly string[]): SimulateCommand {
  let command = DEFAULTS;
  for (let i = 0; i < args.length; i++) {
    const name = args[i] as string;
    if (name === '--json') command = { ...command, json: true };
    else if (name === '--no-shrink') command = { ...command, shrink: false };
    else if (name === '--seeds') command = { ...command, count: whole(name, args[++i], 1) };
    else if (name === '--from') command = { ...command, from: whole(name, args[++i], 0) };
    else if (name === '--jobs') command = { ...command, jobs: whole(name, args[++i], 1) };
    else if (name === '--workload') command = { ...command, workload: workloadOf(args[++i]) };
    else throw new Error(`${name} is no option. ${USAGE}`);
  }
  return command;
}

function whole(name: string, given: string | undefined, least: number): number {
  const value = Number(given);
  if (given !== undefined && given.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${name} needs a whole number from ${least} up, not ${given ?? 'nothing'}. ${USAGE}`);
}

function workloadOf(given: string | undefined): WorkloadName {
  const found = WORKLOAD_NAMES.find((name) => name === given);
  if (found === undefined) throw new Error(`--workload needs bank or duty, not ${given ?? 'nothing'}. ${USAGE}`);
  return found;
}
