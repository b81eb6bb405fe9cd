// npm run bench: runs the cases, compares with goals, the raw store and peers, prints the table.
import type { CaseName } from './cases';
import { runInProcess } from './harness/case-process';
import type { Figures } from './harness/case';
import { describeMachine } from './harness/machine';
import { type Options, USAGE, readOptions } from './harness/options';
import { installPeers } from './harness/peers';
import { selectSections } from './report/all-sections';
import { type Run, judge } from './report/judge';
import type { Section } from './report/sections';
import { printTable } from './report/table';

/** Progress goes to standard error: standard output is for the results. */
const say = (line: string): void => console.error(line);

const needsPeer = (name: CaseName): boolean => name.endsWith('-nact');

async function main(options: Options): Promise<void> {
  const selected = selectSections(options.only);
  if (selected.length === 0) throw new Error(`Nothing is called ${options.only.join(' or ')}.`);
  const wantsPeers = selected.some(({ cases }) => cases.some(needsPeer));
  const hasPeers = wantsPeers && installPeers(say);
  const sections = selected.map((section) => ({
    ...section,
    cases: section.cases.filter((name) => hasPeers || !needsPeer(name)),
  }));

  const machine = describeMachine();
  const results: { section: Section; runs: Run[] }[] = [];
  for (const section of sections) results.push({ section, runs: await runSection(section, options) });

  const judged = results.map(({ section, runs }) => ({ section, rows: judge(section, runs) }));
  if (options.json) {
    const runs = Object.fromEntries(results.map((result) => [result.section.name, result.runs]));
    console.log(JSON.stringify({ machine, options, rows: judged.flatMap(({ rows }) => rows), runs }, null, 2));
  } else {
    console.log(printTable(machine, options.runs, judged));
  }
}

/** Each case once, then each again: what disturbs the machine for a while disturbs them alike. */
async function runSection({ name, cases }: Section, { runs, scale }: Options): Promise<Run[]> {
  const all: Run[] = [];
  for (let run = 1; run <= runs; run++) {
    const figures: Record<string, Figures> = {};
    for (const name of cases) {
      const start = performance.now();
      try {
        figures[name] = await runInProcess(name, scale);
        say(`${progress(run, runs)} ${name.padEnd(20)} ${((performance.now() - start) / 1_000).toFixed(1)} s`);
      } catch (error) {
        process.exitCode = 1;
        say(`${progress(run, runs)} ${name.padEnd(20)} failed: ${(error as Error).message}`);
      }
    }
    all.push(figures);
  }
  return all;

  function progress(run: number, of: number): string {
    return `[${name} ${run}/${of}]`;
  }
}

try {
  const options = readOptions(process.argv.slice(2));
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
