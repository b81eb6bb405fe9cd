// npm run bench:peers: the same counters in other systems and ours, each with fsync, in one table.
import { describeMachine } from './harness/machine';
import { type Options, runProgram } from './harness/options';
import { installPeers } from './harness/peers';
import { runCases } from './harness/run-section';
import { PEER_CASES, judgePeers } from './report/peers-table';
import { printPeers } from './report/print-peers';

/** Progress goes to standard error: standard output is for the results. */
const say = (line: string): void => console.error(line);

async function main(options: Options): Promise<void> {
  const { only } = options;
  const cases = PEER_CASES.filter((name) => only.length === 0 || only.some((word) => name.startsWith(word)));
  if (cases.length === 0) throw new Error(`None of ${PEER_CASES.join(', ')} is called ${only.join(' or ')}.`);
  installPeers(say);
  const machine = await describeMachine(['postgres', 'redis', 'sqlite']);
  const { runs, failures } = await runCases('peers', cases, options, say);
  const rows = judgePeers(runs, cases, failures);
  if (options.json) console.log(JSON.stringify({ machine, options, rows, runs }, null, 2));
  else console.log(printPeers(machine, options.runs, rows));
}

runProgram(main, 3);
