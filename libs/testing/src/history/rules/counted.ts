import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import type { Request } from '../request';

/** H2: each id ends once, none that was only refused, none that nobody asked for; and acked ≤ final ≤ acked + unknown. */
export function checkCounted(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    const found = evidence.problems.length;
    for (const request of actor.requests) if (!request.readOnly) checkRequest(evidence, actor, request);
    checkMessages(evidence, actor);
    if (evidence.problems.length === found) checkBounds(evidence, actor);
  }
}

function checkRequest(evidence: Evidence, actor: ActorEvidence, request: Request): void {
  const applied = actor.turnsFor(request).filter(({ end }) => end === 'ok');
  const isExplained = request.acked !== null || request.isUnknown || applied.every(({ isTakenUp }) => isTakenUp);
  if (isExplained) return;
  const refused = `${request.method} ${request.id} was refused at every attempt and is applied in entry ${applied[0]?.seq}`;
  evidence.blame('H2', actor.actor, refused);
}

function checkMessages(evidence: Evidence, actor: ActorEvidence): void {
  const asked = new Set(actor.requests.flatMap(({ messageIds }) => messageIds));
  const seen = new Set<string>();
  for (const { messageId, received, seq } of actor.turns) {
    const isSystem = received?.method.startsWith('$') ?? false;
    if (received?.sender === '' && !isSystem && !asked.has(messageId))
      evidence.blame('H2', actor.actor, `${received.method} ${messageId} in entry ${seq} was sent by no operation`);
    if (seen.has(messageId)) continue;
    seen.add(messageId);
    const ends = actor.turnsOf(messageId).filter(({ isOver }) => isOver);
    if (ends.length < 2 || evidence.sends.has(nameOf(actor.actor, messageId))) continue; // a send twice received: H7
    const where = ends.map((turn) => turn.seq).join(' and ');
    evidence.blame('H2', actor.actor, `message ${messageId} has ended ${ends.length} times, in entries ${where}`);
  }
}

/** Needs neither the order nor the content of the journal, but for what became of accepted and of actors' own messages. */
function checkBounds(evidence: Evidence, actor: ActorEvidence): void {
  const tally = actor.model?.tally;
  const { finals = {} } = evidence.input;
  if (tally === undefined || !Object.hasOwn(finals, actor.actor)) return;
  const final = tally.of(finals[actor.actor]);
  let [least, most] = [0, 0];
  for (const request of actor.requests) {
    if (request.readOnly || request.messageIds.some((id) => evidence.lost.has(nameOf(actor.actor, id)))) continue;
    const turn = actor.turnsFor(request).find(({ isOver }) => isOver);
    const ended = turn?.end;
    const isTakenUp = turn?.isTakenUp === true;
    const adds = tally.adds(request.method, isTakenUp ? turn.args : request.args);
    const isAcked = request.acked !== null && (request.kind === 'ask' ? ended !== 'error' : ended === 'ok');
    const isSure = isAcked || (isTakenUp && ended === 'ok');
    if (isSure || request.isUnknown) {
      least += isSure ? adds : Math.min(0, adds);
      most += isSure ? adds : Math.max(0, adds);
    }
  }
  for (const { received, args, end } of actor.turns) {
    if (received === null || received.sender === '' || end !== 'ok') continue;
    least += tally.adds(received.method, args);
    most += tally.adds(received.method, args);
  }
  if (final >= least && final <= most) return;
  evidence.wrongFinals.add(actor.actor);
  evidence.blame(
    'H2',
    actor.actor,
    `the final count is ${final}; what was acknowledged makes ${least}, with all that is unknown ${most}`,
  );
}
