import {
  append,
  commit,
  done,
  freshActor,
  NEW,
  readAll,
  rowFor,
  write,
} from '../../libs/testing/src/conformance/builders';
import { postgresServer } from '../support/servers/postgres-server';
import { describeWith } from '../support/servers/test-server';
import { PostgresSchema } from './postgres-backend';

// A row that cannot be read must not leave a transaction open on a connection that goes on being used: what came after it
// would be acknowledged inside that transaction, and read from its snapshot.

describeWith(postgresServer(), 'a damaged row on Postgres', (server) => {
  const place = new PostgresSchema(server);
  afterAll(() => place.destroy());

  it('does not make what is written after it less durable (J5, J8)', async () => {
    const store = await place.open({ readers: 1 });
    const [damaged, neighbour, later] = ['damaged', 'neighbour', 'later'].map(freshActor) as [string, string, string];
    await commit(store.journal, { kind: 'accept', row: rowFor(damaged, 'm') });
    await place.query(`UPDATE ${place.schema}.ps_inbox SET state = 9 WHERE id = 'm'`);
    const outcomes = await store.journal.flush([
      append(neighbour, NEW, ['a']),
      append(damaged, NEW, ['b'], { inbox: [done('m', 'answer', { fresh: false })] }),
      append(later, NEW, ['c']),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['committed', 'failed', 'committed']);
    expect(outcomes[1]).toMatchObject({ error: { code: 'PS_CORRUPT_RECORD' } });

    const acknowledged = freshActor('acknowledged');
    await commit(store.journal, append(acknowledged, NEW, ['d']));
    for (const actor of [neighbour, later, acknowledged])
      await expect(readAll(store.journal, actor)).resolves.toHaveLength(1);
    await expect(readAll(store.journal, damaged)).resolves.toEqual([]);
    await store.close();
  });

  it('does not let a truncation that meets it leave its snapshot to later reads', async () => {
    const store = await place.open({ readers: 1 });
    const actor = freshActor();
    const head = await commit(store.journal, append(actor, NEW, ['a', 'b']));
    const whose = `actor = (SELECT id FROM ${place.schema}.ps_actor WHERE name = '${actor}')`;
    await place.query(`UPDATE ${place.schema}.ps_journal SET first_seq = -9223372036854775807 WHERE ${whose}`);
    await expect(store.journal.truncate(actor, 1)).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    await commit(store.journal, append(actor, head, ['c']));
    await expect(store.journal.head(actor)).resolves.toMatchObject({ seq: 3 });
    await store.close();
  });

  it('is told of by the write that met it, and the next one is heard', async () => {
    const store = await place.open({ readers: 1 });
    const actor = freshActor();
    await commit(store.journal, { kind: 'accept', row: rowFor(actor, 'n') });
    await place.query(`UPDATE ${place.schema}.ps_inbox SET state = 9 WHERE id = 'n'`);
    await expect(write(store.journal, { kind: 'accept', row: rowFor(actor, 'n') })).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'PS_CORRUPT_RECORD' },
    });
    await store.close();
  });
});
