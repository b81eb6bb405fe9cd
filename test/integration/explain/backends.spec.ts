import { type ActorContext, Actor, Ctx, Handle, UseFacets, durability, virtualActor } from 'plexspaces';
import { ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import { type App, startApp } from '../../support/app';
import { storesOf } from '../../support/servers/store-urls';

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor(), reminder())
class Kept {
  @Handle() remind(@Ctx() ctx: ActorContext): void {
    reminders<Kept>(ctx).register('daily', '24h', 'add');
  }
  @Handle() add(): void {
    // nothing to keep
  }
  @Handle({ retry: { maxAttempts: 1 } }) fails(): void {
    throw new Error('the printer is on fire');
  }
  @Handle({ retry: { maxAttempts: 3, initialDelay: '1h', maxDelay: '1h', jitter: 'none' } }) failsSlowly(): void {
    throw new Error('the printer glows');
  }
}

/** What the store of an earlier life says of two actors that are not in memory. */
async function explainOn(storage: string): Promise<unknown> {
  const live = async <T>(use: (app: App) => Promise<T>): Promise<T> => {
    const app = await startApp({ actors: [Kept], providers: [ReminderFacet], storage, shutdownTimeout: '100ms' });
    try {
      return await use(app);
    } finally {
      await app.close();
    }
  };
  await live(async (app) => {
    const [a, b] = [app.client(Kept).ref('a'), app.client(Kept).ref('b')];
    await a.ask.remind();
    await a.with({ delay: '1h' }).tell.add();
    await a.with({ idempotencyKey: 'bad' }).tell.fails();
    await b.tell.failsSlowly();
    const isSo = async (): Promise<boolean> =>
      (await a.explain()).cause('parked') !== undefined && (await b.explain()).cause('retry') !== undefined;
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  });
  return live(async (app) => {
    const told = [];
    for (const key of ['a', 'b']) {
      const { causes } = await app.client(Kept).ref(key).explain();
      told.push(causes.map(({ kind, facts: { count, handler, attempts } }) => ({ kind, count, handler, attempts })));
    }
    return told;
  });
}

describe('what explain() reads of stored messages, alike on every store', () => {
  const { onSqlite, onPostgres, onRedis } = storesOf('explain');
  const isTold = async (url: string): Promise<void> =>
    expect(await explainOn(url)).toEqual([
      [
        { kind: 'notInMemory' },
        { kind: 'parked', count: 1 },
        { kind: 'planned', count: 1 },
        { kind: 'delayed', count: 1 },
      ],
      [{ kind: 'notInMemory' }, { kind: 'retry', handler: 'failsSlowly', attempts: 2 }],
    ]);

  onSqlite('SQLite', isTold);
  onPostgres('Postgres', isTold);
  onRedis('Redis', isTold);
});
