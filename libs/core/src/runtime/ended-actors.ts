import { ActorNotFoundError, ActorTerminatedError } from '../errors';

/** Ids that are remembered. */
const REMEMBERED = 100_000;

/** Stopped actors without a journal: a message to one says so. The oldest are forgotten, and are then as if they had never been. */
export class EndedActors {
  private readonly ids = new Set<string>();

  has(encoded: string): boolean {
    return this.ids.has(encoded);
  }

  add(encoded: string): void {
    this.ids.add(encoded);
    if (this.ids.size <= REMEMBERED) return;
    const [oldest] = this.ids;
    this.ids.delete(oldest as string);
  }

  /** It is to live again. */
  remove(encoded: string): void {
    this.ids.delete(encoded);
  }

  /** Why a regular actor without a journal takes no messages. */
  absenceOf(encoded: string): Error {
    return this.ids.has(encoded) ? new ActorTerminatedError(encoded) : new ActorNotFoundError(encoded);
  }
}
