import { type InboxRow, failpoint } from '#spi';
import { isRevived } from '../dead-letters/revival';
import type { ActorClass } from './actor-class';
import { answerKnown } from './known-message';
import type { Message } from './message';
import { argsHashOf, fromInboxRow } from './message-codec';
import type { SystemPort } from './system-port';

/** What the store knows of an id; an error when it could not be asked, or refused the row. */
type Found = { readonly row: InboxRow | null } | { readonly error: unknown };

/**
 * Messages of one actor whose id may come twice, from their arrival until they are over (P5). A twin that arrives
 * meanwhile joins the first; one that comes later is for the store to recognise.
 */
export class KnownMessages {
  private readonly byId = new Map<string, Message>();

  constructor(
    private readonly actor: string,
    private readonly cls: ActorClass,
    private readonly system: SystemPort,
  ) {}

  /** `false`: another message of that id is under way and took over who waits for this one. */
  admit(message: Message): boolean {
    if (!message.keyed && message.row === 'none') return true;
    const twin = this.byId.get(message.id);
    if (twin?.isOver === false) {
      twin.absorb(message);
      return false;
    }
    this.byId.set(message.id, message);
    if (message.repeats && message.row === 'none') {
      message.ready = this.system.storage.inbox.find(this.actor, message.id);
      message.ready.catch(() => undefined); // it may wait in line when this fails; it hears when it gets there
    }
    return true;
  }

  forget(message: Message): void {
    // By now it may be the id of one that came after this was told.
    if ((message.keyed || message.row !== 'none') && this.byId.get(message.id) === message)
      this.byId.delete(message.id);
  }

  clear(): void {
    this.byId.clear();
  }

  /** Waits for what the store knows of the id. Changes nothing: whoever interrupts the line takes the message as it is. */
  async look({ ready }: Message): Promise<Found> {
    try {
      const row = await ready;
      failpoint('ingress.afterDedupeLookup');
      return { row };
    } catch (error) {
      return { error };
    }
  }

  /** @returns what is to be started; `null` when the message has been answered, or failed, with what was found. */
  toStart(message: Message, found: Found): Message | null {
    message.ready = null;
    try {
      if ('error' in found) throw found.error;
      const { row } = found;
      if (row === null) return message;
      const isWaiting = row.state === 'queued' || row.state === 'open';
      if (isWaiting && row.argsHash === argsHashOf(message)) return this.accepted(message, row);
      answerKnown(this.system, message, row);
    } catch (error) {
      message.fail(error);
    }
    return null;
  }

  /**
   * Accepted before, not yet run: this is the same message. One that an operator has taken up again has a record, and may act
   * under other keys (P6): what is stored says so, and what came joins it.
   */
  private accepted(message: Message, row: InboxRow): Message {
    const stored = fromInboxRow(row, message.to, this.cls, message.env);
    if (!isRevived(stored)) {
      message.row = 'stored';
      return message;
    }
    stored.absorb(message);
    this.byId.set(stored.id, stored);
    return stored;
  }
}
