import { ActorIds } from './actor-ids';
import { ArchiveWriter } from './archive-writer';
import { CheckpointTable } from './checkpoint-table';
import { type Connection, isAboutOneRow, isBusy } from './driver';
import { Housekeeping } from './housekeeping';
import { type HeadTuple, Op, type Request, type WriteTuple } from './protocol';
import { SqliteJournalWriter } from './sqlite-journal-writer';
import { SqliteReader } from './sqlite-reader';

/** One connection with everything prepared on it: answers requests one after another. */
export class Database {
  /** After an error of the file rather than of a row: what the connection holds in memory is not to be trusted. */
  isSuspect = false;
  private readonly writer: SqliteJournalWriter;
  private readonly reader: SqliteReader;
  private readonly checkpoints: CheckpointTable;
  private readonly housekeeping: Housekeeping;
  private readonly archive: ArchiveWriter;

  constructor(private readonly connection: Connection) {
    const ids = new ActorIds(connection);
    this.writer = new SqliteJournalWriter(connection, ids);
    this.reader = new SqliteReader(connection, ids);
    this.checkpoints = new CheckpointTable(connection, ids);
    this.housekeeping = new Housekeeping(connection, ids);
    this.archive = new ArchiveWriter(connection, ids);
  }

  handle(request: Request): unknown {
    try {
      return this.answer(request);
    } catch (error) {
      if (!isAboutOneRow(error) && !isBusy(error)) this.isSuspect = true;
      throw error;
    }
  }

  close(): void {
    this.connection.close();
  }

  private answer([op, a, b, c, d, e]: Request): unknown {
    const text = a as string;
    switch (op) {
      case Op.Flush:
        return this.writer.flush(a as readonly WriteTuple[]);
      case Op.Head:
        return this.reader.head(text);
      case Op.Read:
        return this.reader.read(text, b as number, c as number);
      case Op.Truncate:
        this.housekeeping.truncate(text, b as number);
        return null;
      case Op.Purge:
        return this.housekeeping.purge(a as readonly string[]);
      case Op.Restore:
        return this.archive.restore(text, b as number, c as number, d as Uint8Array | null, e as HeadTuple | null);
      case Op.Actors:
        return this.reader.actors(text, b as string, c as number);
      case Op.Find:
        return this.reader.find(text, b as string);
      case Op.Pending:
        return this.reader.pending(text);
      case Op.Parked:
        return this.reader.parked(text);
      case Op.ActorsParked:
        return this.reader.actorsParked(text, b as string, c as number);
      case Op.Done:
        return this.reader.done(text, b as string, c as number);
      case Op.Due:
        return this.reader.due(a as number, b as number);
      case Op.NextDue:
        return this.reader.nextDue(a as number);
      case Op.Sweep:
        return this.housekeeping.sweep(a as number, b as number);
      case Op.SaveCheckpoint:
        this.checkpoints.save(text, b as number, c as number, d as Uint8Array, e as number);
        return null;
      case Op.LatestCheckpoint:
        return this.checkpoints.latest(text, b as number);
      case Op.ListCheckpoints:
        return this.checkpoints.list(text);
      case Op.PurgeCheckpoints:
        this.checkpoints.purge(text);
        return null;
      default:
        throw new Error(`unknown request ${op}`);
    }
  }
}
