import type { Bench, Figures } from '../harness/case';
import { drive, timeEach } from '../harness/drive';
import { latencies } from '../harness/statistics';
import { PostgresRawWriter } from '../raw/postgres-writer';
import { RawStore, type RawWriter } from '../raw/raw-store';
import { type AppendShape, recordTurn } from '../raw/record-turn';
import { RedisRawWriter } from '../raw/redis-writer';
import { SqliteRawWriter } from '../raw/sqlite-writer';
import type { Store } from '../servers/store';
import { IN_FLIGHT, KEYS } from './ask-loop';

/** What the driver alone makes of the appends of such an ask, with no actor, message or codec around it. */
export async function measureRaw(method: 'add' | 'addRated', bench: Bench): Promise<Figures> {
  const place = await bench.store();
  const shapes = await recordTurn(place, method);
  const store = new RawStore(await openWriter(place, shapes), new Array<number>(KEYS).fill(0), shapes);
  const ask = (index: number): Promise<void> => store.ask(index % KEYS);

  const [warmUp, many] = [bench.times(8_000), bench.times(50_000)];
  await drive(warmUp, IN_FLIGHT, ask);
  const opsPerSecond = await drive(many, IN_FLIGHT, ask);
  const flushesPerOp = store.flushes / (warmUp + many);
  await timeEach(bench.times(1_000), () => ask(0));
  const single = latencies(await timeEach(bench.times(3_000), () => ask(0)));
  await store.close();
  return { opsPerSecond, ...single, flushesPerOp };
}

async function openWriter({ storage, url }: Store, shapes: readonly AppendShape[]): Promise<RawWriter> {
  switch (storage) {
    case 'sqlite':
      return new SqliteRawWriter(url, KEYS, shapes);
    case 'postgres':
      return PostgresRawWriter.open(url, KEYS, shapes);
    case 'redis':
      return RedisRawWriter.open(url, KEYS, shapes);
  }
}
