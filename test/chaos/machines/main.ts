import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeMachine } from './judge';
import { eventsOf, killMachine } from './kill-machine';

// npm run machine-kills [-- --kills 200 --seed 7]   each life of a node with a state machine on one SQLite file dies at a point of its own

function wholeNumber(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}

const kills = wholeNumber('kills', 200);
const seed = wholeNumber('seed', Date.now() % 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-machine-'));
console.log(`seed ${seed}, ${folder}`);
const result = killMachine(folder, kills, seed);
const complaints = judgeMachine(result, eventsOf(kills));
const { steps, ledger } = result;
console.log(`${result.kills} of ${kills} lives killed, ${steps.length} steps, ${ledger.length} calls outside`);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
