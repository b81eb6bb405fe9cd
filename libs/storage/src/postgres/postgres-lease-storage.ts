import type { Client, QueryConfig } from 'pg';
import { isPlexSpacesError, type LeaseHolder, type LeaseStorage, StoreClosedError, StoreFailedError } from '#spi';
import { isRefusal, messageOf } from './driver';
import type { PostgresDatabase } from './postgres-database';
import { destroy, keepAlive, type Row, rowsOf } from './session';

/** A claim that loses a race to a new row looks again and finds it there. */
const ATTEMPTS = 10;

/**
 * Leases in a Postgres database, by the clock of the server at the moment of each step (`clock_timestamp()`: `now()` is when
 * the transaction began).
 *
 * Owns one connection, made when it is first needed and again after it broke (L5). One step at a time.
 */
export class PostgresLeaseStorage implements LeaseStorage {
  private readonly sql;
  private client: Client | undefined;
  private line: Promise<unknown> = Promise.resolve();
  private isOpen = true;

  constructor(private readonly database: PostgresDatabase) {
    const { lease } = database.tables;
    this.sql = {
      // The row is locked by the conflict before its time is looked at, so that a claim which had to wait judges the present.
      claim: `WITH claimed AS (
          INSERT INTO ${lease} AS l (name, holder, expires_at)
            VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
            ON CONFLICT (name) DO UPDATE
              SET holder = excluded.holder, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
              WHERE l.holder = excluded.holder OR l.expires_at <= clock_timestamp()
            RETURNING holder, expires_at
        ), seen AS (
          SELECT true AS granted, holder, expires_at FROM claimed
          UNION ALL
          SELECT false, holder, expires_at FROM ${lease} WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM claimed)
        )
        SELECT granted, holder, greatest(0, extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 FROM seen`,
      release: `DELETE FROM ${lease} WHERE name = $1 AND holder = $2`,
    };
  }

  async claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder> {
    const { statementTimeoutMs, connectTimeoutMs } = this.database.options;
    // An answer after the TTL is good for nothing: a connection that is silent for so long makes room for another.
    const query_timeout = Math.min(Math.ceil(ttlMs), statementTimeoutMs + connectTimeoutMs);
    const query = { name: 'ps-claim', text: this.sql.claim, values: [name, holder, ttlMs], query_timeout };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [row] = await this.ask(query);
      if (row === undefined) continue;
      const [granted, seen, left] = row as [string, string, string];
      // Not granted, and yet free or ours: what is seen is from before the claim that won.
      if (granted === 't' || (seen !== holder && Number(left) > 0)) return { holder: seen, leftMs: Number(left) };
    }
    throw new StoreFailedError('postgres', `lease ${name} changes hands faster than it can be looked at`);
  }

  async release(name: string, holder: string): Promise<void> {
    await this.ask({ name: 'ps-release', text: this.sql.release, values: [name, holder] });
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      this.isOpen = false;
      await this.line;
      await this.client?.end().catch(() => undefined);
    }
    await this.database.close();
  }

  private ask(query: QueryConfig): Promise<readonly Row[]> {
    if (!this.isOpen) return Promise.reject(new StoreClosedError('postgres'));
    const result = this.line.then(() => this.attempt(query));
    this.line = result.catch(() => undefined);
    return result;
  }

  private async attempt(query: QueryConfig): Promise<readonly Row[]> {
    try {
      this.client ??= await this.connect();
      const { client } = this;
      keepAlive(client, true);
      return await rowsOf(client, query).finally(() => keepAlive(client, false));
    } catch (error) {
      if (isPlexSpacesError(error)) throw error;
      if (!isRefusal(error) && this.client !== undefined) {
        destroy(this.client);
        this.client = undefined;
      }
      throw new StoreFailedError('postgres', messageOf(error), { cause: error });
    }
  }

  private async connect(): Promise<Client> {
    const client = await this.database.connectLease();
    client.once('end', () => {
      if (this.client === client) this.client = undefined;
    });
    return client;
  }
}
