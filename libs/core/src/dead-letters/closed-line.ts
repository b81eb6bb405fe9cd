import { failpoint } from '#spi';
import type { DurableActivation } from '../runtime/durable-activation';
import type { Mailbox } from '../runtime/mailbox';
import type { Message } from '../runtime/message';
import { mergeLine, untilTold } from '../runtime/pending-messages';
import { poisonOf } from '../runtime/recover-actor';
import { isUnparking } from '../runtime/system-messages';

interface Closure {
  /** `null`: it was parked by an earlier activation. */
  readonly message: Message | null;
  readonly error: Error;
  /** An operator may end it: it is closed by a parked message, and not by one whose turn is still open. */
  readonly isPoison: boolean;
}

// What keeps a durable actor's line from moving: a message that stalled, or with `onPoison: 'hold'` a parked one.
//
// It owns whether the line is closed, and what may pass all the same. The activation owns the line itself.
//
// Invariants
//   H1  While it is closed nothing starts but what an operator sends about parked messages, one at a time; and, before that,
//       the message whose turn was open when the line was found closed: a stop, or one from before its class held lines.
//   H2  It opens when that was committed and the store has no parked message of the actor any more; never by itself.
//   H3  When it opens, the line is what the store has, in the order of acceptance: a message taken up again comes before
//       those that waited behind it.
export class ClosedLine {
  private by: Closure | null = null;
  /** A parked row has changed since the store was asked. */
  private isDoubtful = false;
  private round = 0;
  /** Reads that came while the actor was being loaded stand in line. */
  private mayHoldReads = false;

  constructor(
    private readonly host: DurableActivation,
    private readonly mailbox: Mailbox,
    private readonly start: (message: Message) => void,
  ) {}

  get isClosed(): boolean {
    return this.by !== null;
  }

  /** Why it is closed; `null` while it is open. */
  get why(): { readonly message: Message | null; readonly error: Error } | null {
    return this.by;
  }

  /** What closes it, where that is in memory. */
  get message(): Message | null {
    return this.by?.message ?? null;
  }

  close(message: Message | null, error: Error, isPoison: boolean): void {
    this.by = { message, error, isPoison };
    this.mayHoldReads = true;
    this.host.reins?.stands();
    this.host.system.logger.error(`${this.host.actorId} takes no further message: ${error.message}`);
  }

  /** The actor is stopped. */
  open(): void {
    this.by = null;
    this.round++;
  }

  /** Something has come, or has ended: whatever may pass now does (H1). */
  move(): void {
    const { by, host } = this;
    if (by === null || host.released) return;
    this.letReadsPass();
    if (host.runner.isBusy || host.reins?.isTight === true) return; // a crashed instance is nobody's
    const [begun] = by.isPoison ? this.mailbox.drop(({ opened }) => opened) : [];
    if (begun !== undefined) return this.start(begun);
    const next = this.takePassing();
    if (next !== null && by.isPoison) return this.start(next);
    if (next !== null) {
      next.fail(by.error);
      return host.finished(next);
    }
    if (this.isDoubtful && host.line.isEmpty) void this.lookAgain(by);
  }

  /** What an operator decided about a parked message is durable. */
  unparked(): void {
    failpoint('unpark.afterCommit');
    if (this.by === null) return this.host.lookAgain();
    this.isDoubtful = true;
    this.move();
  }

  /** They wait for no turn, here as elsewhere. */
  private letReadsPass(): void {
    if (!this.mayHoldReads || this.host.state === 'Creating') return;
    this.mayHoldReads = false;
    for (const read of this.mailbox.drop(({ handler }) => handler.readOnly)) this.host.enqueue(read);
  }

  private takePassing(): Message | null {
    if (!this.mailbox.all.some(({ handler }) => isUnparking(handler))) return null;
    const waiting = this.mailbox.takeAll();
    const first = waiting.find(({ handler }) => isUnparking(handler)) as Message;
    this.mailbox.putBack(waiting.filter((message) => message !== first));
    return first;
  }

  /** H2, H3. */
  private async lookAgain(by: Closure): Promise<void> {
    const { host } = this;
    const round = ++this.round;
    this.isDoubtful = false;
    try {
      const { inbox } = host.system.storage;
      const [rows, [first]] = await Promise.all([inbox.pending(host.actorId), inbox.parked(host.actorId)]);
      if (round !== this.round || host.released) return;
      if (host.runner.isBusy) {
        this.isDoubtful = true; // its end comes by here again
        return;
      }
      if (first !== undefined) {
        this.by = { ...by, message: null, error: poisonOf(first) };
        this.move();
        return;
      }
      await untilTold(rows, this.mailbox);
      if (round !== this.round || host.released) return;
      failpoint('hold.beforeOpen');
      mergeLine(host, { rows, openTurn: null }, this.mailbox);
      this.by = null;
      host.turnEnded();
    } catch (error) {
      if (!host.released) host.collapse(error, []); // the next activation reads all of it again
    }
  }
}
