import type { DurableTurn } from '../turn/durable-turn';
import { type Verdict, judgeFailure } from './judge-failure';
import { CREATE } from './system-messages';

/** The verdict on a failed turn of a durable actor. `recordedVersion`: code version that began the records it resumed. */
export function judgeTurn(turn: DurableTurn, error: unknown, recordedVersion: string): Verdict {
  const message = turn.received;
  const verdict = judgeFailure({
    error: turn.lostPath ?? error,
    policy: message.handler.retry,
    attempts: message.attempts,
    isAsked: message.isAsked,
    unstored: message.row === 'none',
    hasRecords: turn.hasRecords,
    otherVersion: turn.resumed && recordedVersion !== turn.definition.version,
  });
  return message.handler === CREATE && verdict.kind === 'answer' ? withoutActor(verdict.error, turn) : verdict;
}

/** `onCreate` failed for good: no actor comes of it, so there is no journal to answer in. */
function withoutActor(error: unknown, turn: DurableTurn): Verdict {
  return turn.received.row === 'none' && !turn.hasRecords ? { kind: 'forget', error } : { kind: 'park', cause: error };
}
