import { Pool } from 'pg';
import { KEYS } from '../cases/ask-loop';
import type { Case } from '../harness/case';
import { loadPeer } from '../harness/peers';
import { type Counters, rate } from './counters';
import { measureLoads } from './measure-loads';

/** The part of the SDK that is used. Its own types cannot be seen from here: it is not a dependency. */
interface Sdk {
  readonly DBOS: {
    setConfig(config: {
      readonly name: string;
      readonly systemDatabaseUrl: string;
      readonly systemDatabasePoolSize: number;
      readonly logLevel: string;
    }): void;
    registerWorkflow<Args extends unknown[], Answer>(
      workflow: (...args: Args) => Promise<Answer>,
      config: { readonly name: string },
    ): (...args: Args) => Promise<Answer>;
    runStep<Answer>(step: () => Promise<Answer>, config: { readonly name: string }): Promise<Answer>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
  };
}

/** Of each of its two pools; its default of 10 was slower or equal. */
const CONNECTIONS = 20;

/** A durable workflow per addition, whose steps are the effect and the change of the counter's row. */
export const run: Case = async (bench) => {
  const store = await bench.store('postgres');
  const pool = new Pool({ connectionString: store.url, max: CONNECTIONS });
  pool.on('error', () => undefined); // a connection that ends while it is idle is replaced
  await pool.query('CREATE TABLE counter (key integer PRIMARY KEY, value integer NOT NULL)');
  await pool.query('INSERT INTO counter SELECT key, 0 FROM generate_series(0, $1) key', [KEYS - 1]);
  const change = async (key: number, by: number): Promise<number> => {
    const { rows } = await pool.query<{ value: number }>(
      'UPDATE counter SET value = value + $2 WHERE key = $1 RETURNING value',
      [key, by],
    );
    return rows[0]?.value ?? NaN;
  };

  const { DBOS } = loadPeer<Sdk>('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'counters',
    systemDatabaseUrl: store.url,
    systemDatabasePoolSize: CONNECTIONS,
    logLevel: 'error',
  });
  const changeStep = (key: number, by: number): Promise<number> =>
    DBOS.runStep(() => change(key, by), { name: 'change' });
  const add = DBOS.registerWorkflow(changeStep, { name: 'add' });
  const addRated = DBOS.registerWorkflow(
    async (key: number, by: number) => changeStep(key, by * (await DBOS.runStep(rate, { name: 'rate' }))),
    { name: 'addRated' },
  );
  const counters: Counters = {
    add: (key, by) => add(key, by), // it must not be called as a method
    addRated: (key, by) => addRated(key, by),
    counts: () => store.counts(),
    close: async () => {
      await DBOS.shutdown();
      await pool.end();
    },
  };
  await DBOS.launch();
  const figures = await measureLoads(counters, bench);
  await counters.close();
  return figures;
};
