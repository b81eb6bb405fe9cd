import { callHandler, withContext } from '../runtime/actor-class';
import type { Dispatched } from '../actor/dispatch';
import { SnapshotArgument } from '../persistence/snapshot-argument';
import type { FacetChain } from '../facet/facet-chain';
import { asPromise, isPromise } from '../facet/is-promise';
import { isDue } from '../planning/settle-occurrence';
import { bareAnswer } from '../facet/outcomes';
import { hooksOf } from '../runtime/instance-factory';
import { goneHandler } from '../runtime/system-messages';
import type { RuntimeProbe } from '../runtime/runtime-probe';
import { frames } from './frame';
import type { Turn } from './turn';

/** Runs the turn's handler inside its facets, with the turn as async context. May return a promise, may throw. */
export function runHandler(turn: Turn, chain: FacetChain): unknown {
  const outcome = startHandler(turn, chain);
  return isPromise(outcome) ? asPromise(outcome) : outcome; // no code of the user's runs when somebody listens to it
}

function startHandler(turn: Turn, chain: FacetChain): unknown {
  const { probe } = turn.host.system;
  const run = chain.wraps && !isHook(turn) ? runWrapped : runPlain;
  if (probe === null) return frames.run(turn, run, turn, chain);
  return runProbed(turn, probe, () => frames.run(turn, run, turn, chain));
}

function runProbed(turn: Turn, probe: RuntimeProbe, run: () => unknown): unknown {
  if (!probe.starts(turn)) return new Promise(() => undefined);
  const seen = (answer: unknown): unknown => {
    probe.handled(turn, bareAnswer(answer));
    return answer;
  };
  const outcome = run();
  return isPromise(outcome) ? outcome.then(seen) : seen(outcome);
}

function runPlain(turn: Turn): unknown {
  const { received, instance } = turn;
  if (isHook(turn)) return runHook(turn);
  if (received.occurrence !== null && !isDue(turn)) return undefined;
  if (received.call !== null) return received.call(instance);
  const { dispatch } = turn.definition;
  if (dispatch !== null && !received.handler.readOnly) return dispatch(instance, dispatched(turn));
  return callHandler(instance, received.handler, received.args, turn);
}

function dispatched(turn: Turn): Dispatched {
  const { received, instance, definition } = turn;
  return {
    handler: received.handler,
    args: received.args,
    isPlanned: received.occurrence !== null,
    call: (name, args) => callHandler(instance, definition.handlers.get(name) ?? goneHandler(name), args, turn),
  };
}

function runWrapped(turn: Turn, chain: FacetChain): unknown {
  return chain.run(turn, () => runPlain(turn));
}

function isHook(turn: Turn): boolean {
  return turn.received.handler.name.charCodeAt(0) === 36; // '$'
}

/** `$create` and `$stop` run the class's hook, when it has one, as a turn like any other. */
function runHook(turn: Turn): unknown {
  const { received, instance, definition } = turn;
  const hooks = hooksOf(instance);
  const contextAt = definition.hooks.get('onCreate') ?? [];
  if (received.handler.name === '$create') {
    const [first] = received.args;
    if (first instanceof SnapshotArgument) return first.restore(turn);
    return hooks.onCreate?.(...withContext(received.args, contextAt, turn));
  }
  if (received.handler.name === '$parked' && definition.onParked !== null)
    return callHandler(instance, definition.onParked, received.args, turn);
  if (received.handler.name === '$stop') return hooks.onTerminate?.();
  return undefined;
}
