import {
  CorruptRecordError,
  type EntryRecord,
  type HeadRow,
  type JournalStorage,
  type Outcome,
  type Write,
} from '#spi';
import { splitFrame } from '../sqlite/frame';
import { ACTOR_STATUSES } from '../sqlite/protocol';
import { whyRefused } from '../write-rules';
import { JournalWriter } from './flush/journal-writer';
import { PackedWrites } from './flush/packed-writes';
import { Gathered } from './gathered';
import { JournalPages, type Page } from './journal-pages';
import type { PostgresDatabase } from './postgres-database';
import { purgeActors } from './purge';
import { restoreEntries } from './restore';
import { numberOf } from './stored-rows';
import { truncateJournal } from './truncate';
import { utf8After } from './utf8-order';

const NO_HEAD: HeadRow = Object.freeze({ seq: 0, epoch: 0, writer: '', schema: 0, status: 'absent' });

/** Journals in a Postgres database, which any number of nodes may have open. */
export class PostgresJournalStorage implements JournalStorage {
  readonly name = 'postgres';
  readonly capabilities = {
    persistent: true,
    shared: true,
    rows: true,
    callerTransactions: true,
    transact: true,
  } as const;
  private readonly writer: JournalWriter;
  private readonly pages: JournalPages;
  private readonly heads: Gathered;
  private readonly sql;

  constructor(private readonly database: PostgresDatabase) {
    this.writer = new JournalWriter(database);
    this.pages = new JournalPages(database);
    const { actor } = database.tables;
    const head = 'head, epoch, writer, schema, status';
    this.heads = new Gathered(database, {
      name: 'ps-head',
      one: `SELECT ${head} FROM ${actor} WHERE name = $1`,
      many: `SELECT n.place, a.* FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
        CROSS JOIN LATERAL (SELECT ${head} FROM ${actor} WHERE name = n.name OFFSET 0) a`,
    });
    this.sql = {
      actors: `SELECT name FROM ${actor} WHERE name > $1 AND name >= $2 AND ($3::text IS NULL OR name < $3) AND status <> 0
        ORDER BY name LIMIT $4`,
    };
  }

  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.database.check();
    const refusals = writes.map((write) => whyRefused(write, this.capabilities.rows));
    const sent = writes.filter((_, i) => refusals[i] === null);
    // Packed before the first await: the caller may reuse its buffers (J9).
    const outcomes = sent.length === 0 ? [] : await this.writer.flush(new PackedWrites(sent));
    let next = 0;
    return writes.map((_, i): Outcome => {
      const reason = refusals[i];
      return typeof reason === 'string' ? { kind: 'failed', reason } : (outcomes[next++] as Outcome);
    });
  }

  async head(actor: string): Promise<HeadRow> {
    const [row] = await this.heads.rows(actor);
    if (row === undefined) return NO_HEAD;
    const [seq, epoch, writer, schema, status] = row as readonly string[];
    return {
      seq: numberOf(seq as string),
      epoch: numberOf(epoch as string),
      writer: writer as string,
      schema: Number(schema),
      status: ACTOR_STATUSES[Number(status)] ?? 'absent',
    };
  }

  async *read(
    actor: string,
    afterSeq: number,
    throughSeq = Number.MAX_SAFE_INTEGER,
  ): AsyncGenerator<readonly EntryRecord[]> {
    const through = Math.min(throughSeq, Number.MAX_SAFE_INTEGER);
    let next: Promise<Page> | null = this.page(actor, afterSeq, through);
    for (let after = afterSeq; next !== null;) {
      const { frames, isLast }: Page = await next;
      const entries: EntryRecord[] = [];
      for (const { firstSeq, count, bytes } of frames) {
        const damage = splitFrame(bytes, firstSeq, count, { afterSeq: after, throughSeq: through }, entries);
        if (damage !== null) throw new CorruptRecordError(actor, `The journal frame at seq ${firstSeq}`, damage);
      }
      const last = frames.at(-1);
      after = last === undefined ? after : Math.max(after, last.firstSeq + last.count - 1);
      next = isLast ? null : this.page(actor, after, through); // fetched while the caller looks at this one
      if (entries.length > 0) yield entries;
    }
  }

  async truncate(actor: string, throughSeq: number): Promise<void> {
    this.database.check();
    await truncateJournal(this.database, actor, throughSeq);
  }

  async purge(actors: readonly string[]): Promise<readonly boolean[]> {
    return purgeActors(this.database, actors);
  }

  async restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    this.database.check();
    return restoreEntries(this.database, actor, entries, head);
  }

  async actors(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    const values = [after, prefix, utf8After(prefix), limit];
    const rows = await this.database.query({ name: 'ps-actors', text: this.sql.actors, values });
    return rows.map(([name]) => name as string);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private page(actor: string, afterSeq: number, throughSeq: number): Promise<Page> {
    const page = this.pages.read(actor, afterSeq, throughSeq);
    page.catch(() => undefined); // the caller may have left the loop, and never ask
    return page;
  }
}
