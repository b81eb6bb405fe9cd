import type { Turn } from '../turn/turn';
import { type Deadlock, findDeadlocks } from './find-deadlocks';
import { type FindActivation, isAhead, turnAhead } from './turn-ahead';
import type { Wait } from './wait';

/** Who ends when another does, and not by itself: a call inside a turn. */
export class Link {
  constructor(
    readonly turn: Turn,
    readonly ahead: Turn,
  ) {}
}

/** More than any wait: nobody can be told to give up a link. */
const NEVER = 3;

/**
 * The wait-for graph of one moment. Its nodes are turns.
 *
 *  G1. Nobody can see what a side effect awaits beside what it has asked for: it may always go on by itself, so its asks prove nothing.
 *  G2. A reentrant call ends at the latest with the turn it is inside of.
 */
export function deadlocksAmong(waits: readonly Wait[], find: FindActivation): readonly Deadlock<Wait | Link>[] {
  const sure = waits.filter(({ by }) => by.effect === null);
  const links: (Wait | Link)[] = [...sure]; // before any link, so that a circle is one of waits where it can be
  for (const turn of new Set(sure.map((wait) => wait.turn)))
    if (turn.inside !== null) links.push(new Link(turn, turn.inside));
  return findDeadlocks<Turn, Wait | Link>(links, {
    turnOf: ({ turn }) => (turn.ended ? null : turn),
    ahead: (link) => (link instanceof Link ? link.ahead : turnAhead(link, find)),
    confirm: (link, turn) => link instanceof Link || isAhead(link, turn, find),
    needed: ({ waitsToBeStuck, inside }) => (inside === null ? waitsToBeStuck : waitsToBeStuck + 1),
    rank: (link) => (link instanceof Link ? 0 : link.rank),
    cost: (link) => (link instanceof Link ? NEVER : costOf(link)),
  });
}

/** An ask that is being handled would take effect all the same, and a turn that nobody asked for would be parked. */
function costOf({ message, turn }: Wait): number {
  if (message === null || (message.run !== null && !message.run.ended)) return 2;
  return turn.received.isAsked ? 0 : 1;
}
