import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { check } from '../app/check';
import { type Written, copyWithoutCheckpoints, writeHistory } from '../app/history';
import { startOnSqlite } from '../app/start-app';
import type { Bench, Figures } from '../harness/case';
import { median } from '../harness/statistics';

/** The first is recovered by code that has not been compiled yet, as after a restart; the others tell the steady rate. */
const ACTORS = 7;

/** The same actors brought back from their whole journal, then from their last checkpoint. */
export async function measureRecovery(cls: Type<Written>, bench: Bench): Promise<Figures> {
  const path = join(bench.folder, 'journal.db');
  const copy = join(bench.folder, 'without-checkpoints.db');
  const keys = Array.from({ length: ACTORS }, (_, i) => `a${i}`);
  const history = await writeHistory(path, cls, keys, bench.times(10_000, 300));
  copyWithoutCheckpoints(path, copy);

  const replay = await recoverAll(copy, cls, keys, history.turns);
  const checkpoint = await recoverAll(path, cls, keys, history.turns);
  return {
    entries: history.entries,
    entriesAfterCheckpoint: history.entriesAfterCheckpoint,
    checkpointShare: history.checkpointBytes / history.journalBytes,
    replayFirstMs: replay.firstMs,
    replayMs: replay.steadyMs,
    replayEntriesPerSecond: history.entries / (replay.steadyMs / 1_000),
    checkpointFirstMs: checkpoint.firstMs,
    checkpointMs: checkpoint.steadyMs,
    checkpointEntriesPerSecond: history.entries / (checkpoint.steadyMs / 1_000),
  };
}

async function recoverAll(
  path: string,
  cls: Type<Written>,
  keys: readonly string[],
  turns: number,
): Promise<{ readonly firstMs: number; readonly steadyMs: number }> {
  const app = await startOnSqlite(path, cls);
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
