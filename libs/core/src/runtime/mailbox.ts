import type { Message } from './message';
import type { Source } from './source';

/**
 * The line of messages before one actor. It owns the links between waiting messages and nothing else: when a
 * message starts and what its failure means is the activation's business.
 *
 *  M1. Messages leave in the order they came, but for `putBack`, which returns undone work to the front.
 *  M2. `count` and `bytes` are those of the waiting messages; the running one is not among them.
 */
export class Mailbox {
  count = 0;
  bytes = 0;
  private first: Message | null = null;
  private last: Message | null = null;

  get head(): Message | null {
    return this.first;
  }

  /** Those that wait, in their order; they stay. */
  get all(): Message[] {
    const all: Message[] = [];
    for (let message = this.first; message !== null; message = message.next) all.push(message);
    return all;
  }

  /** Does the outcome of `message` come from one that waits here? Looks through the line. */
  carries(message: Message): boolean {
    for (let waiting = this.first; waiting !== null; waiting = waiting.next) if (waiting.carries(message)) return true;
    return false;
  }

  /** Has one that waits here been sent from this source? */
  hasFrom(source: Source | null): boolean {
    for (let waiting = this.first; waiting !== null; waiting = waiting.next)
      if (waiting.source === source) return source !== null;
    return false;
  }

  push(message: Message): void {
    if (this.last === null) this.first = message;
    else this.last.next = message;
    this.last = message;
    this.count++;
    this.bytes += message.bytes;
  }

  shift(): Message | null {
    const message = this.first;
    if (message === null) return null;
    this.first = message.next;
    if (this.first === null) this.last = null;
    message.next = null;
    this.count--;
    this.bytes -= message.bytes;
    return message;
  }

  /** Before everything that waits, in the given order. */
  putBack(messages: readonly Message[]): void {
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i] as Message;
      message.next = this.first;
      this.first = message;
      this.last ??= message;
      this.count++;
      this.bytes += message.bytes;
    }
  }

  /** Takes out those that `isGone` names. @returns them, in their order */
  drop(isGone: (message: Message) => boolean): Message[] {
    const all = this.takeAll();
    const gone = all.filter(isGone);
    for (const message of all) if (!gone.includes(message)) this.push(message);
    return gone;
  }

  takeAll(): Message[] {
    const all: Message[] = [];
    for (let message = this.shift(); message !== null; message = this.shift()) all.push(message);
    return all;
  }
}
