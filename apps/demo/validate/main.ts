// Is the tour able to fail? `npm run demo:validate` runs it as it is, then with each planted defect.
//
// Exit code 0: the honest tour held, and every defect made a claim fail. A tour that could not run (exit code 2)
// proves nothing and counts as a failure.
import { execFile } from 'node:child_process';
import { PLANTS, PLANT_VARIABLE } from '../planted';
import { bold, dim, green, red } from '../terminal/paint';

const PROGRAM = require.resolve('../main');
const ALLOW_BYTES = 64 * 1024 * 1024;

interface Result {
  readonly exitCode: number;
  readonly failed: readonly string[];
}

interface TourJson {
  readonly sections: readonly {
    readonly claims: readonly { readonly sentence: string; readonly holds: boolean }[];
  }[];
}

function runTour(plant: string): Promise<Result> {
  const env = { ...process.env, [PLANT_VARIABLE]: plant };
  const args = [...process.execArgv, PROGRAM, '--json', '--messages', '30'];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env, maxBuffer: ALLOW_BYTES }, (_, stdout) =>
      resolve({ exitCode: child.exitCode ?? 2, failed: failedClaims(stdout) }),
    );
  });
}

function failedClaims(json: string): string[] {
  try {
    const { sections } = JSON.parse(json) as TourJson;
    const claims = sections.flatMap((section) => section.claims);
    return claims.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
  } catch {
    return [];
  }
}

function report(isAsExpected: boolean, what: string, failed: readonly string[]): void {
  console.log(`${isAsExpected ? green('✔') : red('✖')} ${what}`);
  for (const sentence of failed) console.log(dim(`    does not hold: ${sentence}`));
}

async function main(): Promise<void> {
  console.log(bold('\nThe tour, and the tour with defects planted in it\n'));
  const honest = await runTour(process.env[PLANT_VARIABLE] ?? '');
  let isSound = honest.exitCode === 0;
  report(isSound, `as it is: exit code ${honest.exitCode}`, honest.failed);

  for (const [plant, description] of Object.entries(PLANTS)) {
    const { exitCode, failed } = await runTour(plant);
    const isNoticed = exitCode === 1 && failed.length > 0;
    report(isNoticed, `${plant}: ${description}`, failed);
    isSound &&= isNoticed;
  }
  console.log(isSound ? green('\nEvery defect was noticed.') : red('\nThe tour cannot be trusted.'));
  process.exitCode = isSound ? 0 : 1;
}

void main();
