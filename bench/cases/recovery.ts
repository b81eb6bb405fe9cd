import type { Type } from '@nestjs/common';
import { check } from '../app/check';
import { type Written, hideCheckpoints, writeHistory } from '../app/history';
import { startOn } from '../app/start-app';
import type { Bench, Figures } from '../harness/case';
import { median } from '../harness/statistics';
import type { Store } from '../servers/store';

/** The first is recovered by code that has not been compiled yet, as after a restart; the others tell the steady rate. */
const ACTORS = 7;

/** The same actors brought back from their whole journal, then from their last checkpoint. */
export async function measureRecovery(cls: Type<Written>, bench: Bench): Promise<Figures> {
  const store = await bench.store();
  const keys = keysOf(ACTORS);
  const history = await writeHistory(store, cls, keys, bench.times(10_000, 300));

  const replay = await recoverAll(store, cls, keys, history.turns, 'whole journal');
  const checkpoint = await recoverAll(store, cls, keys, history.turns + 1, 'checkpoint');
  return {
    entries: history.entries,
    checkpointShare: history.checkpointBytes / history.journalBytes,
    replayFirstMs: replay.firstMs,
    replayMs: replay.steadyMs,
    replayEntriesPerSecond: history.entries / (replay.steadyMs / 1_000),
    checkpointFirstMs: checkpoint.firstMs,
    checkpointMs: checkpoint.steadyMs,
    checkpointEntriesPerSecond: history.entries / (checkpoint.steadyMs / 1_000),
  };
}

/** A few actors with a very long journal and no checkpoint to begin from. */
export async function measureLongReplay(
  cls: Type<Written>,
  entries: number,
  actors: number,
  bench: Bench,
): Promise<Figures> {
  const store = await bench.store();
  const keys = keysOf(actors);
  const history = await writeHistory(store, cls, keys, bench.times(entries, 300));
  const { steadyMs } = await recoverAll(store, cls, keys, history.turns, 'whole journal');
  return {
    entries: history.entries,
    replayMs: steadyMs,
    replayEntriesPerSecond: history.entries / (steadyMs / 1_000),
  };
}

/** Each answers once afterwards, so that the next time finds a turn more. */
async function recoverAll(
  store: Store,
  cls: Type<Written>,
  keys: readonly string[],
  turns: number,
  from: 'whole journal' | 'checkpoint',
): Promise<{ readonly firstMs: number; readonly steadyMs: number }> {
  const app = await startOn(store, cls);
  if (from === 'whole journal') hideCheckpoints(app.storage);
  const ms: number[] = [];
  for (const key of keys) {
    const ref = app.client(cls).ref(key);
    const start = performance.now();
    await ref.activate();
    ms.push(performance.now() - start);
    check(`The next answer of ${key}`, await ref.ask.write(), turns + 1);
  }
  await app.close();
  const [firstMs = NaN, ...others] = ms;
  return { firstMs, steadyMs: median(others) };
}

function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `a${i}`);
}
