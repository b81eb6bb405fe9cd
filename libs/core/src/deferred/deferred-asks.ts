import { failpoint } from '#spi';
import { decodeAnswer } from '../runtime/answer-codec';
import type { Message } from '../runtime/message';
import type { SystemPort } from '../runtime/system-port';
import { replyIdOf } from './reply-token';

/**
 * Asks of this node whose turn is over and whose answer is still owed. It owns who waits, by actor and message id, beyond the
 * stay of any activation; that an answer is owed is the actor's state, and the answer is a row of its inbox.
 *
 *  A1. Who waits is told once: by the answer, by the end of the ask's time, by the end of the actor or of this node's right to act.
 *  A2. A repeat waits first and looks for the row then: an answer that becomes durable between the two is met by one of them.
 *  A3. A turn that waits here is known to wait for any later turn of the actor, once no answer is on its way from the store.
 */
export class DeferredAsks {
  private readonly byActor = new Map<string, Map<string, Set<Message>>>();
  private isClosed: ((actor: string) => Error) | null = null;

  constructor(private readonly system: Pick<SystemPort, 'storage' | 'waits'>) {}

  /** Ids of messages of `actor` for whose answer somebody waits. */
  waitingFor(actor: string): readonly string[] {
    return [...(this.byActor.get(actor)?.keys() ?? [])];
  }

  /** The turn of `message` is over without an answer. */
  wait(message: Message): void {
    for (const asker of message.takeAskers()) {
      this.add(asker);
      this.putOff(asker);
    }
  }

  /** A message came again whose first run has put off the answer. */
  repeat(message: Message): void {
    const actor = message.to.encoded;
    const askers = message.takeAskers();
    for (const asker of askers) this.add(asker);
    this.system.storage.inbox
      .find(actor, replyIdOf(message.id))
      .then((row) => {
        if (row === null) return askers.forEach((asker) => this.putOff(asker));
        const answer = decodeAnswer(row);
        this.settle(actor, message.id, (asker) => {
          if (answer.kind === 'error') asker.fail(answer.error);
          else if (answer.kind === 'result') asker.answer(answer.value);
        });
      })
      .catch((error: unknown) => this.settle(actor, message.id, (asker) => asker.fail(error)));
  }

  /** The answer to a message is durable, or there will be none. */
  settle(actor: string, messageId: string, tell: (asker: Message) => void): void {
    const ofActor = this.byActor.get(actor);
    const askers = ofActor?.get(messageId);
    if (ofActor === undefined || askers === undefined) return;
    failpoint('deferred.beforeAnswer');
    ofActor.delete(messageId);
    if (ofActor.size === 0) this.byActor.delete(actor);
    for (const asker of askers) {
      asker.deferredIn = null;
      tell(asker);
    }
  }

  /** The ask's time is up. */
  left(asker: Message): void {
    const ofActor = this.byActor.get(asker.to.encoded);
    const askers = ofActor?.get(asker.id);
    if (ofActor === undefined || askers?.delete(asker) !== true || askers.size > 0) return;
    ofActor.delete(asker.id);
    if (ofActor.size === 0) this.byActor.delete(asker.to.encoded);
  }

  actorEnded(actor: string, error: Error): void {
    for (const id of this.waitingFor(actor)) this.settle(actor, id, (asker) => asker.fail(error));
  }

  /** This node may not act any more: the answers will be given elsewhere, or at another time. */
  end(errorFor: (actor: string) => Error): void {
    for (const actor of [...this.byActor.keys()]) this.actorEnded(actor, errorFor(actor));
  }

  /** {@link end}, for good. */
  close(errorFor: (actor: string) => Error): void {
    this.isClosed = errorFor;
    this.end(errorFor);
  }

  /** A3. */
  private putOff({ waiter }: Message): void {
    if (waiter !== null) this.system.waits.defer(waiter);
  }

  private add(asker: Message): void {
    const { encoded } = asker.to;
    if (this.isClosed !== null) return asker.fail(this.isClosed(encoded));
    let ofActor = this.byActor.get(encoded);
    if (ofActor === undefined) this.byActor.set(encoded, (ofActor = new Map<string, Set<Message>>()));
    const askers = ofActor.get(asker.id);
    if (askers === undefined) ofActor.set(asker.id, new Set([asker]));
    else askers.add(asker);
    asker.deferredIn = this;
  }
}
