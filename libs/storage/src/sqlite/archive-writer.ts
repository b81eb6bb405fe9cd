import { failpoint } from '#spi';
import { mayRestore } from '../restore-rules';
import type { ActorIds } from './actor-ids';
import type { Connection } from './driver';
import type { HeadTuple } from './protocol';

/** Puts archived entries back (J14): a frame below the first that is kept, or as the end of an actor without a head row. */
export class ArchiveWriter {
  private readonly selectHead;
  private readonly selectFirst;
  private readonly insertFrame;
  private readonly setHead;
  private readonly write;

  constructor(
    connection: Connection,
    private readonly ids: ActorIds,
  ) {
    this.selectHead = connection
      .prepare<[number], [number, number]>('SELECT head, epoch FROM ps_actor WHERE id = ?')
      .raw();
    this.selectFirst = connection
      .prepare<[number], number | null>('SELECT min(first_seq) FROM ps_journal WHERE actor = ?')
      .pluck();
    this.insertFrame = connection.prepare(
      'INSERT INTO ps_journal (actor, first_seq, entries, frame) VALUES (?, ?, ?, ?)',
    );
    this.setHead = connection.prepare(
      'UPDATE ps_actor SET head = ?, epoch = ?, writer = ?, schema = ?, status = ? WHERE id = ?',
    );
    this.write = connection.transaction(
      (actor: string, firstSeq: number, count: number, frame: Uint8Array | null, head: HeadTuple | null) =>
        this.put(actor, firstSeq, count, frame, head),
    );
  }

  /** The entries are dense: their frame was made of them. @returns whether they fit */
  restore(actor: string, firstSeq: number, count: number, frame: Uint8Array | null, head: HeadTuple | null): boolean {
    try {
      const fits = this.write.immediate(actor, firstSeq, count, frame, head);
      this.ids.committed();
      return fits;
    } finally {
      this.ids.forget(0); // nothing after a commit
    }
  }

  private put(
    actor: string,
    firstSeq: number,
    count: number,
    frame: Uint8Array | null,
    head: HeadTuple | null,
  ): boolean {
    const known = this.ids.find(actor);
    const [seq, epoch] = (known === undefined ? undefined : this.selectHead.get(known)) ?? [0, 0];
    const standing = {
      headSeq: seq === 0 && epoch === 0 ? null : seq,
      firstKept: known === undefined ? null : (this.selectFirst.get(known) ?? null),
    };
    if (!mayRestore(frame === null ? null : firstSeq + count - 1, head?.[0] ?? null, standing)) return false;
    const id = this.ids.obtain(actor);
    if (frame !== null) this.insertFrame.run(id, firstSeq, count, frame);
    failpoint('restore.midway');
    if (head !== null) this.setHead.run(...head, id);
    return true;
  }
}
