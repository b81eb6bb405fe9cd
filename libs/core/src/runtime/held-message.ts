import type { DurableActivation } from './durable-activation';
import type { Message } from './message';

/**
 * A message that holds the line while no turn of it runs: between two starts, over a look into the store, over a hook.
 * Whoever interrupts the line takes it; what it waited for then comes to nothing.
 */
export class HeldMessage {
  private held: { readonly message: Message } | null = null;

  constructor(private readonly host: DurableActivation) {}

  get isHolding(): boolean {
    return this.held !== null;
  }

  get message(): Message | null {
    return this.held?.message ?? null;
  }

  hold(message: Message): void {
    this.held = { message };
  }

  /** @returns the message held, which is now the caller's */
  take(): Message | null {
    const { held } = this;
    this.held = null;
    this.host.reins?.forget();
    return held?.message ?? null;
  }

  /** Holds `message` until all before it is durable. */
  whenSafe(message: Message, next: () => void): void {
    const held = (this.held = { message });
    this.host.line.whenDurable().then(
      () => {
        if (this.held === held && !this.host.released) next();
      },
      () => undefined,
    );
  }

  /** Holds `message` over something asynchronous, which never rejects. */
  over<T>(message: Message, outcome: Promise<T>, next: (value: T) => void): void {
    const held = (this.held = { message });
    void outcome.then((value) => {
      if (this.held !== held || this.host.released) return; // taken away, though it may be held anew
      this.held = null;
      next(value);
    });
  }

  unlessGone(message: Message, next: () => void): void {
    if (this.held?.message !== message) return;
    this.held = null;
    next();
  }
}
