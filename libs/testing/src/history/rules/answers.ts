import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import type { Request } from '../request';
import { isToken, lateAnswerTo } from '../late-answers';
import { sameValue, show } from '../same-value';

/** H5: what a client was answered is what the journal says, and the same each time. */
export function checkAnswers(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    for (const request of actor.requests) {
      if (request.readOnly || request.kind !== 'ask' || request.acked === null) continue;
      const wrong = wrongAnswer(actor, request);
      if (wrong === null) continue;
      evidence.blame('H5', actor.actor, `${request.method} ${request.id} was answered ${wrong}`);
      for (const id of request.messageIds) evidence.wrongAnswers.add(nameOf(actor.actor, id));
    }
  }
}

function wrongAnswer(actor: ActorEvidence, request: Request): string | null {
  const values = request.attempts.filter(({ outcome }) => outcome === 'ok').map(({ value }) => value);
  const other = values.find((value) => !sameValue(value, values[0]));
  if (other !== undefined) return `${show(values[0])}, and another time ${show(other)}`;
  const turn = actor.turnsFor(request).find(({ isOver }) => isOver);
  if (turn === undefined) return null; // not there at all: H1
  if (turn.end !== 'ok') return `${show(values[0])}, while its turn in entry ${turn.seq} ended ${turn.end}`;
  const isOwn = sameValue(values[0], turn.result) && !isToken(turn);
  const late = isOwn ? null : lateAnswerTo(actor.turns, turn.messageId);
  if (late?.kind === 'error') return `${show(values[0])}, while the answer given in entry ${late.seq} is an error`;
  const recorded = late === null ? turn.result : late.value;
  return sameValue(values[0], recorded) ? null : `${show(values[0])}; the journal says ${show(recorded)}`;
}
