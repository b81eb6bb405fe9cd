import { failpoint } from '#spi';
import { ACTOR_STATUSES } from '../sqlite/protocol';
import { whyIdRefused } from '../write-rules';
import type { PostgresDatabase } from './postgres-database';
import { type Row, rowsOf } from './session';
import { runTransaction } from './transaction';

const TERMINATED = ACTOR_STATUSES.indexOf('terminated');

/**
 * Forgets terminated actors but for their head rows (J13), all of them in one step.
 *
 * Their heads are locked first, in the order of their numbers as everywhere: nothing is appended meanwhile, nor are their
 * ended messages changed. Actors that are not terminated are not even waited for. A truncation takes no such lock: one that is
 * waited for has put the end of a frame back, which only the next statement sees. One that comes later has to begin again.
 */
export async function purgeActors(database: PostgresDatabase, actors: readonly string[]): Promise<readonly boolean[]> {
  const { actor, journal, inbox } = database.tables;
  // The driver would turn an impossible id into that of another actor.
  const names = actors.filter((name) => whyIdRefused(name) === null);
  const gone = await runTransaction(database, async (client) => {
    const heads = await rowsOf(client, {
      text: `SELECT id, name FROM ${actor} WHERE name = ANY ($1::text[]) AND status = ${TERMINATED}
        ORDER BY id FOR NO KEY UPDATE`,
      values: [names],
    });
    if (heads.length === 0) return new Set();
    const values = [heads.map(([id]) => id)];
    const whose = 'actor = ANY ($1::bigint[])';
    let left: readonly Row[];
    do {
      await rowsOf(client, { text: `DELETE FROM ${journal} WHERE ${whose}`, values });
      left = await rowsOf(client, { text: `SELECT 1 FROM ${journal} WHERE ${whose} LIMIT 1`, values });
    } while (left.length > 0);
    failpoint('purge.midway');
    // One scan for all of them: answered rows have no index by actor, which every commit would have to keep.
    await rowsOf(client, { text: `DELETE FROM ${inbox} WHERE state >= 2 AND ${whose}`, values });
    return new Set(heads.map(([, name]) => name));
  });
  return actors.map((name) => gone.has(name));
}
