import type { CaseName } from '../cases';
import type { Run } from '../report/judge';
import type { Figures } from './case';
import { runInProcess } from './case-process';
import type { Options } from './options';

/** The figures of some runs, and why a case has none in at least one of them. */
export interface Runs {
  readonly runs: readonly Run[];
  readonly failures: ReadonlyMap<CaseName, string>;
}

/** Each case once, then each again: what disturbs the machine for a while disturbs them alike. A failure is said and kept. */
export async function runCases(
  title: string,
  cases: readonly CaseName[],
  options: Options,
  say: (line: string) => void,
): Promise<Runs> {
  const runs: Run[] = [];
  const failures = new Map<CaseName, string>();
  for (let run = 1; run <= options.runs; run++) {
    const figures: Record<string, Figures> = {};
    for (const name of cases) {
      const start = performance.now();
      const line = `[${title} ${run}/${options.runs}] ${name.padEnd(20)}`;
      try {
        figures[name] = await runInProcess(name, options);
        say(`${line} ${((performance.now() - start) / 1_000).toFixed(1)} s`);
      } catch (error) {
        process.exitCode = 1;
        failures.set(name, (error as Error).message);
        say(`${line} failed: ${(error as Error).message}`);
      }
    }
    runs.push(figures);
  }
  return { runs, failures };
}
