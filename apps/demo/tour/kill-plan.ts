import type { SeededRandom } from '../random';

/** What a death leaves of the message that was under way, and so what its next run has to do. */
export interface Aftermath {
  /** Effect that was called and not recorded: it is called once more, under the same key. */
  readonly again: string | null;
  /** Effect that was recorded: its answer comes from the record. */
  readonly recorded: string | null;
  /** The message had been committed: it is answered without another run. */
  readonly answered: boolean;
}

/** One death of the worker. */
export interface Kill {
  /** Failpoint, or `outside`: the parent sends SIGKILL while a message is under way. */
  readonly point: string;
  /** At which hit of the failpoint, counted from the start of the process. */
  readonly at: number;
  readonly meaning: string;
  /** `null`: nobody can say. */
  readonly leaves: Aftermath | null;
}

const NOTHING: Aftermath = { again: null, recorded: null, answered: false };
const FIRST_AGAIN: Aftermath = { ...NOTHING, again: 'todaysRate' };
const FIRST_RECORDED: Aftermath = { ...NOTHING, recorded: 'todaysRate' };
const SECOND_AGAIN: Aftermath = { ...FIRST_RECORDED, again: 'fetchReceipt' };
const ANSWERED: Aftermath = { ...NOTHING, answered: true };

interface Point {
  readonly point: string;
  /** Which of the hits that one message makes. */
  readonly hit: number;
  readonly meaning: string;
  readonly leaves: Aftermath;
}

/** Where in the life of a turn, in the order of that life. */
const POINTS: readonly Point[] = [
  { point: 'effect.afterIntent', hit: 1, leaves: NOTHING, meaning: 'the message is durable, the first call not made' },
  {
    point: 'effect.afterCall',
    hit: 1,
    leaves: FIRST_AGAIN,
    meaning: 'the first call is made, its answer not recorded',
  },
  {
    point: 'effect.afterIntent',
    hit: 2,
    leaves: FIRST_RECORDED,
    meaning: 'the first answer is recorded, the second call not made',
  },
  {
    point: 'effect.afterCall',
    hit: 2,
    leaves: SECOND_AGAIN,
    meaning: 'the second call is made, its answer not recorded',
  },
  {
    point: 'turn.beforeCommit',
    hit: 1,
    leaves: SECOND_AGAIN,
    meaning: 'the handler has returned, nothing is committed',
  },
  {
    point: 'commit.afterJournal',
    hit: 3,
    leaves: SECOND_AGAIN,
    meaning: 'the entries are written, the transaction is open',
  },
  { point: 'commit.afterCommit', hit: 3, leaves: ANSWERED, meaning: 'committed, and nobody knows' },
  { point: 'reply.before', hit: 1, leaves: ANSWERED, meaning: 'known to be durable, the answer not sent' },
];

/** Fresh messages in one life at most, the one that dies included. */
const MOST_FRESH = 2;

/** Enough for every death of the plan to come to pass, and for a life that is not cut short. */
export const LEAST_MESSAGES = (POINTS.length + 2) * MOST_FRESH + 10;

/** The same deaths in every tour; the seed says after how many messages each comes. */
export function planKills(random: SeededRandom): Kill[] {
  let before = ANSWERED;
  const named = POINTS.map(({ point, hit, meaning, leaves }) => {
    const fresh = random.between(1, MOST_FRESH) - 1;
    const at = hitsOf(point, before) + fresh * hitsOf(point, NOTHING) + hit;
    before = leaves;
    return { point, at, meaning, leaves };
  });
  const at = random.between(1, MOST_FRESH);
  return [...named, { point: 'outside', at, meaning: 'at no point in particular', leaves: null }];
}

/** How often one message passes a failpoint, given what an earlier death has left of it. */
function hitsOf(point: string, { recorded, answered }: Aftermath): number {
  if (answered) return 0;
  const effects = recorded === null ? 2 : 1;
  if (point.startsWith('effect.')) return effects;
  return point.startsWith('commit.') ? effects + 1 : 1; // an append before each effect, and the commit
}

/** For PLEXSPACES_FAILPOINTS. */
export function failpointOf(kill: Kill | undefined): string {
  return kill === undefined || kill.point === 'outside' ? '' : `${kill.point}=kill@${kill.at}`;
}
