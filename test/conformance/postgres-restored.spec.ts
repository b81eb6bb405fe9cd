import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresStorage } from '#storage/postgres';
import { append, bytesOf, commit, freshActor, NEW, write } from '../../libs/testing/src/conformance/builders';
import { postgresBinaries, PrivatePostgres } from '../support/servers/private-postgres';

// A server that comes back with an older state, from a backup or as a replica that lagged, gives numbers again that a node
// remembers for other actors.

const on = postgresBinaries() === undefined ? describe.skip : describe;
on('a Postgres server that was restored under a node (initdb needed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-pg-'));
  const data = join(folder, 'data');
  let postgres: PrivatePostgres;
  afterAll(() => postgres.destroy());

  it('gets nothing of one actor written to another', async () => {
    postgres = await PrivatePostgres.start({}, folder);
    const node = await PostgresStorage.open(postgres.url);
    await postgres.kill('SIGINT');
    execFileSync('cp', ['-a', data, join(folder, 'backup')]);
    await postgres.start();
    const lost = freshActor('lost');
    await commit(node.journal, append(lost, NEW, ['a']));
    await node.checkpoints.save({ actor: lost, seq: 1, time: 1, bytes: bytesOf('one') }, 2);
    await postgres.kill('SIGINT');
    rmSync(data, { recursive: true });
    renameSync(join(folder, 'backup'), data);
    await postgres.start();

    const other = await PostgresStorage.open(postgres.url);
    const next = freshActor('next');
    await commit(other.journal, append(next, NEW, ['x']));
    await node.checkpoints.save({ actor: lost, seq: 2, time: 2, bytes: bytesOf('two') }, 2);
    await expect(other.checkpoints.list(next)).resolves.toEqual([]);
    // F29: what was acknowledged is gone, which is said, and goes on being said.
    for (const ask of [
      () => write(node.journal, append(lost, { seq: 1, epoch: 1 }, ['b'])),
      () => write(node.journal, append(freshActor(), NEW, ['c'])),
      () => node.journal.head(lost),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'PS_STORE_REGRESSED', actor: lost });
    await expect(write(other.journal, append(next, { seq: 1, epoch: 1 }, ['y']))).resolves.toMatchObject({
      kind: 'committed',
    });
    await Promise.all([node.close(), other.close()]);
  }, 120_000);
});
