import { type Head, StoreRegressedError, partitionOf } from '#spi';
import { isReply } from './driver';
import { unpackHead } from './head-codec';
import type { Keys } from './keys';
import type { Call } from './link';

const MOST = 256;

/**
 * Remembers the heads that were acknowledged last: what a fail-over to a lagging replica, or a log that was cut short, loses
 * first. Asked when another run of a server answers. What another process, or an earlier life of this one, was told is not known here.
 */
export class Witness {
  private readonly heads = new Map<string, Head>();

  note(actor: string, head: Head): void {
    const { heads } = this;
    heads.delete(actor);
    heads.set(actor, head);
    if (heads.size > MOST) heads.delete(heads.keys().next().value as string);
  }

  /** Its head may be taken away by a purge. */
  forget(actor: string): void {
    this.heads.delete(actor);
  }

  /** @throws StoreRegressedError */
  async verify(place: string, keys: Keys, ask: (call: Call) => Promise<unknown>): Promise<void> {
    for (const [actor, head] of this.heads) {
      const value = await ask({ command: 'hget', keys: [`${keys.base(partitionOf(actor))}h`], args: [actor] }).catch(
        (error: unknown) => {
          if (isReply(error)) return undefined; // of a slot that lies elsewhere
          throw error;
        },
      );
      if (value === undefined) continue;
      const { seq, epoch } = unpackHead(actor, value as Buffer | null);
      if (seq < head.seq || epoch < head.epoch) throw new StoreRegressedError(place, actor, head, { seq, epoch });
    }
  }
}
