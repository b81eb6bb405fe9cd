import type { Worker } from '../processes/worker';
import type { Recovery, RecoveryWay } from '../worker/recovery-commands';
import type { RecoveryFigures } from './evidence';

/** Not a multiple of the checkpoint interval, so that a tail of entries is left to apply. */
const MESSAGES = 10_037;
const ROUNDS = 5;

/** Recovers one history in both ways, in turn, in one process: what differs is the checkpoint alone. */
export async function measureRecovery(worker: Worker): Promise<RecoveryFigures> {
  await worker.call('recovery', 'write', MESSAGES);
  const recoveries: Record<RecoveryWay, Recovery[]> = { checkpoint: [], replay: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of ['checkpoint', 'replay'] as const) {
      recoveries[way].push(await worker.call('recovery', 'recover', way));
    }
  }
  return {
    messages: MESSAGES,
    entries: await worker.call('recovery', 'entries', 'replay'),
    replayMs: median(recoveries.replay),
    checkpointMs: median(recoveries.checkpoint),
    replayValue: recoveries.replay[0]?.value ?? NaN,
    checkpointValue: recoveries.checkpoint[0]?.value ?? NaN,
  };
}

function median(recoveries: readonly Recovery[]): number {
  const times = recoveries.map(({ ms }) => ms).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? NaN;
}
