import { decodeActorId } from '#spi';
import type { ActorModel } from './actor-model';
import type { ActorHistory, HistoryInput, HistoryProblem, HistoryRule } from './history-input';
import { groupRequests, type Request } from './request';
import { type TurnView, readTurns } from './turn-view';

/** One actor with all that is known of it. */
export interface ActorEvidence extends ActorHistory {
  readonly type: string;
  readonly model: ActorModel | undefined;
  readonly turns: readonly TurnView[];
  readonly requests: readonly Request[];
  /** Turns by message id, in the order of the journal. */
  turnsOf(messageId: string): readonly TurnView[];
  /** The turns of a client's request. */
  turnsFor(request: Request): readonly TurnView[];
}

/** The input, sorted for the rules, and what they find. A rule blames what it finds once, so that the cause is not reported by all of them. */
export class Evidence {
  readonly requests: readonly Request[];
  readonly actors: ReadonlyMap<string, ActorEvidence>;
  /** Messages that committed turns sent. */
  readonly sends: ReadonlySet<string>;
  readonly problems: HistoryProblem[] = [];
  /** Acknowledged messages that are not there (H1). */
  readonly lost = new Set<string>();
  /** Actors whose final read is out of bounds (H2). */
  readonly wrongFinals = new Set<string>();
  /** Messages whose answer is known to be wrong: no order can explain it, and none has to. */
  readonly wrongAnswers = new Set<string>();
  /** Messages that ended well where the model refuses them (H12). */
  readonly refused = new Set<string>();
  linearized = 0;
  configurations = 0;

  constructor(readonly input: HistoryInput) {
    this.requests = groupRequests(input.operations);
    const byActor = new Map<string, Request[]>();
    for (const request of this.requests) append(byActor, request.actor, request);
    const actors = new Map<string, ActorEvidence>();
    for (const history of input.actors) actors.set(history.actor, this.sort(history, byActor.get(history.actor) ?? []));
    for (const [actor, requests] of byActor)
      if (!actors.has(actor)) actors.set(actor, this.sort(neverWritten(actor), requests));
    this.actors = actors;
    const committed = [...actors.values()].flatMap(({ turns }) => turns.filter(({ end }) => end === 'ok'));
    this.sends = new Set(committed.flatMap(({ sends }) => sends.map((send) => nameOf(send.receiver, send.messageId))));
  }

  blame(rule: HistoryRule, actor: string | undefined, message: string): void {
    this.problems.push({ rule, ...(actor === undefined ? {} : { actor }), message });
  }

  private sort(history: ActorHistory, requests: readonly Request[]): ActorEvidence {
    const { type } = decodeActorId(history.actor);
    const turns = readTurns(history.entries);
    const byId = new Map<string, TurnView[]>();
    for (const turn of turns) append(byId, turn.messageId, turn);
    const turnsOf = (messageId: string): readonly TurnView[] => byId.get(messageId) ?? [];
    const turnsFor = ({ messageIds }: Request): readonly TurnView[] => messageIds.flatMap(turnsOf);
    const { models } = this.input;
    const model = Object.hasOwn(models, type) ? models[type] : undefined;
    return { ...history, type, model, turns, requests, turnsOf, turnsFor };
  }
}

/** An actor that was sent something and has no journal: its requests must not be acknowledged. */
function neverWritten(actor: string): ActorHistory {
  return { actor, entries: [], pending: [], recovered: {}, replayed: {} };
}

export function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** Names a message across actors. */
export function nameOf(actor: string, messageId: string): string {
  return JSON.stringify([actor, messageId]);
}
