import type { Address } from '../runtime/address';
import type { Message, Waiter } from '../runtime/message';
import type { Frame } from '../turn/frame';
import type { RunningEffect } from '../turn/running-effect';
import type { Turn } from '../turn/turn';
import type { Waits } from './waits';

/**
 * One wait of one running turn: for the answer to its ask, or for something that only a later turn of an actor brings
 * about. It takes the place of the waiter that an ask needs anyway, so that an ask inside a turn costs a few links more.
 */
export class Wait implements Waiter {
  /** Links among all waits of the node, oldest first. */
  earlier: Wait | null = null;
  later: Wait | null = null;
  /** Rises with each wait that begins. 0: it is over. */
  rank = 0;

  constructor(
    private readonly waits: Waits,
    /** Who waits: a turn, or a side effect that a turn waits for. */
    readonly by: Frame,
    /** The actor whose line has to move on for it. */
    readonly on: Address,
    /** What was sent there, if anything was. */
    private readonly asked: Message | null,
    private readonly answered: (value: unknown) => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.message = asked;
  }

  /** The ask that waits there, or runs there; `null`: any later turn of `on` may end the wait. */
  message: Message | null;

  /** Whose act waits. */
  get turn(): Turn {
    return this.by.turn;
  }

  /** It was asked in an attempt of a side effect that is over. */
  get isOver(): boolean {
    return this.by.effect !== null && (this.by as RunningEffect).isOver;
  }

  resolve(value: unknown): void {
    this.waits.end(this);
    this.answered(value);
  }

  reject(error: unknown): void {
    this.waits.end(this);
    this.failed(error);
  }

  /** It is given up: an ask that has not started does not start any more, unless it is stored. */
  giveUp(error: Error): void {
    if (this.asked === null) this.reject(error);
    else this.asked.withdraw(error);
  }
}
