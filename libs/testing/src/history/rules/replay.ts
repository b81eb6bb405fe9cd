import type { ActorModel, ModelCall, ModelStep } from '../actor-model';
import { callOf, freezeState } from '../model-call';
import { type ActorEvidence, type Evidence, nameOf } from '../evidence';
import { sameValue, show } from '../same-value';
import type { TurnView } from '../turn-view';

/** H12: checkpoint and tail give what the whole journal gives, and that is what the model makes of its messages. */
export function checkReplay(evidence: Evidence): void {
  for (const actor of evidence.actors.values()) {
    for (const slot of differing(actor.recovered, actor.replayed)) {
      const [recovered, replayed] = [show(actor.recovered[slot]), show(actor.replayed[slot])];
      evidence.blame(
        'H12',
        actor.actor,
        `${slot} is ${recovered} by checkpoint and tail, ${replayed} by the whole journal`,
      );
    }
    if (actor.model !== undefined) checkModel(evidence, actor, actor.model);
  }
}

function checkModel(evidence: Evidence, actor: ActorEvidence, model: ActorModel): void {
  let state = freezeState(model.initial);
  for (const turn of actor.turns) {
    if (turn.afterReset) state = model.initial;
    const call = turn.end === 'ok' ? callOf(turn) : null;
    if (call === null) continue;
    const step = attempt(model, state, call);
    if (step instanceof Error) {
      evidence.blame('H12', actor.actor, `${describe(turn)} ended well; the model refuses it: ${step.message}`);
      evidence.refused.add(nameOf(actor.actor, turn.messageId));
      continue;
    }
    state = freezeState(step.state);
    if ('answer' in step && !sameValue(step.answer, turn.result)) {
      const answers = `is answered ${show(turn.result)}; by the model ${show(step.answer)}`;
      evidence.blame('H12', actor.actor, `${describe(turn)} ${answers}`);
      evidence.wrongAnswers.add(nameOf(actor.actor, turn.messageId));
    }
  }
  compareState(evidence, actor, model, state);
}

function compareState(evidence: Evidence, actor: ActorEvidence, model: ActorModel, state: unknown): void {
  const stored = (of: unknown): Readonly<Record<string, unknown>> =>
    model.stored?.(of) ?? (of as Readonly<Record<string, unknown>>);
  const initial = stored(model.initial);
  const expected = stored(state);
  for (const [slot, value] of Object.entries(expected)) {
    // A field that no turn ever changed is in no journal.
    const found = Object.hasOwn(actor.replayed, slot) ? actor.replayed[slot] : initial[slot];
    if (!sameValue(found, value))
      evidence.blame(
        'H12',
        actor.actor,
        `${slot} is ${show(found)} by the journal's changes, ${show(value)} by the model`,
      );
  }
  const { finals = {} } = evidence.input;
  if (!Object.hasOwn(finals, actor.actor) || evidence.wrongFinals.has(actor.actor)) return;
  const [final, read] = [finals[actor.actor], model.read === undefined ? expected : model.read(state)];
  if (!sameValue(final, read))
    evidence.blame('H12', actor.actor, `the final read shows ${show(final)}; by the model it is ${show(read)}`);
}

function attempt(model: ActorModel, state: unknown, call: ModelCall): ModelStep<unknown> | Error {
  try {
    return model.apply(state, call);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function differing(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((slot) => !sameValue(a[slot], b[slot]));
}

function describe({ received, messageId, seq }: TurnView): string {
  return `${received?.method ?? 'a message'} ${messageId} in entry ${seq}`;
}
