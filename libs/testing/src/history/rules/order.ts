import { type ActorEvidence, type Evidence, append } from '../evidence';
import type { Request } from '../request';
import type { SeenSend } from '../turn-view';

/** Somewhere in the line of its receiver. `Infinity`: still waiting in the inbox. */
interface Place {
  readonly name: string;
  readonly at: number;
}

/** H3: messages of one sender are received in the order they were sent, and none while an earlier one still waits. */
export function checkOrder(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    checkClients(evidence, actor);
    checkSends(evidence, actor);
  }
}

/** An operation that is sent again has no one place: only what was sent after its last attempt must come after it. */
function checkClients(evidence: Evidence, actor: ActorEvidence): void {
  const byClient = new Map<string, Request[]>();
  for (const request of actor.requests)
    if (!request.readOnly && !request.isDelayed && !request.changedLine) append(byClient, request.client, request);
  for (const [client, requests] of byClient) {
    const earlier = requests.toSorted((a, b) => a.lastInvoked - b.lastInvoked);
    let next = 0;
    let last: Place | null = null;
    for (const request of requests.toSorted((a, b) => a.invoked - b.invoked)) {
      for (let each = earlier[next]; each !== undefined && each.lastInvoked < request.invoked; each = earlier[++next])
        last = later(last, placeOf(actor, each));
      const place = placeOf(actor, request);
      if (place === null || last === null || place.at >= last.at) continue;
      evidence.blame(
        'H3',
        actor.actor,
        `client ${client} sent ${last.name} before ${place.name}: ${swapped(last, place)}`,
      );
    }
  }
}

function checkSends(evidence: Evidence, sender: ActorEvidence): void {
  const byReceiver = new Map<string, SeenSend[]>();
  for (const turn of sender.turns)
    if (turn.end === 'ok') for (const send of turn.sends) if (!send.isDelayed) append(byReceiver, send.receiver, send);
  for (const [receiver, sends] of byReceiver) {
    const actor = evidence.actors.get(receiver);
    let last: Place | null = null;
    for (const { messageId } of sends) {
      const place = actor === undefined ? null : placeOfMessage(actor, messageId);
      if (place === null) continue; // not received at all: H7
      if (last !== null && place.at < last.at)
        evidence.blame(
          'H3',
          receiver,
          `${sender.actor} sent ${last.name} before ${place.name}: ${swapped(last, place)}`,
        );
      last = later(last, place);
    }
  }
}

function placeOf(actor: ActorEvidence, request: Request): Place | null {
  for (const id of request.messageIds) {
    const place = placeOfMessage(actor, id);
    if (place !== null && (place.at < Infinity || request.acked !== null)) return place;
  }
  return null;
}

function placeOfMessage(actor: ActorEvidence, name: string): Place | null {
  const turn = actor.turnsOf(name)[0];
  if (turn !== undefined) return { name, at: turn.seq };
  return actor.pending.includes(name) ? { name, at: Infinity } : null;
}

function later(a: Place | null, b: Place | null): Place | null {
  return a === null || (b !== null && b.at > a.at) ? b : a;
}

function swapped(first: Place, second: Place): string {
  if (first.at === Infinity) return `the first still waits, the second is in entry ${second.at}`;
  return `they are in entries ${first.at} and ${second.at}`;
}
