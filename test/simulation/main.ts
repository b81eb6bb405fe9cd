import 'reflect-metadata';
import { fork } from 'node:child_process';
import { type SimulateCommand, readCommand } from './options';
import { whyInvalid } from './range-validity';
import { type RangeTotals, addTotals, noTotals, runRange } from './run-range';

// The simulation of a workload over a range of seeds: `npm run simulate -- --seeds 100000 --from 1 --jobs 2`.

const REPORT_EVERY_MS = 5_000;

type Report = (totals: RangeTotals) => void;

/** A part of the seeds in a process of its own, which is this program again. */
function runInChild(command: SimulateCommand, onRun: Report): Promise<RangeTotals> {
  const { from, count, workload, shrink } = command;
  const args = ['--from', from, '--seeds', count, '--workload', workload, ...(shrink ? [] : ['--no-shrink'])].map(
    String,
  );
  return new Promise((resolve, reject) => {
    const child = fork(__filename, args, { env: { ...process.env, SIMULATE_JOB: '1' } });
    let last = noTotals();
    child.on('message', (totals) => {
      last = totals as RangeTotals;
      onRun(last);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(last);
      else reject(new Error(`a job ended with ${String(code ?? signal)} in seed ${command.from + last.runs}`));
    });
  });
}

async function runAll(command: SimulateCommand, onRun: Report): Promise<RangeTotals> {
  const jobs = Math.min(command.jobs, command.count);
  if (jobs === 1) return runRange(command, onRun);
  const share = Math.ceil(command.count / jobs);
  const parts: RangeTotals[] = [];
  const running: Promise<RangeTotals>[] = [];
  for (let job = 0; job * share < command.count; job++) {
    const part = { ...command, from: command.from + job * share, count: Math.min(share, command.count - job * share) };
    parts.push(noTotals());
    running.push(
      runInChild(part, (totals) => {
        parts[job] = totals;
        onRun(parts.reduce(addTotals));
      }),
    );
  }
  return (await Promise.all(running)).reduce(addTotals);
}

/** A child tells its parent after each seed, so that one that ends it is known. */
async function asJob(command: SimulateCommand): Promise<void> {
  const totals = await runRange(command, (sofar) => void process.send?.(sofar));
  await new Promise<void>((resolve) => process.send?.(totals, () => resolve()));
  process.disconnect();
}

function throttled(tell: Report): Report {
  let last = Date.now();
  return (totals) => {
    if (Date.now() - last < REPORT_EVERY_MS) return;
    last = Date.now();
    tell(totals);
  };
}

function figures({ runs, events, hours, lives, calls, requests, failures }: RangeTotals, seconds: number): string {
  const perSecond = (runs / seconds).toFixed(0);
  const total = calls.ok + calls.fail + calls.info;
  const share = requests.all === 0 ? '0' : ((100 * requests.ok) / requests.all).toFixed(1);
  return (
    `${runs} seeds, ${failures.length} failed; ${seconds.toFixed(0)} s (${perSecond} seeds/s), ${hours.toFixed(1)} h of virtual time, ` +
    `${events} events, ${lives} lives, ${total} calls (${calls.ok} ok, ${calls.fail} refused, ${calls.info} unknown) for ${requests.all} requests, ${share} % ok`
  );
}

async function asProgram(command: SimulateCommand): Promise<void> {
  const started = Date.now();
  const seconds = (): number => (Date.now() - started) / 1_000;
  const progress = throttled((totals) => {
    const failed = totals.failures.map(({ seed }) => seed).join(', ');
    console.error(`… ${figures(totals, seconds())}${failed === '' ? '' : `; failed: ${failed}`}`);
  });
  if (!command.json) console.log(`seeds ${command.from} to ${command.from + command.count - 1}`);
  const totals = await runAll(command, progress);
  if (command.json)
    console.log(JSON.stringify({ from: command.from, count: command.count, seconds: seconds(), ...totals }));
  else {
    for (const { message } of totals.failures) console.log(`${message}\n`);
    console.log(figures(totals, seconds()));
    const struck = Object.entries(totals.faults).sort();
    console.log(`struck: ${struck.map(([name, count]) => `${name} ${count}`).join(', ')}`);
    if (totals.failures.length > 0) console.log(`failed: ${totals.failures.map(({ seed }) => seed).join(', ')}`);
  }
  const invalid = whyInvalid(totals);
  for (const reason of invalid) console.error(`invalid: ${reason}`);
  process.exitCode = totals.failures.length === 0 && invalid.length === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  await (process.env['SIMULATE_JOB'] === undefined ? asProgram(command) : asJob(command));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
