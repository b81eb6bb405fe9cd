import { VersionConflictError } from '#spi';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';

/**
 * Read-only messages of a durable actor (P2). On a store that others may write too they run once the store has said,
 * after they came, that this activation is still the writer: its committed state is then what the actor was at a
 * moment since. One look serves all who wait; one that had begun before a message came says nothing about it. Loading
 * is such a look, so a message that a busy writer drove from one activation to the next is answered there.
 */
export class DurableReads {
  private readonly isShared: boolean;
  private waiting: Message[] = [];
  private isLooking = false;

  constructor(private readonly host: DurableActivation) {
    this.isShared = host.system.storage.journal.capabilities.shared;
  }

  get isIdle(): boolean {
    return !this.isLooking && !this.host.live.isRead;
  }

  read(message: Message): void {
    this.host.touch();
    if (!this.isShared || message.stale || message.seenBy === this.host) return this.run(message);
    this.waiting.push(message);
    if (!this.isLooking) void this.look();
  }

  private run(message: Message): void {
    const { host } = this;
    void host.live.read(message, () => (host.adoption.image ?? host.line.image).clone()).then(() => host.rest());
  }

  private async look(): Promise<void> {
    this.isLooking = true;
    while (this.waiting.length > 0) {
      const messages = this.waiting;
      this.waiting = [];
      await this.confirm(messages);
    }
    this.isLooking = false;
    this.host.rest();
  }

  private async confirm(messages: readonly Message[]): Promise<void> {
    const { host } = this;
    try {
      const { seq, epoch } = host.line.durableHead;
      const actual = await host.system.storage.journal.head(host.actorId);
      const isAsItWas = actual.seq === seq && actual.epoch === epoch; // our own first append may have come between
      if (!isAsItWas) await host.line.whenHeard(actual.seq); // what the store has others may have seen
      if (isAsItWas || host.line.isWrittenBy(actual)) for (const message of messages) this.run(message);
      else this.overtaken(messages, new VersionConflictError(host.actorId, host.line.durableHead, actual));
    } catch (error) {
      for (const message of messages) fail(message, error);
    }
  }

  /** Another activation has written. One that is busy hears so from its own commits; an idle one ends here. */
  private overtaken(messages: readonly Message[], error: VersionConflictError): void {
    const { host } = this;
    if (host.isResting && host.waiting === 0) host.collapse(error, []);
    for (const message of messages) {
      if (host.released) host.system.deliver(message);
      else fail(message, error);
    }
  }
}

function fail(message: Message, error: unknown): void {
  message.fail(error);
  message.leave();
}
