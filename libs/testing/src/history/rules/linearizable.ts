import type { ActorModel, ModelCall, ModelEffect } from '../actor-model';
import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import { type LinearOperation, checkLinearizable } from '../linearizability';
import { callOf, freezeState } from '../model-call';
import type { Request } from '../request';
import { sameValue, show } from '../same-value';
import { stateKey } from '../state-key';
import type { TurnView } from '../turn-view';

/**
 * H11: some order of an actor's operations, each between its sending and its answer, gives every client what it was answered.
 * The journal is believed in what was applied and what effects gave, and in nothing about order: that only steers the search.
 */
export function checkLinearizability(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    const { model } = actor;
    if (model === undefined || actor.turns.some(({ afterReset }, i) => afterReset && i > 0)) continue;
    const operations = operationsOf(evidence, actor, model);
    evidence.linearized += operations.length;
    const result = checkLinearizable({
      initial: freezeState(model.initial),
      operations,
      key: (state) => model.key?.(state) ?? stateKey(state),
      ...(evidence.input.maxConfigurations === undefined
        ? {}
        : { maxConfigurations: evidence.input.maxConfigurations }),
    });
    evidence.configurations += result.configurations;
    if (result.kind === 'unknown')
      evidence.blame(
        'H11',
        actor.actor,
        `no order was found among ${result.configurations} configurations, nor shown not to exist`,
      );
    if (result.kind === 'violated') {
      const where = `the furthest leads up to it with ${show(result.state)}`;
      evidence.blame(
        'H11',
        actor.actor,
        `no order of its ${operations.length} operations explains ${result.name}; ${where}`,
      );
    }
  }
}

function operationsOf(evidence: Evidence, actor: ActorEvidence, model: ActorModel): LinearOperation<unknown>[] {
  const operations: LinearOperation<unknown>[] = [];
  const taken = new Set<TurnView>();
  for (const request of actor.requests) {
    const turn = actor.turnsFor(request).find(({ end }) => end === 'ok');
    if (turn !== undefined) taken.add(turn);
    const isAnswered = request.acked !== null && request.kind === 'ask';
    // What the journal has no end of took no effect; if somebody saw one, no order will explain it.
    if (turn === undefined && !isAnswered) continue;
    const isIn = (blamed: ReadonlySet<string>): boolean =>
      request.messageIds.some((id) => blamed.has(nameOf(actor.actor, id)));
    const isWrong = isIn(evidence.wrongAnswers);
    if (isIn(evidence.refused) || (isWrong && turn === undefined)) continue;
    operations.push(ofRequest(model, request, turn, isAnswered && !isWrong));
  }
  for (const turn of actor.turns) {
    const call = turn.end === 'ok' && !taken.has(turn) ? callOf(turn) : null;
    // A second time under one id: H2, H7. Impossible by the model: H12.
    if (call === null || isRepeated(actor, turn) || evidence.refused.has(nameOf(actor.actor, turn.messageId))) continue;
    const name = `${call.method} ${turn.messageId}`;
    const apply = applying(model, call);
    operations.push({ name, invoked: -Infinity, ended: null, isOptional: false, isRead: false, rank: turn.seq, apply });
  }
  return operations;
}

function isRepeated(actor: ActorEvidence, turn: TurnView): boolean {
  return actor.turnsOf(turn.messageId).find(({ end }) => end === 'ok') !== turn;
}

function ofRequest(
  model: ActorModel,
  request: Request,
  turn: TurnView | undefined,
  isJudged: boolean,
): LinearOperation<unknown> {
  const { id, method, acked, kind, readOnly, invoked } = request;
  const args = turn?.isTakenUp === true ? turn.args : request.args; // an operator may have changed them
  const effects: readonly ModelEffect[] = turn === undefined ? [] : (callOf(turn)?.effects ?? []);
  const answer = isJudged ? { value: acked?.value } : undefined;
  const text = `${method}(${args.map(show).join(', ')})`;
  return {
    name: answer === undefined ? `${text} ${id}` : `${text} ${id} → ${show(answer.value)}`,
    invoked,
    ended: kind === 'ask' ? (acked?.ended ?? null) : null, // a tell is accepted, and applied some time
    isOptional: false,
    isRead: readOnly,
    rank: turn?.seq ?? null,
    apply: applying(model, { messageId: turn?.messageId ?? id, sender: '', method, args, effects }, answer),
  };
}

function applying(
  model: ActorModel,
  call: ModelCall,
  answer?: { readonly value: unknown },
): (state: unknown) => { readonly state: unknown } | null {
  return (state) => {
    try {
      const step = model.apply(state, call);
      if (answer !== undefined && 'answer' in step && !sameValue(step.answer, answer.value)) return null;
      return { state: freezeState(step.state) };
    } catch {
      return null; // the model refuses: here it cannot have been
    }
  };
}
