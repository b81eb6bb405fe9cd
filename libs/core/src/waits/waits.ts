import { Subject } from 'rxjs';
import { DeadlockError } from '../errors';
import type { Activation } from '../runtime/activation';
import type { Address } from '../runtime/address';
import { Timed } from '../runtime/deadline-queue';
import type { Message, Waiter } from '../runtime/message';
import type { SystemPort } from '../runtime/system-port';
import type { Frame } from '../turn/frame';
import type { Turn } from '../turn/turn';
import type { FindActivation } from './turn-ahead';
import { Wait } from './wait';
import { deadlocksAmong } from './waits-now';

/** How often it is looked whether turns wait for each other, while any of them waits. Detection takes two looks at most. */
const PROBE_MS = 25;

/** What {@link Waits} needs of the actor system. */
export interface WaitsHost extends Pick<SystemPort, 'deadlines' | 'logger'> {
  activationOf(address: Address): Activation | undefined;
}

/**
 * What the running turns of this node wait for: the wait-for graph (DESIGN §5). Its nodes are running turns, its edges
 * the asks they wait for; where an edge leads is read from the mailboxes when somebody looks, and kept nowhere.
 *
 *  W1. A wait is listed from its begin to its end, in the order of the begins; an ended one is never given up.
 *  W2. Nobody looks while no turn waits, or only for less than a probe's time: an ask that is answered at once pays two links.
 *  W3. A wait that is given up was one of a circle that nothing but a timeout would have ended. Per circle it is one: of
 *      those whose ask has not started, and which make nobody's accepted work fail, the latest.
 */
export class Waits extends Timed {
  /** Each deadlock, when it is broken. */
  readonly found$ = new Subject<DeadlockError>();
  private oldest: Wait | null = null;
  private newest: Wait | null = null;
  private ranks = 0;
  /** Waits that have begun by the last look are old enough for the next one. */
  private seen = 0;

  constructor(private readonly host: WaitsHost) {
    super();
  }

  /** Who is to be told the outcome of `message`, an ask: of `by`, a turn or a side effect that waits for it, or of a client. */
  waiter(
    by: Frame | null,
    message: Message,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ): Waiter {
    if (by === null) return { resolve, reject };
    return this.begin(new Wait(this, by, message.to, message, resolve, reject));
  }

  /** An act of `turn` waits for what a later turn of `on` decides: a promise of it, say. @returns what ends the wait: `resolve` or `reject`, once */
  add(turn: Turn, on: Address, resolve: (value: unknown) => void, reject: (error: unknown) => void): Waiter {
    return this.begin(new Wait(this, turn, on, null, resolve, reject));
  }

  /** The receiver's turn has ended without an answer, which a later one of its turns gives. Any other waiter is none of a turn's. */
  defer(waiter: Waiter): void {
    if (waiter instanceof Wait) waiter.message = null;
  }

  /** What `turn` waits for, oldest first. */
  of(turn: Turn): Wait[] {
    const found: Wait[] = [];
    for (let wait = this.oldest; wait !== null; wait = wait.later) if (wait.turn === turn) found.push(wait);
    return found;
  }

  /** @internal */
  end(wait: Wait): void {
    if (wait.rank === 0) return;
    wait.rank = 0;
    if (wait.earlier === null) this.oldest = wait.later;
    else wait.earlier.later = wait.later;
    if (wait.later === null) this.newest = wait.earlier;
    else wait.later.earlier = wait.earlier;
    wait.earlier = wait.later = null;
  }

  /** The probe's time has come. */
  expire(): void {
    if (this.oldest === null) return;
    if (this.oldest.rank <= this.seen) this.look();
    this.seen = this.ranks;
    this.probeLater();
  }

  private begin(wait: Wait): Wait {
    wait.rank = ++this.ranks;
    wait.earlier = this.newest;
    if (this.newest === null) this.oldest = wait;
    else this.newest.later = wait;
    this.newest = wait;
    if (this.timedIn === null) this.probeLater();
    return wait;
  }

  private probeLater(): void {
    this.host.deadlines.of(PROBE_MS).add(this);
  }

  private look(): void {
    const all: Wait[] = [];
    for (let wait = this.oldest; wait !== null; wait = wait.later) all.push(wait);
    const find: FindActivation = (address) => this.host.activationOf(address);
    for (const { victim, circle } of deadlocksAmong(all, find)) {
      if (!(victim instanceof Wait)) continue; // links alone make no circle
      const path = [
        ...circle.flatMap((link) => (link instanceof Wait ? [link.turn.actorId] : [])),
        victim.turn.actorId,
      ];
      const { turn } = victim;
      const error = new DeadlockError(turn.actorId, path, turn.received.handler.name, turn.received.id);
      this.host.logger.warn(error.message);
      this.found$.next(error);
      victim.giveUp(error);
    }
  }
}
