import { failpoint } from '#spi';
import type { ActorIds } from './actor-ids';
import type { Connection } from './driver';
import { offsetAfter } from './frame';
import { ACTOR_STATUSES } from './protocol';
import type { FrameTuple } from './sqlite-reader';

const TERMINATED = ACTOR_STATUSES.indexOf('terminated');

/** What makes the file smaller: forgetting journal entries and ended messages. */
export class Housekeeping {
  private readonly selectStraddling;
  private readonly insertFrame;
  private readonly deleteFrames;
  private readonly deleteEnded;
  private readonly forget;
  private readonly selectStatus;
  private readonly deleteJournal;
  private readonly deleteRows;
  private readonly clear;

  constructor(
    connection: Connection,
    private readonly ids: ActorIds,
  ) {
    this.selectStraddling = connection
      .prepare<[number, number, number], FrameTuple>(
        `SELECT first_seq, entries, frame FROM ps_journal
           WHERE actor = ? AND first_seq = (SELECT max(first_seq) FROM ps_journal WHERE actor = ? AND first_seq <= ?)`,
      )
      .raw();
    this.insertFrame = connection.prepare(
      'INSERT INTO ps_journal (actor, first_seq, entries, frame) VALUES (?, ?, ?, ?)',
    );
    this.deleteFrames = connection.prepare('DELETE FROM ps_journal WHERE actor = ? AND first_seq <= ?');
    this.deleteEnded = connection.prepare(
      'DELETE FROM ps_inbox WHERE position IN (SELECT position FROM ps_inbox WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
    );
    this.forget = connection.transaction((id: number, throughSeq: number) => this.cut(id, throughSeq));
    this.selectStatus = connection.prepare<[number], number>('SELECT status FROM ps_actor WHERE id = ?').pluck();
    this.deleteJournal = connection.prepare('DELETE FROM ps_journal WHERE actor = ?');
    // One pass over an index for all of them: ended rows have none by actor, which every commit would have to keep.
    this.deleteRows = connection.prepare(
      `DELETE FROM ps_inbox WHERE due_at IS NULL AND position IN
         (SELECT position FROM ps_inbox INDEXED BY ps_inbox_id WHERE actor IN (SELECT value FROM json_each(?)))`,
    );
    this.clear = connection.transaction((actors: readonly string[]) => this.clearTerminated(actors));
  }

  truncate(actor: string, throughSeq: number): void {
    const id = this.ids.find(actor);
    if (id === undefined) return;
    failpoint('truncate.before');
    this.forget.immediate(id, throughSeq);
    failpoint('truncate.after');
  }

  /** J13. */
  purge(actors: readonly string[]): readonly boolean[] {
    return this.clear.immediate(actors);
  }

  sweep(nowMs: number, limit: number): number {
    return this.deleteEnded.run(nowMs, limit).changes;
  }

  private clearTerminated(actors: readonly string[]): readonly boolean[] {
    const ids = actors.map((actor) => this.ids.find(actor));
    const gone = ids.filter((id): id is number => id !== undefined && this.selectStatus.get(id) === TERMINATED);
    for (const id of gone) this.deleteJournal.run(id);
    failpoint('purge.midway');
    if (gone.length > 0) this.deleteRows.run(JSON.stringify(gone));
    return ids.map((id) => id !== undefined && gone.includes(id));
  }

  /** The frame in which the cut lies is written again without its beginning. */
  private cut(id: number, throughSeq: number): void {
    const straddling = this.selectStraddling.get(id, id, throughSeq);
    if (straddling === undefined) return;
    const [firstSeq, count, frame] = straddling;
    const gone = throughSeq - firstSeq + 1;
    this.deleteFrames.run(id, throughSeq);
    failpoint('truncate.midway');
    if (gone < count) this.insertFrame.run(id, throughSeq + 1, count - gone, frame.subarray(offsetAfter(frame, gone)));
  }
}
