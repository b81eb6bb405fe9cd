import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import { watchFlushes } from '../app/watch-flushes';
import type { Bench, Figures } from '../harness/case';
import { type Add, KEYS, measureDurableAsks, measureLatency } from './ask-loop';

/** Durable asks through the handler `method`. */
export async function measureDurable(method: 'add' | 'addRated', bench: Bench, start = startOn): Promise<Figures> {
  const app = await start(await bench.store(), DurableCounter);
  const client = app.client(DurableCounter);
  const counters = Array.from({ length: KEYS }, (_, i): Add => {
    const ref = client.ref(`c${i}`);
    return (by) => ref.ask[method](by);
  });
  const flushes = watchFlushes(app.storage);
  const { opsPerSecond, asked } = await measureDurableAsks(counters, bench);
  const { count, appends } = flushes;
  const single = await measureLatency(counters[0] as Add, bench);
  await app.close();
  return { opsPerSecond, ...single, appendsPerOp: appends / asked, flushesPerOp: count / asked };
}
