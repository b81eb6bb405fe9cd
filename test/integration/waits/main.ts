import { judgeGraphs, type Tally } from './random-graphs';

// Random graphs of asks, each run with and without the detection of deadlocks: npm run deadlock-runs -- [graphs] [first seed].

const [count = '100000', first = '1'] = process.argv.slice(2);
/** Beside each other on one clock. */
const BATCH = 400;

async function main(): Promise<void> {
  const tally: Tally = { graphs: 0, hanging: 0, deadlocks: 0, wrong: [] };
  for (let done = 0; done < Number(count); done += BATCH) {
    const size = Math.min(BATCH, Number(count) - done);
    await judgeGraphs(
      Array.from({ length: size }, (_, i) => Number(first) + done + i),
      tally,
    );
    if ((done / BATCH) % 25 === 0) console.log(said(tally));
  }
  console.log(said(tally));
  for (const line of tally.wrong) console.log(`wrong: ${line}`);
  process.exitCode = tally.wrong.length === 0 ? 0 : 1;
}

function said({ graphs, hanging, deadlocks, wrong }: Tally): string {
  return `${graphs} graphs: ${hanging} would hang, ${deadlocks} deadlocks broken, ${wrong.length} wrong`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 2;
});
