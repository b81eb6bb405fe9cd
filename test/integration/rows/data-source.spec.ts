import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { TypeormStorageModule, type TypeormSqliteOptions } from 'plexspaces/typeorm';
import { DataSource } from 'typeorm';
import { Seller, Shop, Stock, dataSourceOn, folder, freshPath, removeFolder } from './shop';

// Which DataSource the entities of ctx.rows come from, and how the application says so.

afterAll(removeFolder);

async function open(
  path: string,
  options: TypeormSqliteOptions,
  ...imports: DynamicModule[]
): Promise<() => Promise<void>> {
  const storage = TypeormStorageModule.sqlite(path, { durability: 'relaxed', ...options });
  const module = await Test.createTestingModule({ imports: [...imports, storage] }).compile();
  try {
    await module.init();
    const { rows } = module.get<Storage>(STORAGE, { strict: false });
    const request = { operation: 'delete', entity: Stock, criteria: { sku: 'a' } } as const;
    expect(rows?.compile(request, null, () => '').sql).toContain('DELETE FROM "stock"');
    return () => module.close();
  } catch (error) {
    await module.close();
    throw error;
  }
}

class DatabaseModule {}

/** As @nestjs/typeorm provides it, for everybody or for who imports it. */
function providing(dataSource: DataSource, token: unknown, isGlobal: boolean): DynamicModule {
  Module({})(DatabaseModule);
  const useFactory = (): Promise<DataSource> => dataSource.initialize();
  return {
    module: DatabaseModule,
    global: isGlobal,
    providers: [{ provide: token as string, useFactory }],
    exports: [token as string],
  };
}

describe('TypeormStorageModule.sqlite(path, { dataSource })', () => {
  it('takes a DataSource', async () => {
    const path = freshPath();
    const dataSource = await dataSourceOn(path).initialize();
    await (
      await open(path, { dataSource })
    )();
    expect(dataSource.isInitialized).toBe(true); // it is not ours to destroy
    await dataSource.destroy();
  });

  it('takes its token: of a global module, of one that is imported, by class or by name', async () => {
    for (const [token, isGlobal] of [
      [DataSource, true],
      [DataSource, false],
      ['ordersDataSource', true],
    ] as const) {
      const path = freshPath();
      const dataSource = dataSourceOn(path);
      const provider = providing(dataSource, token, isGlobal);
      const close = isGlobal
        ? await open(path, { dataSource: token }, provider)
        : await open(path, { dataSource: token, imports: [provider] });
      await close();
      await dataSource.destroy();
    }
  });

  it('knows the file by whatever way leads to it', async () => {
    const path = freshPath();
    const dataSource = await dataSourceOn(path).initialize();
    const link = join(folder, 'link.db');
    symlinkSync(path, link);
    await (
      await open(link, { dataSource })
    )();
    await dataSource.destroy();
  });

  it.each<[string, (path: string) => unknown, RegExp]>([
    ['another file', () => dataSourceOn(freshPath()), /The DataSource is on .*\.db, but ctx\.rows writes/],
    ['memory', () => new DataSource({ type: 'better-sqlite3', database: ':memory:' }), /is on :memory:, but/],
    [
      'another kind',
      (path) => Object.assign(dataSourceOn(path), { options: { type: 'postgres' } }),
      /is of type postgres, but/,
    ],
    [
      'dropSchema',
      (database) => new DataSource({ type: 'better-sqlite3', database, dropSchema: true }),
      /has dropSchema: true, which would drop the journal/,
    ],
    ['an object that is none', () => ({ database: 'x' }), /is no DataSource of TypeORM/],
    ['null', () => null, /is no DataSource of TypeORM/],
  ])('stops the start for %s, and leaves the file to who comes next', async (_, make, message) => {
    const path = freshPath();
    await expect(open(path, { dataSource: make(path) as DataSource })).rejects.toMatchObject({
      code: 'PS_ROWS_DATABASE',
      message: expect.stringMatching(message) as string,
    });
    const dataSource = await dataSourceOn(path).initialize();
    await (
      await open(path, { dataSource })
    )();
    await dataSource.destroy();
  });

  it("stops the start for ':memory:', which no DataSource can share", async () => {
    const dataSource = new DataSource({ type: 'better-sqlite3', database: ':memory:' });
    await expect(open(':memory:', { dataSource })).rejects.toMatchObject({ code: 'PS_ROWS_DATABASE' });
  });

  it('leaves the journal alone when the application synchronizes its schema on the same file', async () => {
    const path = freshPath();
    for (let start = 1; start <= 2; start++) {
      const shop = await Shop.open(path);
      await expect(shop.ref(Seller).ask.bump()).resolves.toBe(start);
      await shop.dataSource.synchronize();
      await expect(shop.ref(Seller).ask.total()).resolves.toBe(start);
      await shop.close();
    }
  });
});
