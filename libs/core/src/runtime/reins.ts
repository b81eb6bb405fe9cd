import type { Env, Timer } from '#spi';
import type { Activation } from './activation';
import { activateHooks } from '../facet/facet-lifecycle';
import { leaveInstance } from './activation-hooks';
import type { Departure } from './lifecycle-events';
import { WaitList } from './wait-list';

/** Between two looks whether a turn has begun that was on its way when the time was up. */
const LOOK_AGAIN_MS = 50;

/** Who decides what the end of an actor means. */
export interface Rider {
  /** It failed; its line stands still from here on. @param isUp it had been started */
  crashed(error: unknown, isUp: boolean): void;
  /** It left memory. */
  left(departure: Departure): void;
  /** An actor stopped in the ordinary way is to come back: its key is not given up. */
  readonly returns: boolean;
}

/**
 * What holds the line of one supervised actor, across its activations. It owns whether the line may move; who decides
 * that is the supervisor, and what a turn is stays the activation's business.
 *
 *  T1. While it is tight no turn starts, and no instance is made; messages wait where they are.
 *  T2. A crash tightens it in the same step. Only `go` loosens it.
 *  T3. What was held over when it was tightened (a message between two starts) goes on after `go`, on the new instance.
 */
export class Reins {
  isTight = false;
  private waiting: { readonly next: () => void; readonly from: number; timer: Timer | null } | null = null;
  private goes = 0;
  private isGoing = false;
  /** The activation has not begun to load, and will when the actor is started. */
  isAtGate = false;
  private hasLeft = false;
  private readonly atGate = new WaitList();
  private readonly untilStill = new WaitList();

  constructor(
    private readonly env: Env,
    private readonly rider: Rider,
  ) {}

  get returns(): boolean {
    return this.rider.returns;
  }

  /** T2. */
  crashed(error: unknown, isUp: boolean): void {
    if (this.isTight) return; // it was being stopped anyway
    this.forget();
    this.isTight = true;
    this.rider.crashed(error, isUp);
  }

  left(departure: Departure): void {
    this.drop();
    this.untilStill.resolve();
    this.rider.left(departure);
  }

  /** An activation that is about to load. */
  async passGate(): Promise<void> {
    if (!this.isTight) return;
    this.isAtGate = true;
    this.untilStill.resolve();
    await this.atGate.wait();
  }

  /** Goes on with `next` in a while (T3). */
  wait(next: () => void, delayMs: number): void {
    const waiting = { next, from: this.env.monotonic() + delayMs, timer: null as Timer | null };
    this.waiting = waiting;
    if (this.isTight) return this.untilStill.resolve();
    waiting.timer = this.env.schedule(() => {
      if (this.waiting !== waiting || this.isTight) return;
      this.waiting = null;
      next();
    }, delayMs);
  }

  /** Somebody else has taken over the message that waited. */
  forget(): void {
    this.waiting?.timer?.cancel();
    this.waiting = null;
  }

  /** The line has come to rest. */
  stands(): void {
    this.forget();
    this.untilStill.resolve();
  }

  /** Lets the running turn end within `limitMs`, cuts it off after that, and resolves when nothing moves any more. */
  async stop(activation: Activation, limitMs: number, error: Error): Promise<void> {
    this.isTight = true;
    let isOver = false;
    const cutOff = (): void => {
      if (isOver || activation.released) return;
      if (activation.isOpen) activation.interruptTurn(error);
      else if (!this.isAtGate) activation.giveUp(error); // its hooks do not end
      timer = this.env.schedule(cutOff, LOOK_AGAIN_MS); // what was on its way into a turn may have got there
    };
    let timer = limitMs === Number.POSITIVE_INFINITY ? null : this.env.schedule(cutOff, limitMs);
    while (!this.isStill(activation)) await this.untilStill.wait();
    isOver = true;
    timer?.cancel();
  }

  /** The hooks of an instance that is about to be replaced, for `limitMs` at most. */
  async leave(activation: Activation, limitMs: number): Promise<void> {
    if (activation.released || !activation.isOpen || this.hasLeft) return;
    this.hasLeft = true;
    let timer: Timer | null = null;
    const limit = new Promise<void>((resolve) => {
      if (limitMs < Number.POSITIVE_INFINITY) timer = this.env.schedule(resolve, limitMs);
    });
    await Promise.race([leaveInstance(activation), limit]);
    (timer as Timer | null)?.cancel();
  }

  /**
   * The actor goes on: on a new instance when it is in memory.
   * @throws what its hooks throw; the line stands still again then, and nothing of it is lost
   */
  async go(activation: Activation): Promise<void> {
    this.isTight = false;
    this.openGate();
    if (!activation.isOpen) return activation.whenOpen();
    const { waiting } = this;
    waiting?.timer?.cancel();
    const mine = ++this.goes;
    this.isGoing = true;
    activation.closeLine(); // T1: what comes meanwhile must not run on the former instance
    if (!(await activation.makeInstance())) {
      if (mine === this.goes) this.isGoing = false; // a refused commit asked for another, and goes on with the line
      if (mine === this.goes) this.waiting = null;
      return;
    }
    if (this.hasLeft) await activateHooks(activation.chain.facets, activation);
    if (mine !== this.goes || activation.released) return;
    this.isGoing = this.hasLeft = false;
    this.waiting = null;
    activation.become('Active', 'restart');
    if (waiting === null) activation.turnEnded();
    else this.wait(waiting.next, Math.max(0, waiting.from - this.env.monotonic()));
  }

  /** A `go` has failed, or took too long: what comes of it still is nothing. */
  stay(activation: Activation | undefined): void {
    this.isTight = true;
    this.goes++;
    if (!this.isGoing) return;
    this.isGoing = false;
    if (this.waiting === null) activation?.turnEnded(); // as it stood before
  }

  /** Does nothing move, and will nothing by itself? */
  private isStill(activation: Activation): boolean {
    return activation.released || this.waiting !== null || (activation.isOpen ? activation.isQuiet : this.isAtGate);
  }

  private drop(): void {
    this.forget();
    this.hasLeft = this.isGoing = false;
    this.openGate();
  }

  private openGate(): void {
    this.isAtGate = false;
    this.atGate.resolve();
  }
}

/** Those of a permanent child while its node ends: nothing holds it, and a stop gives up its key as little as before. */
export class LooseReins extends Reins {
  constructor(env: Env) {
    super(env, { crashed: () => undefined, left: () => undefined, returns: true });
  }

  override crashed(): void {
    // nobody starts it again
  }
}
