import { join } from 'node:path';
import type { FailpointName } from 'plexspaces/spi';
import { Random } from '../../../libs/testing/src/conformance/random';
import type { Edit } from '../../mutants/mutant';
import { liveOnce, notedIn } from '../live-once';
import type { Observed } from './protocol';

/** On the way of an event from the client through being postponed and run to its answer, and of a timeout. */
export const DEADLY: readonly FailpointName[] = [
  'due.beforeWake',
  'ingress.afterValidate',
  'mailbox.beforeDispatch',
  'handler.before',
  'effect.afterIntent',
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
  'deferred.beforeWait',
  'deferred.beforeAnswer',
  'reply.before',
];

export interface KilledMachine extends Observed {
  /** Lives that a point ended. */
  readonly kills: number;
}

/** Each life sends so many more. */
const EVENTS_PER_LIFE = 16;

export function eventsOf(kills: number): number {
  return (kills + 1) * EVENTS_PER_LIFE;
}

/**
 * Lives of one node on one store: each dies at a point of its own, at a passage that is drawn, until the last is left to end the work.
 * @param bug planted in all of them
 */
export function killMachine(folder: string, kills: number, seed: number, bug: readonly Edit[] = []): KilledMachine {
  const random = new Random(seed);
  const [url, answers, ledger] = [`sqlite:${join(folder, 'a.db')}`, join(folder, 'answers'), join(folder, 'ledger')];
  const patience = bug.length === 0 ? '20000' : '2000';
  const args = [join(__dirname, 'program.ts'), url, answers, ledger, patience];
  const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(bug) };
  let killed = 0;
  for (let life = 0; life < kills; life++) {
    const point = DEADLY[life % DEADLY.length] as FailpointName;
    // Not at once: what is killed at its start five times is parked.
    const passage = point.startsWith('due.') ? 1 : 4 + random.below(12);
    if (live([...args, String(eventsOf(life))], env, `${point}=kill@${passage}`).signal === 'SIGKILL') killed++;
  }
  const { printed } = live([...args, String(eventsOf(kills))], env, '');
  return {
    ...(JSON.parse(printed) as Pick<Observed, 'state' | 'steps'>),
    kills: killed,
    answers: notedIn(answers) as Observed['answers'],
    ledger: notedIn(ledger) as Observed['ledger'],
  };
}

function live(args: readonly string[], vars: NodeJS.ProcessEnv, failpoints: string) {
  const life = liveOnce(args, failpoints, vars);
  if (life.signal === null && life.printed === '') throw new Error(`${failpoints}: it ended before it was through`);
  return life;
}
