import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import { watchFlushes } from '../app/watch-flushes';
import { KEYS } from '../cases/ask-loop';
import type { Bench, Figures } from '../harness/case';
import type { StorageName } from '../harness/storage-name';
import type { Counters } from './counters';
import { measureLoads } from './measure-loads';

/** A durable actor per key, as the README has it. */
export async function measureOurs(storage: StorageName, bench: Bench): Promise<Figures> {
  const store = await bench.store(storage);
  const app = await startOn(store, DurableCounter);
  const client = app.client(DurableCounter);
  const refs = Array.from({ length: KEYS }, (_, i) => client.ref(`c${i}`));
  const flushes = watchFlushes(app.storage);
  const ref = (key: number): (typeof refs)[number] => refs[key] as (typeof refs)[number];
  const counters: Counters = {
    add: (key, by) => ref(key).ask.add(by),
    addRated: (key, by) => ref(key).ask.addRated(by),
    counts: async () => {
      const commits = flushes.count;
      return { fsyncs: commits, ...(await store.counts()), commits }; // SQLite: a commit is an fsync
    },
    close: () => app.close(),
  };
  const figures = await measureLoads(counters, bench);
  await counters.close();
  return figures;
}
