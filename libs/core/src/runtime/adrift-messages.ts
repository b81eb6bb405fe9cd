import type { Message } from './message';

/**
 * Tells whose activation ended while their row was on its way to the store. Nobody has them in memory; the row alone
 * brings them back. An activation that loads meanwhile waits for them, or what their sender sent next would overtake.
 */
export class AdriftMessages {
  private readonly landings = new Map<string, Set<Promise<void>>>();

  constructor(
    /** Told when a row is there. */
    private readonly landed: (message: Message) => void,
  ) {}

  /** Its row, and those of the repeats that joined it. */
  add(message: Message): void {
    for (const each of [message, ...message.takeHeirs()])
      if (each.row === 'accepting' && each.accepted !== null) this.waitFor(each, each.accepted);
  }

  /** Resolves when none of this actor is under way; `null` when none is. */
  whenLanded(actor: string): Promise<unknown> | null {
    const open = this.landings.get(actor);
    return open === undefined ? null : Promise.all(open);
  }

  private waitFor(message: Message, accepted: Promise<unknown>): void {
    const { encoded } = message.to;
    const open = this.landings.get(encoded) ?? new Set<Promise<void>>();
    this.landings.set(encoded, open);
    const landing = accepted.then(
      () => this.landed(message),
      () => undefined, // it was refused, and its sender told
    );
    open.add(landing);
    void landing.then(() => {
      open.delete(landing);
      if (open.size === 0 && this.landings.get(encoded) === open) this.landings.delete(encoded);
    });
  }
}
