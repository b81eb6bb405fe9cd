import { FaultProxy } from 'plexspaces/testing';
import { PostgresConnection } from '../../support/servers/postgres-connection';
import { ConnectionLostError } from '../../support/servers/reply-line';
import { describeWith, testServer } from '../../support/servers/test-server';

const server = testServer('TEST_POSTGRES_URL', 'postgres://127.0.0.1:5432/test');

describeWith(server, 'a commit of unknown outcome, on Postgres', (postgres) => {
  const table = `fault_proxy_${process.pid}`;
  const open: { close(): void }[] = [];
  let direct: PostgresConnection;
  let proxy: FaultProxy;

  async function connection(through?: number): Promise<PostgresConnection> {
    const opened = await PostgresConnection.open(postgres, through);
    open.push(opened);
    return opened;
  }

  const rows = async (): Promise<number> => Number((await direct.query(`SELECT count(*) FROM ${table}`))[0]?.[0]);

  /** A transaction whose COMMIT meets the fault. @returns how it ended for the client */
  async function insert(id: string): Promise<'committed' | 'unknown'> {
    const client = await connection(proxy.port);
    await client.query('BEGIN');
    await client.query(`INSERT INTO ${table} VALUES ('${id}')`);
    try {
      await client.query('COMMIT');
      return 'committed';
    } catch (error) {
      if (error instanceof ConnectionLostError) return 'unknown';
      throw error;
    }
  }

  beforeEach(async () => {
    direct = await connection();
    await direct.query(`CREATE TABLE ${table} (id text PRIMARY KEY)`);
    proxy = await FaultProxy.start(postgres);
  });

  afterEach(async () => {
    await proxy.stop();
    await direct.query(`DROP TABLE ${table}`);
    for (const each of open.splice(0)) each.close();
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('cut %s COMMIT: the client cannot know, the server has %i row', async (when, kept) => {
    proxy.inject({ kind: 'cut', when, pattern: 'COMMIT\0', times: 1 });
    expect(await insert('a')).toBe('unknown');
    expect(await rows()).toBe(kept);
    proxy.assertAllFired();

    // What a store has to do now: read back, and only then write again.
    if (kept === 0) expect(await insert('a')).toBe('committed');
    else await expect(insert('a')).rejects.toThrow('23505');
    expect(await rows()).toBe(1);
  });

  it('cut where the server says COMMIT: the same, from the other side', async () => {
    proxy.inject({ kind: 'cut', when: 'before', direction: 'toClient', pattern: 'COMMIT\0', how: 'reset' });
    expect(await insert('a')).toBe('unknown');
    expect(await rows()).toBe(1);
    proxy.assertAllFired();
  });

  it('byte by byte, nothing changes', async () => {
    proxy.inject({ kind: 'oneByteWrites' });
    expect(await insert('a')).toBe('committed');
    expect(await rows()).toBe(1);
    proxy.assertAllFired();
  });
});
