import type { Frame } from '../turn/frame';
import type { RunningEffect } from '../turn/running-effect';
import type { Turn } from '../turn/turn';
import { type Deadlock, findDeadlocks } from './find-deadlocks';
import { type FindActivation, isAhead, turnAhead } from './turn-ahead';
import type { Wait } from './wait';

/** Who ends when another does, and not by itself: a turn that waits for its side effect, a call inside a turn. */
export class Link {
  constructor(
    readonly by: Frame,
    readonly ahead: Frame,
  ) {}
}

/** More than any wait: nobody can be told to give up a link. */
const NEVER = 3;

/**
 * The wait-for graph of one moment. Its nodes are turns, and those side effects of theirs that ask somebody.
 *
 *  G1. A side effect may go on with any answer it asked for; its turn waits for its end as for that of any act.
 *  G2. A reentrant call ends at the latest with the turn it is inside of.
 */
export function deadlocksAmong(waits: readonly Wait[], find: FindActivation): readonly Deadlock<Wait | Link>[] {
  const asked = new Map<Frame, number>();
  const turns = new Set<Turn>();
  for (const { by } of waits) {
    asked.set(by, (asked.get(by) ?? 0) + 1);
    turns.add(by.turn);
  }
  const links: (Wait | Link)[] = [...waits]; // before any link, so that a circle is one of waits where it can be
  for (const by of asked.keys())
    if (by.effect !== null && !(by as RunningEffect).isOver) links.push(new Link(by.turn, by));
  for (const turn of turns) if (turn.inside !== null) links.push(new Link(turn, turn.inside));
  return findDeadlocks<Frame, Wait | Link>(links, {
    turnOf: ({ by }) => (by.turn.ended ? null : by),
    ahead: (link) => (link instanceof Link ? link.ahead : turnAhead(link, find)),
    confirm: (link, ahead) => link instanceof Link || isAhead(link, ahead.turn, find),
    needed: (by) => (by.effect === null ? neededBy(by.turn) : (asked.get(by) ?? 1)),
    rank: (link) => (link instanceof Link ? 0 : link.rank),
    cost: (link) => (link instanceof Link ? NEVER : costOf(link)),
  });
}

function neededBy({ waitsToBeStuck, inside }: Turn): number {
  if (waitsToBeStuck === 0) return Number.POSITIVE_INFINITY; // it is at work; what it asked for matters to nobody any more
  return inside === null ? waitsToBeStuck : waitsToBeStuck + 1;
}

/** An ask that is being handled would take effect all the same, and a turn that nobody asked for would be parked. */
function costOf({ message, turn }: Wait): number {
  if (message === null || (message.run !== null && !message.run.ended)) return 2;
  return turn.received.isAsked ? 0 : 1;
}
