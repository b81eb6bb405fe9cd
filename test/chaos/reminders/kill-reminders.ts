import { join } from 'node:path';
import type { FailpointName } from 'plexspaces/spi';
import { liveOnce, notedIn } from '../live-once';

/** Between the moment a run is found due and the moment the next one is known to be stored. */
export const DEADLY: readonly FailpointName[] = [
  'due.beforeWake',
  'resume.beforeCount',
  'resume.afterCount',
  'handler.before',
  'effect.afterCall',
  'handler.afterReturn',
  'turn.beforeCommit',
  'commit.beforeBegin',
  'commit.afterHead',
  'commit.afterJournal',
  'commit.afterInbox',
  'commit.afterSends',
  'commit.beforeCommit',
  'commit.afterCommit',
  'flush.beforeAcks',
  'turn.afterCommit',
  'send.beforeDeliver',
];

export interface KilledReminders {
  /** Of those lives, how many a point ended. */
  readonly kills: number;
  /** Ids of the runs in the actor's state, in order. */
  readonly made: readonly string[];
  /** What the world outside saw. */
  readonly ledger: readonly { readonly run: string; readonly key: string }[];
}

/** Lives of one node on one store: each dies at a point of its own, until the last one is left to end the work. */
export function killReminders(url: string, ledger: string, runs: number, kills: number): KilledReminders {
  let killed = 0;
  live([url, ledger, String(runs), 'register'], '');
  const work = [url, ledger, String(runs), 'work'];
  for (let life = 0; life < kills; life++) {
    const point = DEADLY[life % DEADLY.length] as FailpointName;
    // One that is passed seldom dies the first time, so that it dies at all; the others somewhat later, so that work gets done.
    const passage = point.startsWith('due.') || point.startsWith('resume.') ? 1 : 2 + (life % 3);
    if (live(work, `${point}=kill@${passage}`).signal === 'SIGKILL') killed++;
  }
  const { printed } = live(work, '');
  return {
    kills: killed,
    made: JSON.parse(printed) as string[],
    ledger: notedIn(ledger) as KilledReminders['ledger'],
  };
}

function live(task: readonly string[], failpoints: string) {
  return liveOnce([join(__dirname, 'program.ts'), ...task], failpoints);
}

/** Why the runs were not each handled exactly once, by the actor's own state and by the ledger outside; none when they were. */
export function judgeRuns({ made, ledger }: KilledReminders, runs: number): string[] {
  const numbers = made.map((run) => Number(run.slice(run.lastIndexOf('/') + 1)));
  const expected = Array.from({ length: runs }, (_, i) => i + 1);
  const complaints: string[] = [];
  if (numbers.join() !== expected.join()) complaints.push(`the state has runs ${numbers.join()}`);
  for (const run of made) {
    const keys = new Set(ledger.filter((line) => line.run === run).map(({ key }) => key));
    if (keys.size !== 1) complaints.push(`the ledger knows ${run} by ${keys.size} keys`);
  }
  const strangers = ledger.filter(({ run }) => !made.includes(run));
  if (strangers.length > 0) complaints.push(`the ledger has runs the state has not: ${JSON.stringify(strangers)}`);
  return complaints;
}
