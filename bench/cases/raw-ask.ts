import { join } from 'node:path';
import type { Bench, Figures } from '../harness/case';
import { drive, timeEach } from '../harness/drive';
import { latencies } from '../harness/statistics';
import { RawStore } from '../raw/raw-store';
import { recordTurn } from '../raw/record-turn';
import { IN_FLIGHT, KEYS } from './ask-loop';

/** What better-sqlite3 alone makes of the appends of such an ask, with no actor, message or codec around it. */
export async function measureRaw(method: 'add' | 'addRated', bench: Bench): Promise<Figures> {
  const path = join(bench.folder, 'journal.db');
  const shapes = await recordTurn(path, method);
  const store = new RawStore(path, new Array<number>(KEYS).fill(0), shapes);
  const ask = (index: number): Promise<void> => store.ask(index % KEYS);

  await drive(bench.times(8_000), IN_FLIGHT, ask);
  const opsPerSecond = await drive(bench.times(50_000), IN_FLIGHT, ask);
  await timeEach(bench.times(1_000), () => ask(0));
  const single = latencies(await timeEach(bench.times(3_000), () => ask(0)));
  await store.close();
  return { opsPerSecond, ...single };
}
