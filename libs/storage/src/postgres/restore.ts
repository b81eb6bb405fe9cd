import type { PoolClient } from 'pg';
import { type EntryRecord, type HeadRow, StoreFailedError, failpoint } from '#spi';
import { areDense, mayRestore } from '../restore-rules';
import { joinEntries } from '../sqlite/frame';
import { ACTOR_STATUSES } from '../sqlite/protocol';
import { whyIdRefused } from '../write-rules';
import type { PostgresDatabase } from './postgres-database';
import { rowsOf } from './session';
import { numberOf } from './stored-rows';
import type { Tables } from './tables';
import { runTransaction } from './transaction';

interface Archived {
  readonly actor: string;
  readonly firstSeq: number;
  /** `null` where there are no entries. */
  readonly lastSeq: number | null;
  readonly frame: Uint8Array;
  readonly head: HeadRow | null;
}

const NOBODY = { headSeq: null, firstKept: null } as const;

/** Puts archived entries back (J14): a frame below the first that is kept, or as the end of an actor without a head row. */
export async function restoreEntries(
  database: PostgresDatabase,
  actor: string,
  entries: readonly EntryRecord[],
  head: HeadRow | null,
): Promise<boolean> {
  if (whyIdRefused(actor) !== null || !areDense(entries)) return false;
  const lastSeq = entries.at(-1)?.seq ?? null;
  // Asked before a head row is made for them.
  if (head !== null && !mayRestore(lastSeq, head.seq, NOBODY)) return false;
  // Joined before the first await: the caller may reuse its buffers (J9).
  const archived = { actor, firstSeq: entries[0]?.seq ?? 0, lastSeq, frame: joinEntries(entries), head };
  return runTransaction(database, async (client, inDoubt) => {
    const fits = await put(client, database.tables, archived);
    if (!fits && inDoubt)
      throw new StoreFailedError('postgres', `the connection broke while ${actor} was restored, which may be stored`);
    return fits;
  });
}

async function put(client: PoolClient, tables: Tables, archived: Archived): Promise<boolean> {
  const { actor, firstSeq, lastSeq, frame, head } = archived;
  const place = await lockHead(client, tables, actor, head !== null);
  if (place === null) return false;
  const { id, headSeq } = place;
  let firstKept: number | null;
  do {
    firstKept = await firstOf(client, tables, id);
    if (!mayRestore(lastSeq, head?.seq ?? null, { headSeq, firstKept })) return false;
  } while (firstKept !== null && !(await pin(client, tables, id, firstKept)));
  if (lastSeq !== null)
    await rowsOf(client, {
      text: `INSERT INTO ${tables.journal} (actor, first_seq, entries, frame) VALUES ($1, $2, $3, $4)`,
      values: [id, firstSeq, lastSeq - firstSeq + 1, frame],
    });
  failpoint('restore.midway');
  if (head !== null)
    await rowsOf(client, {
      text: `UPDATE ${tables.actor} SET head = $2, epoch = $3, writer = $4, schema = $5, status = $6 WHERE id = $1`,
      values: [id, head.seq, head.epoch, head.writer, head.schema, ACTOR_STATUSES.indexOf(head.status)],
    });
  return true;
}

/** Nobody appends, restores or purges meanwhile. @returns `null` where there is no such row, and none is to be made */
async function lockHead(
  client: PoolClient,
  { actor }: Tables,
  name: string,
  isToMake: boolean,
): Promise<{ readonly id: string; readonly headSeq: number | null } | null> {
  if (isToMake)
    await rowsOf(client, {
      text: `INSERT INTO ${actor} (name, head, epoch, writer, schema, status) VALUES ($1, 0, 0, '', 0, 0)
        ON CONFLICT (name) DO NOTHING`,
      values: [name],
    });
  const [row] = await rowsOf(client, {
    text: `SELECT id, head, epoch FROM ${actor} WHERE name = $1 FOR NO KEY UPDATE`,
    values: [name],
  });
  if (row === undefined) return null;
  const [id, seq, epoch] = row as [string, string, string];
  // Nobody has appended where there is a row only because a message waits.
  return { id, headSeq: seq === '0' && epoch === '0' ? null : numberOf(seq) };
}

async function firstOf(client: PoolClient, { journal }: Tables, id: string): Promise<number | null> {
  const [row] = await rowsOf(client, {
    text: `SELECT min(first_seq) FROM ${journal} WHERE actor = $1`,
    values: [id],
  });
  return row?.[0] == null ? null : numberOf(row[0]);
}

/**
 * Writes the first frame again as it is. A truncation takes no lock on the head, so that it holds up no commit; one that is
 * about to cut this frame has now to begin again, and one that has cut it already is seen here.
 * @returns whether the frame is still there
 */
async function pin(client: PoolClient, { journal }: Tables, id: string, firstSeq: number): Promise<boolean> {
  const rows = await rowsOf(client, {
    text: `UPDATE ${journal} SET entries = entries WHERE actor = $1 AND first_seq = $2 RETURNING 1`,
    values: [id, firstSeq],
  });
  return rows.length > 0;
}
