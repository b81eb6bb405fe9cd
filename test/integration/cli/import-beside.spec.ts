import { MemoryStorage } from 'plexspaces';
import type { Write } from 'plexspaces/spi';
import { exportToFile, importFromFile } from '../../../libs/cli/src/archive-file';
import { closeApps, startApp } from '../../support/app';
import { CliWorld, Tally, Till } from './cli-world';

const TALLY = 'default/default/tally/a';

describe('an import beside a node that is asked for the actor meanwhile', () => {
  const world = new CliWorld();
  afterAll(() => world.end());

  it('is not overtaken: the node waits until the actor is whole, with what it has answered (P5)', async () => {
    const source = new MemoryStorage();
    const before = (await startApp({ actors: [Tally, Till], storage: source })).client(Tally).ref('a');
    await before.with({ idempotencyKey: 'once' }).ask.add(1);
    await before.with({ delay: '1h' }).tell.add(10);
    await closeApps();
    await exportToFile(source, world.path('archive'), 5, { prefix: '' });

    const target = new MemoryStorage();
    const tally = (await startApp({ actors: [Tally, Till], storage: target })).client(Tally).ref('a');
    const { journal } = target;
    const flush = journal.flush.bind(journal);
    const early: unknown[] = [];
    journal.flush = async (writes: readonly Write[]) => {
      const outcomes = await flush(writes);
      journal.flush = flush; // the answer under the key is not there yet
      early.push(await tally.ask.add(5).catch((error: unknown) => error));
      return outcomes;
    };
    const imported = await importFromFile(target, world.path('archive'), () => undefined);
    expect(early).toEqual([expect.objectContaining({ code: 'PS_IMPORT_UNFINISHED' })]);
    expect(imported).toEqual({ actors: 1, ranges: 0, unchanged: 0 });
    await expect(tally.with({ idempotencyKey: 'once' }).ask.add(1)).resolves.toBe(1);
    await expect(tally.ask.add(1)).resolves.toBe(2);
    expect(await target.inbox.pending(TALLY)).toHaveLength(1);
    await closeApps();
  });
});
