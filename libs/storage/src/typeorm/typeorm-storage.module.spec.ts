import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { type NewInboxRow, type Storage, STORAGE } from '#spi';
import { SqliteStorage } from '../sqlite';
import { SCHEMA_VERSION } from '../sqlite/schema';
import { sqliteDataSourceOptions } from './sqlite-migrations';
import { TypeormStorageModule } from './typeorm-storage.module';

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-'));
let files = 0;
const freshPath = (): string => join(folder, `${++files}`, 'deep', 'journal.db');

afterAll(() => rmSync(folder, { recursive: true }));

const row: NewInboxRow = {
  actor: 'a',
  id: 'm',
  argsHash: '',
  message: new Uint8Array(3),
  attempts: 0,
  dueAt: 1,
};

async function boot(path: string) {
  const module = await Test.createTestingModule({ imports: [TypeormStorageModule.sqlite(path)] }).compile();
  await module.init();
  return { storage: module.get<Storage>(STORAGE, { strict: false }), close: () => module.close() };
}

async function query<T>(path: string, sql: string): Promise<T[]> {
  const dataSource = await new DataSource({ ...sqliteDataSourceOptions(path), migrations: [] }).initialize();
  try {
    return await dataSource.query(sql);
  } finally {
    await dataSource.destroy();
  }
}

describe('TypeormStorageModule.sqlite', () => {
  it('opens a store while Nest boots and closes it on shutdown, twice without harm', async () => {
    const { storage, close } = await boot(freshPath());
    await expect(storage.journal.flush([{ kind: 'accept', row }])).resolves.toEqual([{ kind: 'accepted' }]);
    await close();
    await close();
    await expect(storage.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
  });

  it('finds what an earlier start wrote', async () => {
    const path = freshPath();
    const first = await boot(path);
    await first.storage.journal.flush([{ kind: 'accept', row }]);
    await first.close();
    const second = await boot(path);
    await expect(second.storage.inbox.pending('a')).resolves.toHaveLength(1);
    await second.close();
  });

  it('also serves :memory:', async () => {
    const { storage, close } = await boot(':memory:');
    await storage.journal.flush([{ kind: 'accept', row }]);
    await expect(storage.inbox.pending('a')).resolves.toHaveLength(1);
    await close();
  });

  it('stops the start with a remedy when the path cannot be used', async () => {
    const path = freshPath();
    const { close } = await boot(path);
    await expect(boot(join(path, 'below-a-file.db'))).rejects.toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    await close();
  });

  it('records its migrations where TypeORM does, once, also on a file the store made by itself', async () => {
    const [made, migrated] = [freshPath(), freshPath()];
    await (await SqliteStorage.open(made)).close();
    for (const path of [made, migrated]) {
      for (let start = 0; start < 2; start++) await (await boot(path)).close();
      const migrations = await query(path, 'SELECT name FROM ps_migrations');
      expect(migrations).toHaveLength(SCHEMA_VERSION);
    }
  });

  it('describes to TypeORM exactly the tables that are there', async () => {
    const path = freshPath();
    await (await boot(path)).close();
    const dataSource = await new DataSource(sqliteDataSourceOptions(path)).initialize();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query: sql }) => sql)).toEqual([]);
  });

  it('makes the same tables with TypeORM as without', async () => {
    const [made, migrated] = [freshPath(), freshPath()];
    await (await SqliteStorage.open(made)).close();
    await (await boot(migrated)).close();
    const tables = (path: string) =>
      query(
        path,
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'ps_migrations%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      );
    expect(await tables(migrated)).toEqual(await tables(made));
  });
});
