import { ChildActor } from './child-actor';
import type { ChildStats, SupervisorStats } from './supervision-events';
import { SupervisorNode } from './supervisor-node';
import type { Supervised } from './supervised';

/** A supervisor in numbers. Pure. */
export function statsOf(node: SupervisorNode): SupervisorStats {
  const { children, definition, failures, lastError, name, recentRestarts, restarts, status, watcher } = node;
  const supervisors = children.filter(({ spec }) => spec.kind === 'supervisor').length;
  return {
    name,
    parent: watcher.name === '' ? null : watcher.name,
    status,
    strategy: definition.strategy,
    specs: children.length,
    active: children.filter((each) => each.status === 'running').length,
    supervisors,
    workers: children.length - supervisors,
    failures,
    restarts,
    recentRestarts: recentRestarts.length,
    maxRestarts: definition.maxRestarts,
    withinMs: definition.withinMs,
    children: children.map(statsOfChild),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function statsOfChild(child: Supervised): ChildStats {
  const { lastError, spec, starts, status } = child;
  return {
    id: spec.id,
    actor: child instanceof ChildActor ? child.address.encoded : null,
    kind: spec.kind,
    restart: spec.restart,
    status,
    starts,
    ...(lastError === undefined ? {} : { lastError }),
  };
}
