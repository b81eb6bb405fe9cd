import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { type LeaseStorage, type Storage, SystemEnv } from '#spi';
import { type PostgresOptions, PostgresStorage } from '#storage/postgres';
import type { JournalBackend, LeaseBackend } from '#testing/conformance';
import { PostgresCallerDialect } from '../../libs/storage/src/typeorm/postgres-caller-dialect';
import { whyOtherPostgres } from '../../libs/storage/src/typeorm/same-postgres';
import { TypeormCallerTransactions } from '../../libs/storage/src/typeorm/typeorm-caller-transactions';
import type { TestServer } from '../support/servers/test-server';
import { type Shared, transactionsOf } from './backends';

/** A name nobody else has. */
export function freshSchema(): string {
  return `conformance_${new SystemEnv().id().toLowerCase()}`;
}

/** A schema of its own on a server that others use as well. */
export class PostgresSchema {
  readonly schema = freshSchema();
  private client: Promise<Client> | undefined;

  constructor(readonly server: TestServer) {}

  open(options: PostgresOptions = {}): Promise<PostgresStorage> {
    return PostgresStorage.open(this.server.url.href, { schema: this.schema, ...options });
  }

  async query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    this.client ??= new Client({ connectionString: this.server.url.href }).connect().then((client) => client);
    const client = await this.client;
    const { rows } = await client.query<Record<string, unknown>>(sql, values === undefined ? undefined : [...values]);
    return rows;
  }

  async destroy(): Promise<void> {
    await this.query(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`);
    await (await this.client)?.end();
  }
}

export function postgres(server: TestServer): JournalBackend<Storage> & Shared {
  const place = new PostgresSchema(server);
  const transactions = transactionsOf(() =>
    Promise.resolve(new DataSource({ type: 'postgres', url: server.url.href, poolSize: 2 })),
  );
  const made: string[] = [];
  return {
    name: 'postgres',
    expects: { persistent: true, shared: true, rows: true, callerTransactions: true, transact: true },
    tables: {
      query: (sql) => {
        const name = /^CREATE TABLE (\w+)/.exec(sql)?.[1];
        if (name !== undefined) made.push(name);
        return place.query(sql);
      },
      placeholder: (n) => `$${n}`,
      types: { text: 'text', bytes: 'bytea', integer: 'bigint', real: 'double precision' },
    },
    transactions,
    open: async () => {
      const store = await place.open();
      const dialect = new PostgresCallerDialect(store.database, (source) => whyOtherPostgres(source, store));
      store.callerTransactions = new TypeormCallerTransactions(dialect, () => store.database.isOpen);
      return store;
    },
    destroy: async () => {
      await transactions.end();
      for (const name of made) await place.query(`DROP TABLE IF EXISTS ${name}`);
      await place.destroy();
    },
  };
}

export function postgresLeases(server: TestServer): LeaseBackend {
  const place = new PostgresSchema(server);
  const stores = new Map<LeaseStorage, PostgresStorage>();
  return {
    name: 'postgres',
    open: async () => {
      const store = await place.open({ readers: 1 });
      stores.set(store.leases, store);
      return store.leases;
    },
    destroy: async () => {
      await Promise.all([...stores.values()].map((store) => store.close()));
      await place.destroy();
    },
    whileBusy: async (work) => {
      const client = new Client({ connectionString: server.url.href });
      await client.connect();
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${place.schema}.ps_actor, ${place.schema}.ps_inbox IN ACCESS EXCLUSIVE MODE`);
      const waiting = [...stores.values()].flatMap(({ journal, inbox }) => [
        journal.flush([
          {
            kind: 'accept',
            row: { actor: 'a/b/c/d', id: 'm', argsHash: '', message: new Uint8Array(1), attempts: 0, dueAt: 0 },
          },
        ]),
        inbox.nextDue(0),
        journal.head('a/b/c/d'),
      ]);
      try {
        await work();
      } finally {
        await client.query('ROLLBACK');
        await client.end();
        await Promise.all(waiting);
      }
    },
  };
}
