import { failpoint } from '#spi';
import { type Refusal, type Step, refusalError } from './commit-line';
import type { DurableActivation } from './durable-activation';
import { answerKnown } from './known-message';
import type { Message } from './message';
import { argsHashOf } from './message-codec';
import { CREATE } from './system-messages';
import { goOnInTime } from './turn-leaves';

/**
 * The store refused a step, and with it all that was built on it (V4). When the refusal concerns that one message, the
 * others run again in their order on the last durable state. When it says that this activation is not the writer any
 * more, or nothing can be known, the activation ends, and what is stored resumes in a new one.
 */
export function undoCommits(host: DurableActivation, refusal: Refusal, steps: readonly Step[]): void {
  failpoint('undo.before');
  const error = refusalError(host.actorId, refusal);
  const messages = new Set(steps.map((step) => step.message));
  for (const step of steps) step.undone();
  host.adoption.refused();
  if (refusal.kind === 'conflict' || refusal.kind === 'lost') host.adoption.forget(); // it may be in the journal after all
  if (steps.some(({ message, ends }) => ends && message.handler === CREATE)) host.exists = false;
  const running = host.runner.interrupt(error);
  if (running !== null) messages.add(running);
  if (host.released) return host.collapse(error, [...messages]);
  const [first, ...others] = [...messages] as [Message, ...Message[]];
  // A stored message may neither be overtaken nor leave its turn open: a new activation takes it up, and counts it.
  const isStored = refusal.kind === 'failed' && first.row !== 'none' && !first.isRefused;
  // A row of another id, such as a late answer's, says nothing of this message.
  const isOthers = refusal.kind === 'duplicate' && refusal.row.id !== first.id;
  if (isStored || isOthers || refusal.kind === 'conflict' || refusal.kind === 'lost')
    return host.collapse(error, [...messages]);
  if (refusal.kind === 'rejected') return host.startOver(others, () => steps[0]?.rows?.rejected(refusal.error)); // only a step with rows can be
  if (refusal.kind === 'duplicate' && refusal.row.answer === null && refusal.row.argsHash === argsHashOf(first)) {
    first.row = 'stored'; // a tell of the same id was accepted meanwhile: this is the run of both
    return host.startOver([first, ...others], () => host.renewThen(() => host.turnEnded()));
  }
  if (refusal.kind === 'duplicate') answerKnown(host.system, first, refusal.row);
  else first.fail(error);
  host.startOver(others, () => {
    first.leave();
    host.renewThen(() => {
      if (refusal.kind === 'failed') goOnInTime(host, first);
      host.finished(first);
    });
  });
}
