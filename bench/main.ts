// npm run bench: runs the cases, compares with goals, the raw store and nact, prints the table.
import type { CaseName } from './cases';
import { describeMachine } from './harness/machine';
import { type Options, runProgram } from './harness/options';
import { installPeers } from './harness/peers';
import { type Runs, runCases } from './harness/run-section';
import { sectionsOn, selectSections } from './report/all-sections';
import { judge } from './report/judge';
import type { Section } from './report/sections';
import { printTable } from './report/table';

/** Progress goes to standard error: standard output is for the results. */
const say = (line: string): void => console.error(line);

const needsPeer = (name: CaseName): boolean => name.endsWith('-nact');

async function main(options: Options): Promise<void> {
  const selected = selectSections(sectionsOn(options.storage), options.only);
  if (selected.length === 0) throw new Error(`Nothing on ${options.storage} is called ${options.only.join(' or ')}.`);
  const wantsPeers = selected.some(({ cases }) => cases.some(needsPeer));
  const hasPeers = wantsPeers && installPeers(say);
  const sections = selected.map((section) => ({
    ...section,
    cases: section.cases.filter((name) => hasPeers || !needsPeer(name)),
  }));

  const machine = await describeMachine([options.storage]);
  const results: (Runs & { readonly section: Section })[] = [];
  for (const section of sections)
    results.push({ section, ...(await runCases(section.name, section.cases, options, say)) });

  const judged = results.map(({ section, runs }) => ({ section, rows: judge(section, runs) }));
  if (options.json) {
    const runs = Object.fromEntries(results.map((result) => [result.section.name, result.runs]));
    console.log(JSON.stringify({ machine, options, rows: judged.flatMap(({ rows }) => rows), runs }, null, 2));
  } else {
    console.log(printTable(machine, options.runs, judged));
  }
}

runProgram(main, 5);
