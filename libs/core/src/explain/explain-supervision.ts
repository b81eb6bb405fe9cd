import { describeCause } from '../errors/describe-cause';
import type { ChildActor } from '../supervision/child-actor';
import type { Supervised, Watcher } from '../supervision/supervised';
import { SupervisorNode } from '../supervision/supervisor-node';
import type { ExplainContributor } from './contributor';
import type { Cause } from './explanation';

/** Who does not run, and whose business that is: of several, one above the other, the uppermost. */
interface Standing {
  readonly who: Supervised;
  readonly watcher: Watcher;
}

/** What supervision does about it: it waits for its restart, or is kept down. */
export const explainSupervision: ExplainContributor = {
  name: 'its supervisor',
  async explain({ address, system }) {
    const child = system.supervision.childOf(address.encoded);
    if (child === undefined || !isKept(child)) return [];
    if (child.status !== 'down') return [waiting(child)];
    // What was stopped for good its supervisor cannot start either.
    const isOver = system.keepsInbox(address) && (await system.info(address)).state === 'Terminated';
    return isOver ? [] : [down(child)];
  },
};

/** Does it not run, since its supervisor has not started it (again)? */
export function isKept(child: ChildActor | undefined): boolean {
  return child !== undefined && child.status !== 'running';
}

function standingOf(child: ChildActor): Standing {
  let standing: Standing = { who: child, watcher: child.watcher };
  for (let { watcher } = standing; watcher instanceof SupervisorNode; watcher = watcher.watcher)
    if (watcher.status !== 'running') standing = { who: watcher, watcher: watcher.watcher };
  return standing;
}

function waiting(child: ChildActor): Cause {
  const { who, watcher } = standingOf(child);
  const wait = watcher instanceof SupervisorNode ? watcher.waitOf(who) : null;
  const subject = who === child ? 'It' : `Supervisor ${who.spec.id}, which it belongs to,`;
  const facts = { supervisor: watcher.name, child: who.spec.id, status: who.status };
  if (wait === null || !(watcher instanceof SupervisorNode))
    return {
      kind: 'restarting',
      says: `${subject} does not run: it is ${who.status}, and its supervisor ${watcher.name} is to start it.`,
      remedy:
        'It goes on by itself. If it lasts, look at onCreate and onActivate, and at the store: a restart is recorded first.',
      facts: { ...facts, until: null, restart: null, reason: null },
    };
  const { maxRestarts, withinMs } = watcher.definition;
  const reason = wait.error === undefined ? 'it was stopped' : describeCause(wait.error);
  const why = wait.child === who ? `has ended (${reason})` : `was stopped with ${wait.child.spec.id} (${reason})`;
  return {
    kind: 'restarting',
    says:
      `${subject} ${why}; supervisor ${watcher.name} starts it again at ${new Date(wait.until).toISOString()}: ` +
      `restart ${wait.nth}, of ${maxRestarts} within ${withinMs} ms.`,
    remedy: `It goes on by itself, with its messages. SupervisorHandle.restartChild('${who.spec.id}') does not wait.`,
    facts: { ...facts, until: wait.until, restart: wait.nth, maxRestarts, withinMs, reason },
  };
}

function down(child: ChildActor): Cause {
  const { who, watcher } = standingOf(child);
  const cause = child.cause ?? who.lastError;
  const reason = cause instanceof Error ? cause.message : null;
  const isTop = !(watcher instanceof SupervisorNode);
  return {
    kind: 'down',
    says: `Supervisor ${child.supervisor} keeps it down${reason === null ? '' : `: ${reason.replace(/[.]$/, '')}`}. Senders get ChildDownError.`,
    remedy: isTop
      ? `Supervisor ${who.spec.id} is at the top, and has given up: mend the cause and start the node anew.`
      : `SupervisorHandle.restartChild('${who.spec.id}') of ${watcher.name} starts it again; a message does not.`,
    facts: { supervisor: child.supervisor, child: who.spec.id, reason },
  };
}
