import { SERVER_MUTANTS } from './catalog/server-mutants';
import { judgeStore } from './judge-server-mutant';

// Each bug planted in a store behind a server, and the conformance case that finds it: `npm run mutants:servers`.

async function main(only: string): Promise<void> {
  const mutants = SERVER_MUTANTS.filter(({ name }) => name.includes(only));
  if (mutants.length === 0) throw new Error(`No planted bug has ${JSON.stringify(only)} in its name.`);
  let missed = 0;
  const sound = new Set<string>();
  for (const { name, store, breaks, edits } of mutants) {
    if (!sound.has(`${store} ${breaks}`)) {
      const { failed, cases } = await judgeStore(store, breaks, []);
      if (failed.length > 0 || cases === 0)
        throw new Error(`${store} without any bug: ${cases} cases, ${failed.join('; ')}`);
      sound.add(`${store} ${breaks}`);
    }
    const { cases, failed } = await judgeStore(store, breaks, edits);
    if (failed.length === 0) missed++;
    const share = failed.length === 0 ? 'NOT FOUND' : `${failed.length} of ${cases}`;
    console.log(`${name.padEnd(48)} ${breaks.padEnd(4)} ${share.padEnd(10)} ${failed[0] ?? ''}`);
  }
  console.log(`${mutants.length - missed} found, ${missed} not found`);
  process.exitCode = missed === 0 ? 0 : 1;
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
