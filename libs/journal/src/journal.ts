import {
  type AppendWrite,
  type CheckpointStorage,
  type Env,
  type Head,
  type HeadRow,
  type JournalStorage,
  type Storage,
  StoreFailedError,
  SystemEnv,
  VersionConflictError,
} from '#spi';
import { type ActorName, labelOf, resolveActor } from './actor-name';
import { type Checkpoint, type Compression, decodeCheckpoint, encodeCheckpoint } from './checkpoint';
import { decodeEntry, encodeEntry } from './entries/entry-codec';
import type { EntryBody, EntryHeader, JournalEntry } from './entries/journal-entry';
import { HistoryTruncatedError, JournalSequenceError, NoCheckpointStoreError, TruncateRefusedError } from './errors';
import { loadCheckpoint } from './load-checkpoint';
import { type PurgeOptions, purgeActor, purgeTerminated } from './retention/purge';
import { type StatePoint, foldAt } from './state-at';

export interface AppendOptions {
  /** Of the message the entry belongs to. Default: ''. */
  readonly correlationId?: string;
}

export interface SaveOptions {
  /** Default: none. */
  readonly compression?: Compression;
  /** How many of the newest are kept. Default: 2. */
  readonly keep?: number;
}

/** Entries in order, read page by page as they are asked for. @publicApi */
export interface Replay extends AsyncIterable<JournalEntry> {
  /** All of them at once. */
  toArray(): Promise<JournalEntry[]>;
}

/** Lost races after which an append gives up. */
const MAX_RACES = 10;

/**
 * Journals as a library, without a runtime: append by hand, look into them, travel in time. It reads beside running
 * actors safely; its appends fence a live activation, which then recovers and goes on behind them.
 * @publicApi
 */
export class Journal {
  private readonly journal: JournalStorage;
  private readonly checkpoints: CheckpointStorage | undefined;
  private readonly writer: string;

  /** @param source a storage, or its journal alone: then there are no checkpoints */
  constructor(
    source: JournalStorage | Pick<Storage, 'journal' | 'checkpoints'>,
    private readonly env: Env = new SystemEnv(),
  ) {
    this.journal = 'journal' in source ? source.journal : source;
    this.checkpoints = 'journal' in source ? source.checkpoints : undefined;
    this.writer = `journal-${env.id()}`;
  }

  /** Appends one entry at the end, wherever that is. @returns the entry as stored. */
  async append(actor: ActorName, body: EntryBody, options: AppendOptions = {}): Promise<JournalEntry> {
    const id = resolveActor(actor);
    for (let races = 0; ; races++) {
      const head = await this.journal.head(id);
      const header = {
        actor: id,
        seq: head.seq + 1,
        id: this.env.id(),
        time: this.env.now(),
        correlationId: options.correlationId ?? '',
      };
      const actual = await this.write(header, body, head);
      if (actual === null) return { ...header, actor: labelOf(actor), ...body };
      if (races === MAX_RACES) throw new VersionConflictError(id, head, actual);
    }
  }

  /** Appends an entry that states its own place (JR01). @throws JournalSequenceError unless that is the next one. */
  async appendEntry(entry: JournalEntry): Promise<void> {
    const id = resolveActor(entry.actor);
    const head = await this.journal.head(id);
    if (entry.seq !== head.seq + 1) throw new JournalSequenceError(id, entry.seq, head.seq + 1);
    const actual = await this.write({ ...entry, actor: id }, entry, head);
    if (actual !== null) throw new JournalSequenceError(id, entry.seq, actual.seq + 1);
  }

  /**
   * Entries with `fromSeq <= seq <= throughSeq`; none for an unknown actor. From 0 or 1 it begins where the journal does.
   * @throws HistoryTruncatedError when reading, where a later `fromSeq` is asked for than the journal keeps
   */
  replayFrom(actor: ActorName, fromSeq: number, throughSeq?: number): Replay {
    const id = resolveActor(actor);
    const label = labelOf(actor);
    const { journal } = this;
    const entries = async function* (): AsyncGenerator<JournalEntry> {
      let next = fromSeq <= 1 ? null : fromSeq;
      for await (const page of journal.read(id, Math.max(0, fromSeq - 1), throughSeq)) {
        for (const record of page) {
          if (record.seq !== (next ?? record.seq)) throw new HistoryTruncatedError(id, `entry ${next}`);
          next = record.seq + 1;
          yield { ...decodeEntry(id, record), actor: label };
        }
      }
      const isMissed = fromSeq > 1 && next === fromSeq && fromSeq <= (throughSeq ?? Infinity);
      if (isMissed && fromSeq <= (await journal.head(id)).seq) throw new HistoryTruncatedError(id, `entry ${fromSeq}`);
    };
    const toArray = async (): Promise<JournalEntry[]> => {
      const all: JournalEntry[] = [];
      for await (const entry of entries()) all.push(entry);
      return all;
    };
    return { [Symbol.asyncIterator]: entries, toArray };
  }

  /** The newest readable checkpoint, or `null`. */
  async getLatestCheckpoint(actor: ActorName): Promise<Checkpoint | null> {
    const id = resolveActor(actor);
    const { seq } = await this.journal.head(id);
    const checkpoint = await loadCheckpoint(this.storage(), id, seq);
    return checkpoint === null ? null : { ...checkpoint, actor: labelOf(actor) };
  }

  /** The journal must reach `checkpoint.seq` already. @throws JournalSequenceError if it does not */
  async saveCheckpoint(checkpoint: Checkpoint, options: SaveOptions = {}): Promise<void> {
    if (this.checkpoints === undefined) throw new NoCheckpointStoreError(this.journal.name);
    const id = resolveActor(checkpoint.actor);
    const { seq } = await this.journal.head(id);
    if (checkpoint.seq > seq) throw new JournalSequenceError(id, checkpoint.seq, seq);
    const record = await encodeCheckpoint({ ...checkpoint, actor: id }, options.compression ?? 'none');
    await this.checkpoints.save(record, options.keep ?? 2);
  }

  /** The state after entry `seq`, or as of a time, decoded: slot by name. Writes nothing; `{}` for an unknown actor. */
  async stateAt(actor: ActorName, point: StatePoint): Promise<Record<string, unknown>> {
    const fold = await foldAt(this.storage(), resolveActor(actor), point);
    return fold.image.toObject();
  }

  /** Forgets entries up to `throughSeq`. @throws TruncateRefusedError beyond the oldest checkpoint kept */
  async truncate(actor: ActorName, throughSeq: number): Promise<void> {
    const id = resolveActor(actor);
    const { checkpoints } = this.storage();
    const oldestSeq = (await checkpoints.list(id)).at(-1) ?? null;
    if (oldestSeq === null || throughSeq > oldestSeq) throw new TruncateRefusedError(id, throughSeq, oldestSeq);
    const oldest = await checkpoints.latest(id, oldestSeq);
    if (oldest === null) {
      if ((await checkpoints.list(id)).includes(oldestSeq)) throw new TruncateRefusedError(id, throughSeq, null);
      return this.truncate(id, throughSeq); // pruned between the two: there are newer ones
    }
    await decodeCheckpoint(oldest); // what is about to carry all that history must be readable
    await this.journal.truncate(id, throughSeq);
  }

  /**
   * Forgets a terminated actor: its entries, checkpoints and ended messages. The head row stays, so its id is never used again.
   * @throws PurgeRefusedError, NoCheckpointStoreError
   */
  async purge(actor: ActorName): Promise<void> {
    await purgeActor(this.whole(), resolveActor(actor));
  }

  /** {@link purge} for many. @returns how many. @throws InvalidDurationError, NoCheckpointStoreError */
  async purgeTerminated(options: PurgeOptions = {}): Promise<number> {
    return purgeTerminated(this.whole(), this.env.now(), options);
  }

  private whole(): Pick<Storage, 'journal' | 'checkpoints'> {
    if (this.checkpoints === undefined) throw new NoCheckpointStoreError(this.journal.name);
    return { journal: this.journal, checkpoints: this.checkpoints };
  }

  private storage(): Pick<Storage, 'journal' | 'checkpoints'> {
    return { journal: this.journal, checkpoints: this.checkpoints ?? NO_CHECKPOINTS };
  }

  /** @returns `null` when it is stored, else where the head stands instead. */
  private async write(header: EntryHeader, body: EntryBody, head: HeadRow): Promise<Head | null> {
    const write: AppendWrite = {
      kind: 'append',
      actor: header.actor,
      expected: { seq: head.seq, epoch: head.epoch },
      epoch: Math.max(1, head.epoch),
      writer: this.writer,
      schema: head.schema,
      status: head.status === 'terminated' ? 'terminated' : 'live',
      entries: [encodeEntry(header, body, header.seq)],
      inbox: [],
      sends: [],
    };
    const [outcome] = await this.journal.flush([write]);
    if (outcome?.kind === 'committed') return null;
    if (outcome?.kind === 'conflict') return outcome.actual;
    throw new StoreFailedError(this.journal.name, outcome?.kind === 'failed' ? outcome.reason : 'it gave no outcome');
  }
}

/** Stands in where only a journal was given. */
const NO_CHECKPOINTS: CheckpointStorage = {
  name: 'none',
  save: () => Promise.resolve(),
  latest: () => Promise.resolve(null),
  list: () => Promise.resolve([]),
  purge: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
