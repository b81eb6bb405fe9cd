import { runningTurnOf } from '../runtime/running-turn';
import { DurableTurn } from '../turn/durable-turn';
import type { Turn } from '../turn/turn';
import type { SystemPort } from '../runtime/system-port';
import type { Wait } from '../waits/wait';
import { turnAhead } from '../waits/turn-ahead';
import type { ExplainContributor } from './contributor';
import type { Cause } from './explanation';

/** What the running turn is about. */
export const explainTurn: ExplainContributor = {
  name: 'the running turn',
  explain({ activation, system }) {
    const turn = activation === undefined ? null : runningTurnOf(activation);
    if (turn === null) return [];
    return [busy(turn, system), ...waits(turn, system), ...acts(turn)];
  },
};

function busy(turn: Turn, { env }: SystemPort): Cause {
  const { received, definition } = turn;
  const heldMs = turn.timedIn === null ? null : definition.maxTurnAgeMs - (turn.timedAt - env.monotonic());
  const since = heldMs === null ? null : env.now() - heldMs;
  return {
    kind: 'busy',
    says: `${received.handler.name} has been running${heldMs === null ? '' : ` for ${Math.round(heldMs)} ms`}; all else stands behind it.`,
    remedy: `It ends by itself, at the latest after maxTurnAge (${definition.maxTurnAgeMs} ms).`,
    facts: { handler: received.handler.name, messageId: received.id, attempt: received.attempts, since },
  };
}

function waits(turn: Turn, system: SystemPort): Cause[] {
  return system.waits.of(turn).map((wait) => {
    const path = pathOf(wait, system);
    const method = wait.message?.handler.name ?? 'a later turn';
    return {
      kind: 'waitsFor',
      says: `It waits for ${method} of ${wait.on.encoded}: ${path.join(' → ')}.`,
      remedy: `Ask for an explanation of ${path[path.length - 1] as string}. A circle is broken by itself, within 100 ms.`,
      facts: { method, actor: wait.on.encoded, path, isDeferred: wait.message === null },
    };
  });
}

/** From actor to actor along the first wait of each, as far as that goes. */
function pathOf(wait: Wait, system: SystemPort): string[] {
  const path = [wait.turn.actorId];
  for (let next: Wait | undefined = wait; next !== undefined;) {
    const actor = next.on.encoded;
    const isCircle = path.includes(actor);
    path.push(actor);
    const ahead: Turn | null = isCircle ? null : turnAhead(next, (address) => system.activationOf(address));
    next = ahead === null ? undefined : system.waits.of(ahead)[0];
  }
  return path;
}

/** Acts that were called and have no record yet; an actor without a journal keeps no list of them. */
function acts(turn: Turn): Cause[] {
  if (!(turn instanceof DurableTurn)) return [];
  const names = turn.recordedActs.filter(({ fromRecord }) => !fromRecord).map(({ name }) => name);
  const sleeping = new Map<number, number>();
  for (const { body } of turn.records.history) {
    if (body.kind === 'SideEffectExecuted' && names.includes(body.name)) names.splice(names.indexOf(body.name), 1);
    if (body.kind === 'TimerScheduled') sleeping.set(body.ordinal, body.dueAt);
    if (body.kind === 'TimerFired') sleeping.delete(body.ordinal);
  }
  const open = names.filter((name) => !name.startsWith('ask:'));
  const causes: Cause[] = [];
  if (open.length > 0)
    causes.push({
      kind: 'effects',
      says: `It waits for side effects: ${open.join(', ')}.`,
      remedy: 'They end by themselves, or at their timeout: give each @SideEffect({ timeout }).',
      facts: { effects: open },
    });
  for (const dueAt of sleeping.values())
    causes.push({
      kind: 'sleeps',
      says: `It sleeps until ${new Date(dueAt).toISOString()}, and holds the line meanwhile.`,
      remedy: 'It goes on by itself. Where others should not wait for it, send a tell with a delay instead.',
      facts: { dueAt },
    });
  return causes;
}
