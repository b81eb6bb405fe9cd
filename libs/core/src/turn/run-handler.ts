import { callHandler, withContext } from '../runtime/actor-class';
import { SnapshotArgument } from '../persistence/snapshot-argument';
import type { FacetChain } from '../facet/facet-chain';
import { hooksOf } from '../runtime/instance-factory';
import { frames } from './frame';
import type { Turn } from './turn';

/** Runs the turn's handler inside its facets, with the turn as async context. May return a promise, may throw. */
export function runHandler(turn: Turn, chain: FacetChain): unknown {
  return frames.run(turn, chain.wraps && !isHook(turn) ? runWrapped : runPlain, turn, chain);
}

function runPlain(turn: Turn): unknown {
  const { received, instance } = turn;
  if (isHook(turn)) return runHook(turn);
  return callHandler(instance, received.handler, received.args, turn);
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
  if (received.handler.name === '$stop') return hooks.onTerminate?.();
  return undefined;
}
