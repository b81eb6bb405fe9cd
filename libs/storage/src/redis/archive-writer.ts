import { type EntryRecord, type HeadRow, partitionOf } from '#spi';
import { areDense, mayRestore } from '../restore-rules';
import { whyIdRefused } from '../write-rules';
import { packEntry } from './entry-codec';
import { packHead, unpackHead } from './head-codec';
import { pack } from './pack';
import type { RedisStore } from './redis-store';
import { corruptRow } from './row-codec';
import { PURGE, RESTORE, STANDING } from './scripts/archive.scripts';

/**
 * What tools do with journals: purges (J13) and restores (J14).
 *
 * Both decide here what may be done, on a head whose checksum is right, and a script does it in one step if nothing has changed
 * since; else it is looked at anew. That comes to an end: each further round is due to somebody's append.
 */
export class ArchiveWriter {
  constructor(private readonly store: RedisStore) {}

  /** One actor after the other: what others ask the server meanwhile comes in between. @throws CorruptRecordError */
  async purge(actors: readonly string[]): Promise<readonly boolean[]> {
    const purged = new Set<string>();
    for (let waiting = new Set(actors); ;) {
      const terminated = await this.terminated(waiting);
      if (terminated.length === 0) break;
      await this.store.settledPartitions(); // O3
      waiting = new Set();
      for (const [actor, head] of terminated) ((await this.purgeOne(actor, head)) ? purged : waiting).add(actor);
    }
    return actors.map((actor) => purged.has(actor));
  }

  async restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    if (whyIdRefused(actor) !== null || !areDense(entries)) return false;
    const packed = pack(entries.map(packEntry)); // before the first await: the caller may reuse its buffers (J9)
    const isListed = head !== null && head.status !== 'absent';
    const put = [packed, head === null ? '' : packHead(actor, head), isListed ? '1' : '0'];
    const lastSeq = entries.at(-1)?.seq ?? null;
    await this.store.markUsed(partitionOf(actor));
    for (;;) {
      const [value, count] = await this.standing(actor);
      const { seq, epoch } = unpackHead(actor, value);
      const firstKept = count === 0 ? null : seq - count + 1;
      const headSeq = seq === 0 && epoch === 0 ? null : seq;
      if (!mayRestore(lastSeq, head?.seq ?? null, { headSeq, firstKept })) return false;
      if ((await this.store.run(actor, RESTORE, [value, String(count), ...put])) === 1) break;
    }
    if (head !== null) this.store.nodes.witness.note(actor, head);
    return true;
  }

  /** Those of them, with their heads. */
  private async terminated(actors: ReadonlySet<string>): Promise<(readonly [actor: string, head: Buffer])[]> {
    const found = await Promise.all(
      Array.from(actors, async (actor) => [actor, (await this.standing(actor))[0]] as const),
    );
    return found.filter(([actor, value]) => unpackHead(actor, value).status === 'terminated');
  }

  /** @returns `false`: its head is another by now */
  private async purgeOne(actor: string, head: Buffer): Promise<boolean> {
    const reply = await this.store.run(actor, PURGE, [head]);
    if (Buffer.isBuffer(reply)) throw corruptRow(actor, reply.toString(), 'its checksum is wrong');
    return reply === 1;
  }

  private async standing(actor: string): Promise<readonly [head: Buffer, count: number]> {
    return (await this.store.run(actor, STANDING, [])) as readonly [Buffer, number];
  }
}
