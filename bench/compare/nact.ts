import { KEYS } from '../cases/ask-loop';
import type { Case } from '../harness/case';
import type { Nact, NactRef, System } from '../harness/nact';
import { loadPeer } from '../harness/peers';
import { type Counters, rate } from './counters';
import { measureLoads } from './measure-loads';

interface Add {
  readonly by: number;
}

/** A message as it is sent, or on recovery the event that was persisted for it. */
interface AddMessage extends Add {
  readonly rated?: boolean;
  readonly replyTo?: NactRef<number>;
}

interface Context {
  readonly recovering?: boolean;
  persist(event: Add): Promise<void>;
}

/** What nact adds for persistent actors. */
interface PersistentNact extends Omit<Nact, 'start'> {
  start(plugin: (system: System) => System): System;
  configurePersistence(engine: object): (system: System) => System;
  spawnPersistent(
    parent: System,
    handle: (value: number, message: AddMessage, context: Context) => Promise<number>,
    persistenceKey: string,
    name: string,
    options: { readonly initialState: number },
  ): NactRef<AddMessage>;
}

interface Engine {
  readonly PostgresPersistenceEngine: new (url: string) => {
    readonly db: Promise<{ $pool: { end(): Promise<void> } }>;
  };
}

const TIMEOUT_MS = 30_000;

/** A persistent actor per key that persists an event per addition; what the effect yielded is part of the event. */
export const run: Case = async (bench) => {
  const store = await bench.store('postgres');
  const nact = loadPeer<PersistentNact>('nact');
  const engine = new (loadPeer<Engine>('nact-persistence-postgres').PostgresPersistenceEngine)(store.url);
  const system = nact.start(nact.configurePersistence(engine));
  const handle = async (value: number, message: AddMessage, context: Context): Promise<number> => {
    if (context.recovering === true) return value + message.by;
    const by = message.rated === true ? message.by * (await rate()) : message.by;
    await context.persist({ by });
    if (message.replyTo !== undefined) nact.dispatch(message.replyTo, value + by);
    return value + by;
  };
  const actors = Array.from({ length: KEYS }, (_, i) =>
    nact.spawnPersistent(system, handle, `counter:${i}`, `c${i}`, { initialState: 0 }),
  );
  const ask = (key: number, message: AddMessage): Promise<number> =>
    nact.query<AddMessage, number>(
      actors[key] as NactRef<AddMessage>,
      (replyTo) => ({ ...message, replyTo }),
      TIMEOUT_MS,
    );

  const counters: Counters = {
    add: (key, by) => ask(key, { by }),
    addRated: (key, by) => ask(key, { by, rated: true }),
    counts: () => store.counts(),
    close: async () => {
      nact.stop(system);
      await (await engine.db).$pool.end();
    },
  };
  const figures = await measureLoads(counters, bench);
  await counters.close();
  return figures;
};
