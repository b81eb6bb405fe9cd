import { isPlexSpacesError } from '#spi';
import type { Activation } from '../runtime/activation';
import { DurableActivation } from '../runtime/durable-activation';
import type { Message } from '../runtime/message';
import { PlainActivation } from '../runtime/plain-activation';
import { runningTurnOf } from '../runtime/running-turn';
import type { ExplainContributor } from './contributor';
import { takeUp } from './explain-stored';
import { isKept } from './explain-supervision';
import type { Cause } from './explanation';

/** What the line waits for while no turn runs, and how long it is. */
export const explainLine: ExplainContributor = {
  name: 'its line',
  explain({ activation, address, system }) {
    if (activation === undefined) return [];
    const causes: Cause[] = [];
    const isItsOwn = !isKept(system.supervision.childOf(address.encoded)); // else its supervisor has it in hand
    if (activation.state === 'Failed' && isItsOwn) causes.push(failed());
    const paused = runningTurnOf(activation) === null ? pausedOf(activation) : null;
    if (paused !== null && paused.retryAt > activation.env.now()) causes.push(retry(paused));
    if (activation instanceof DurableActivation && activation.closed.isClosed) causes.push(held(activation));
    if (activation instanceof DurableActivation && activation.isOpen && !activation.line.isEmpty) causes.push(commit());
    const { maxMessages, maxBytes } = activation.cls.definition.mailbox;
    const { waiting, waitingBytes } = activation;
    if (waiting > 0) causes.push(queue(waiting));
    if (waiting >= maxMessages || waitingBytes >= maxBytes) causes.push(full(activation));
    return causes;
  },
};

function pausedOf(activation: Activation): Message | null {
  if (activation instanceof DurableActivation) return activation.runner.held.message;
  return activation instanceof PlainActivation ? activation.paused : null;
}

function failed(): Cause {
  return {
    kind: 'failed',
    says: 'Its last turn crashed; a new instance takes over from the turn before it.',
    remedy: 'It goes on by itself. The error is in the log, in events$, and with whoever asked.',
    facts: {},
  };
}

function retry({ handler, id, attempts, retryAt }: Message): Cause {
  return {
    kind: 'retry',
    says: `${handler.name} failed, with ${attempts} starts counted, and starts again at ${new Date(retryAt).toISOString()}; it holds the line meanwhile.`,
    remedy:
      'It goes on by itself, and is parked after its last attempt. @Handle({ retry }) says how often and how fast.',
    facts: { handler: handler.name, messageId: id, attempts, until: retryAt },
  };
}

function held({ closed: { why }, recordedVersion, cls, actorId }: DurableActivation): Cause {
  const error = why?.error;
  const messageId = why?.message?.id ?? (error as { messageId?: string } | undefined)?.messageId ?? null;
  const reason = error?.message ?? '';
  if (isPlexSpacesError(error, 'PS_NON_DETERMINISM'))
    return {
      kind: 'stalled',
      says: `Message ${messageId} was begun by version ${recordedVersion}, and does not fit version ${cls.definition.version}: ${reason}`,
      remedy: `Start a node of version ${recordedVersion}, or guard the change with ctx.patched().`,
      facts: { messageId, wroteVersion: recordedVersion, runsVersion: cls.definition.version, reason },
    };
  return {
    kind: 'held',
    says: `A parked message closes the line (onPoison: 'hold'): ${reason}`,
    remedy: `Mend the cause, then ${takeUp(actorId, messageId ?? '')}; the line opens with it.`,
    facts: { messageId, reason },
  };
}

function commit(): Cause {
  return {
    kind: 'commit',
    says: 'What it has done is on its way to the store; answers leave when it is durable.',
    remedy: 'It ends by itself. Look after the store if it does not.',
    facts: {},
  };
}

function queue(waiting: number): Cause {
  return {
    kind: 'queue',
    says: `${waiting} messages wait in line.`,
    remedy: 'They run one after the other; see what runs now.',
    facts: { waiting },
  };
}

function full({ waiting, waitingBytes, cls }: Activation): Cause {
  const { maxMessages, maxBytes } = cls.definition.mailbox;
  return {
    kind: 'mailboxFull',
    says: `Its mailbox is full: ${waiting} of ${maxMessages} messages, ${waitingBytes} of ${maxBytes} bytes. Senders get MailboxFullError.`,
    remedy: 'Send less, or later; make its turns shorter; or raise @Actor({ mailbox }).',
    facts: { waiting, waitingBytes, maxMessages, maxBytes },
  };
}
