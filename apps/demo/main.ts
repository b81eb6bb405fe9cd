// The tour: `npm run demo`. Exit code 0: every claim held. 1: one did not. 2: it could not be run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runImport } from './import/run-import';
import { type DemoOptions, readOptions } from './options';
import { checkPlant } from './planted';
import { failedClaims, printSection, printVerdict } from './section';
import { bold, dim, red } from './terminal/paint';
import { type Outcome, runTour } from './tour/tour';

/** Who interrupts the tour gets the folder cleaned up; the processes end with their parent. */
const STOPS = { SIGINT: 2, SIGTERM: 15 };

async function main(options: DemoOptions): Promise<void> {
  checkPlant();
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-demo-'));
  const start = performance.now();
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
  for (const [signal, number] of Object.entries(STOPS)) {
    process.once(signal, () => {
      cleanUp();
      process.exit(128 + number);
    });
  }
  try {
    if (!options.json) printTitle(options);
    const outcome = await run(options, folder);
    const seconds = (performance.now() - start) / 1000;
    if (options.json) printJson(options, outcome, seconds);
    else print(outcome, seconds);
    if (failedClaims(outcome.sections).length > 0) process.exitCode = 1;
  } finally {
    cleanUp();
  }
}

function run(options: DemoOptions, folder: string): Promise<Outcome> {
  return options.input === undefined ? runTour(options, folder) : runImport(options, options.input, folder);
}

function printTitle({ storage, seed, input, messages }: DemoOptions): void {
  const what = input === undefined ? `${messages} messages` : basename(input);
  console.log(
    `\n${bold('PlexSpaces, durable actors for NestJS')}  ${dim(`${what} · storage ${storage} · seed ${seed}`)}\n`,
  );
}

function print({ sections }: Outcome, seconds: number): void {
  sections.forEach(printSection);
  printVerdict(sections, seconds);
}

function printJson({ storage, seed }: DemoOptions, { sections, facts }: Outcome, seconds: number): void {
  const ok = failedClaims(sections).length === 0;
  const claims = sections.map(({ title, claims }) => ({ title: title.trim(), claims }));
  console.log(JSON.stringify({ ok, storage, seed, seconds, sections: claims, ...facts }, null, 2));
}

main(readOptions(process.argv)).catch((error: unknown) => {
  console.error(red(error instanceof Error ? error.message : String(error)));
  process.exitCode = 2;
});
