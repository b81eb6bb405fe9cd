import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import { isLateAnswer } from '../late-answers';
import type { TurnView } from '../turn-view';

/** H7: each send of a committed turn is received once; what no committed turn sent is received by nobody. */
export function checkSends(evidence: Evidence): void {
  for (const sender of evidence.actors.values()) {
    for (const turn of sender.turns) {
      if (turn.end === 'ok') checkReceived(evidence, sender, turn);
      else if (turn.sends.length > 0)
        evidence.blame(
          'H7',
          sender.actor,
          `the turn of ${turn.messageId} ended ${turn.end} and sent ${turn.sends.length} messages`,
        );
    }
  }
  for (const receiver of evidence.actors.values()) {
    for (const turn of receiver.turns)
      if (!isSentBySomeone(evidence, receiver, turn)) {
        const { sender, method } = turn.received ?? { sender: '', method: '' };
        evidence.blame(
          'H7',
          receiver.actor,
          `${method} ${turn.messageId} in entry ${turn.seq} was sent by no committed turn of ${sender}`,
        );
      }
  }
}

function checkReceived(evidence: Evidence, sender: ActorEvidence, turn: TurnView): void {
  for (const { messageId, method, receiver, seq } of turn.sends) {
    if (isLateAnswer({ method })) continue; // to whoever waits: H5
    const actor = evidence.actors.get(receiver);
    const ends = actor?.turnsOf(messageId).filter(({ isOver }) => isOver) ?? [];
    const send = `${method} ${messageId} to ${receiver}, sent in entry ${seq},`;
    if (ends.length > 1) {
      const where = ends.map((end) => end.seq).join(' and ');
      evidence.blame('H7', sender.actor, `${send} was received ${ends.length} times, in entries ${where}`);
    } else if (ends.length === 0 && !(actor?.pending.includes(messageId) ?? false)) {
      evidence.blame('H7', sender.actor, `${send} was never received`);
    }
  }
}

/** By a committed tell, or by an ask, which leaves at once and has its place among the records of the sender's turn. */
function isSentBySomeone(evidence: Evidence, receiver: ActorEvidence, turn: TurnView): boolean {
  if (turn.received === null || turn.received.sender === '') return true;
  const { sender, causationId } = turn.received;
  if (evidence.sends.has(nameOf(receiver.actor, turn.messageId))) return true;
  const causes = evidence.actors.get(sender)?.turnsOf(causationId) ?? [];
  return causes.some(
    (cause) =>
      !cause.isOver ||
      cause.effects.some(({ name, ordinal }) => /^(ask|create|\$\w+):/.test(name) && isAct(turn, cause, ordinal)),
  );
}

/**
 * An act is named after the message it was done for, after its actor and that message's time too where that came under a
 * key, and a long name is a digest. With an idempotency key of its own an ask does not have the id of its rank.
 */
function isAct({ messageId, received }: TurnView, { actsAs, at }: TurnView, ordinal: number): boolean {
  const isKeyed = messageId.startsWith('key/');
  const sender = received?.sender ?? '';
  const names = [actsAs, `from/${sender.length}/${sender}/${at}/${actsAs.length}/${actsAs}`].map(
    (name) => `${name}/${ordinal}`,
  );
  return isKeyed || names.includes(messageId) || (messageId.startsWith('+') && messageId.endsWith(`/${ordinal}`));
}
