import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeRuns, killReminders } from './kill-reminders';

// npm run reminder-kills [-- --kills 200]   each life of a node on one SQLite file dies at a point of its own

const at = process.argv.indexOf('--kills');
const kills = at === -1 ? 100 : Number(process.argv[at + 1]);
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-reminders-'));
const runs = kills * 5;
const result = killReminders(`sqlite:${join(folder, 'a.db')}`, join(folder, 'ledger'), runs, kills);
const complaints = judgeRuns(result, runs);
console.log(
  `${result.kills} of ${kills} lives killed, ${result.made.length} runs, ${result.ledger.length} calls outside`,
);
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
