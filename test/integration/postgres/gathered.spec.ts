import type { QueryConfig } from 'pg';
import { PostgresStorage } from '#storage/postgres';
import { PostgresDatabase } from '../../../libs/storage/src/postgres/postgres-database';
import { Gathered } from '../../../libs/storage/src/postgres/gathered';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';

const server = postgresServer();

describeWith(server, 'questions that are asked together', (found) => {
  let database: PostgresDatabase;
  let asked: string[];
  let heads: Gathered;

  beforeAll(async () => {
    database = await PostgresDatabase.open(found.url.href, { schema: 'plexspaces_gathered', durability: 'relaxed' });
  });
  afterAll(async () => {
    await database.use(async (client) => {
      await client.query('DROP SCHEMA plexspaces_gathered CASCADE');
    });
    await database.close();
  });

  beforeEach(() => {
    asked = [];
    const watched = Object.create(database, {
      query: {
        value: (query: QueryConfig) => {
          asked.push(query.name ?? '');
          return database.query(query);
        },
      },
    }) as PostgresDatabase;
    heads = new Gathered(watched, {
      name: 'test',
      one: 'SELECT upper($1::text) WHERE $1 <> $2::text',
      many: `SELECT n.place, upper(n.a) FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n (a, b, place)
        WHERE n.a <> n.b AND 1 / length(n.a) >= 0`,
    });
  });

  it('gives each its own rows, in one question for those of a step and one for those that come meanwhile (G1)', async () => {
    const first = ['a', 'b', 'none', 'a"\\{},é', 'a'].map((key) => heads.rows(key, 'none'));
    const later = new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
      Promise.all(['c', 'd'].map((key) => heads.rows(key, 'none'))),
    );
    expect(await Promise.all(first)).toEqual([[['A']], [['B']], [], [['A"\\{},É']], [['A']]]);
    expect(await later).toEqual([[['C']], [['D']]]);
    expect(asked).toEqual(['tests', 'tests']);
    expect(await heads.rows('e', 'none')).toEqual([['E']]);
    expect(asked).toEqual(['tests', 'tests', 'test']);
  });

  it('a key that the server does not take fails alone (G2)', async () => {
    const outcomes = await Promise.allSettled(['a', 'nul\u0000', 'b'].map((key) => heads.rows(key, '')));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells all who asked together when the server refuses, and goes on', async () => {
    const outcomes = await Promise.allSettled(['a', ''].map((key) => heads.rows(key, 'none')));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await heads.rows('a', 'none')).toEqual([['A']]);
  });

  it('a store reads what it holds of many actors as of each alone', async () => {
    const options = { schema: 'plexspaces_gathered', durability: 'relaxed' } as const;
    const storage = await PostgresStorage.open(found.url.href, options);
    const actors = Array.from({ length: 20 }, (_, i) => `default/default/g/${i}`);
    const row = (actor: string, id: string) => ({
      kind: 'accept' as const,
      row: { actor, id, argsHash: 'h', message: Buffer.from(`${actor} ${id}`), attempts: 0, dueAt: 5 },
    });
    await storage.journal.flush(actors.flatMap((actor, i) => (i % 3 === 0 ? [] : [row(actor, 'b'), row(actor, 'a')])));
    for (const [i, actor] of actors.entries())
      if (i % 2 === 0) await storage.checkpoints.save({ actor, seq: i, time: 1, bytes: Buffer.from([i]) }, 2);
    const together = await Promise.all(
      actors.map(async (actor) => ({
        head: await storage.journal.head(actor),
        pending: await storage.inbox.pending(actor),
        found: await storage.inbox.find(actor, 'a'),
        newest: await storage.checkpoints.latest(actor),
      })),
    );
    for (const [i, actor] of actors.entries()) {
      const alone = {
        head: await storage.journal.head(actor),
        pending: await storage.inbox.pending(actor),
        found: await storage.inbox.find(actor, 'a'),
        newest: await storage.checkpoints.latest(actor),
      };
      expect(together[i]).toEqual(alone);
      expect(alone.pending.map(({ id }) => id)).toEqual(i % 3 === 0 ? [] : ['b', 'a']);
      expect(alone.newest?.seq).toBe(i % 2 === 0 ? i : undefined);
    }
    await storage.close();
  });
});
