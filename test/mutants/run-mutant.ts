import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Mutant } from './mutant';

const root = join(__dirname, '../..');
/** What a job may run before it is taken for stuck: a mutant may spin. */
const LIMIT_MS_PER_SEED = 400;
const LIMIT_MS_TO_START = 60_000;

/** What simulating with one planted bug came to. */
export interface MutantResult {
  readonly name: string;
  /** Seeds that were run; none when the simulation broke off. */
  readonly seeds: number;
  /** Of them, those in which something was wrong. */
  readonly found: number;
  /** The first of them and what was wrong there; why nothing was run, with no seeds; `null` when nothing was wrong. */
  readonly first: { readonly seed: number; readonly message: string } | null;
}

/** More seeds when fewer do not find it. */
export const LADDER: readonly number[] = [50, 500, 10_000];

/** Simulates its workload with the bug, on more and more seeds until some find it. @param ladder how many, step by step */
export async function runMutant(mutant: Mutant, ladder: readonly number[] = LADDER): Promise<MutantResult> {
  let result: MutantResult = { name: mutant.name, seeds: 0, found: 0, first: null };
  for (const seeds of ladder) {
    result = await simulateWith(mutant, seeds);
    if (result.found > 0 || result.seeds === 0) break;
  }
  return result;
}

/** A process of its own: the bug is planted while its sources are loaded. */
async function simulateWith({ name, edits, workload = 'bank' }: Mutant, seeds: number): Promise<MutantResult> {
  const args = [
    '-r',
    './test/register.cjs',
    'test/simulation/main.ts',
    '--seeds',
    String(seeds),
    '--workload',
    workload,
    '--no-shrink',
    '--json',
  ];
  const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const stuck = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS_TO_START + seeds * LIMIT_MS_PER_SEED);
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_, by) => resolve(by)));
  clearTimeout(stuck);
  if (output.trim() !== '') {
    const { runs, failures } = JSON.parse(output) as { runs: number; failures: { seed: number; message: string }[] };
    const [first] = failures;
    return { name, seeds: runs, found: failures.length, first: first ?? null };
  }
  if (complaints.includes('places for the edit')) throw new Error(complaints.trim());
  // Whatever does not run to its end has not been found: nothing has judged it.
  const why = signal === null ? lastLine(complaints) : `it was ended by ${signal}`;
  return { name, seeds: 0, found: 0, first: { seed: 0, message: `the simulation broke off: ${why}` } };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
