import { run as compareBullmq } from '../compare/bullmq';
import { run as compareDbos } from '../compare/dbos';
import { run as compareNact } from '../compare/nact';
import { measureOurs } from '../compare/ours';
import { run as compareRestate } from '../compare/restate';
import type { Case } from '../harness/case';
import { onMemory, onStore } from './append-latency';
import { run as askFacets } from './ask-facets';
import { run as askNact } from './ask-nact';
import { run as askPlain } from './ask-plain';
import { run as durableAskEffect } from './durable-ask-effect';
import { run as durableAskPlain } from './durable-ask-plain';
import { run as durableHotKey } from './durable-hot-key';
import { run as encryptionOff } from './encryption-off';
import { run as encryptionOn } from './encryption-on';
import { run as firstTouch } from './first-touch';
import { run as idleNact } from './idle-nact';
import { run as idlePlain } from './idle-plain';
import { run as manyKeys } from './many-keys';
import { run as rawAskEffect } from './raw-ask-effect';
import { run as rawAskPlain } from './raw-ask-plain';
import { run as recoveryCounter } from './recovery-counter';
import { run as recoveryLedger } from './recovery-ledger';
import { run as recoveryLong } from './recovery-long';
import { run as remindersDue } from './reminders-due';
import { run as replayMemory } from './replay-memory';
import { run as restartStorm } from './restart-storm';
import { heapActive, heapActiveDurable, heapPassive, heapPassiveDurable, spawnVirtual } from './spawn-virtual';
import { run as turnGrowth } from './turn-growth';
import { run as writeLong } from './write-long';

export const CASES = {
  'ask-plain': askPlain,
  'ask-facets': askFacets,
  'ask-nact': askNact,
  'durable-ask-plain': durableAskPlain,
  'raw-ask-plain': rawAskPlain,
  'durable-ask-effect': durableAskEffect,
  'raw-ask-effect': rawAskEffect,
  'durable-hot-key': durableHotKey,
  'encryption-off': encryptionOff,
  'encryption-on': encryptionOn,
  'first-touch': firstTouch,
  'reminders-due': remindersDue,
  'recovery-counter': recoveryCounter,
  'recovery-ledger': recoveryLedger,
  'recovery-long': recoveryLong,
  'write-long': writeLong,
  'replay-memory': replayMemory,
  'turn-growth': turnGrowth,
  'idle-plain': idlePlain,
  'idle-nact': idleNact,
  'spawn-virtual': spawnVirtual,
  'spawn-active': heapActive,
  'spawn-passive': heapPassive,
  'spawn-active-durable': heapActiveDurable,
  'spawn-passive-durable': heapPassiveDurable,
  'many-keys': manyKeys,
  'restart-storm': restartStorm,
  'append-memory': onMemory,
  'append-store': onStore,
  'ours-postgres': (bench) => measureOurs('postgres', bench),
  'ours-redis': (bench) => measureOurs('redis', bench),
  'ours-sqlite': (bench) => measureOurs('sqlite', bench),
  'peer-dbos': compareDbos,
  'peer-restate': compareRestate,
  'peer-nact': compareNact,
  'peer-bullmq': compareBullmq,
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;

export function isCaseName(name: string): name is CaseName {
  return Object.hasOwn(CASES, name);
}
