import type { PoolClient } from 'pg';
import { failpoint } from '#spi';
import { offsetAfter } from '../sqlite/frame';
import { isTransient, leavesConnection } from './driver';
import type { PostgresDatabase } from './postgres-database';
import { rowsOf } from './session';
import { hexBytes, numberOf } from './stored-rows';

const ATTEMPTS = 10;

/**
 * Forgets the beginning of a journal; the frame in which the cut lies is written again without its beginning. Of two cuts at
 * once the later one deletes what the earlier one did, so repeatable read makes one of them begin again.
 */
export async function truncateJournal(database: PostgresDatabase, actor: string, throughSeq: number): Promise<void> {
  const through = Math.min(throughSeq, Number.MAX_SAFE_INTEGER);
  failpoint('truncate.before');
  await database.use(async (client) => {
    for (let attempt = 1; ; attempt++) {
      try {
        await cut(client, database, actor, through);
        return;
      } catch (error) {
        if (!isTransient(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  });
  failpoint('truncate.after');
}

async function cut(client: PoolClient, { tables }: PostgresDatabase, actor: string, throughSeq: number): Promise<void> {
  const { journal } = tables;
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  try {
    const [straddling] = await rowsOf(client, {
      text: `SELECT actor, first_seq, entries, frame FROM ${journal}
        WHERE actor = (SELECT id FROM ${tables.actor} WHERE name = $1) AND first_seq <= $2 ORDER BY first_seq DESC LIMIT 1`,
      values: [actor, throughSeq],
    });
    if (straddling !== undefined) {
      const [id, first, entries, frame] = straddling as [string, string, string, string];
      const [count, gone] = [numberOf(entries), throughSeq - numberOf(first) + 1];
      await rowsOf(client, {
        text: `DELETE FROM ${journal} WHERE actor = $1 AND first_seq <= $2`,
        values: [id, throughSeq],
      });
      failpoint('truncate.midway');
      if (gone < count) {
        const bytes = hexBytes(frame);
        await rowsOf(client, {
          text: `INSERT INTO ${journal} (actor, first_seq, entries, frame) VALUES ($1, $2, $3, $4)`,
          values: [id, throughSeq + 1, count - gone, bytes.subarray(offsetAfter(bytes, gone))],
        });
      }
    }
    await client.query('COMMIT');
  } catch (error) {
    if (leavesConnection(error)) await client.query('ROLLBACK');
    throw error;
  }
}
