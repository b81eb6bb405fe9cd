import type { Case } from '../harness/case';
import { onMemory, onSqlite } from './append-latency';
import { run as askFacets } from './ask-facets';
import { run as askNact } from './ask-nact';
import { run as askPlain } from './ask-plain';
import { run as durableAskEffect } from './durable-ask-effect';
import { run as durableAskPlain } from './durable-ask-plain';
import { run as durableHotKey } from './durable-hot-key';
import { run as firstTouch } from './first-touch';
import { run as idleNact } from './idle-nact';
import { run as idlePlain } from './idle-plain';
import { run as rawAskEffect } from './raw-ask-effect';
import { run as rawAskPlain } from './raw-ask-plain';
import { run as recoveryCounter } from './recovery-counter';
import { run as recoveryLedger } from './recovery-ledger';
import { run as turnGrowth } from './turn-growth';

export const CASES = {
  'ask-plain': askPlain,
  'ask-facets': askFacets,
  'ask-nact': askNact,
  'durable-ask-plain': durableAskPlain,
  'raw-ask-plain': rawAskPlain,
  'durable-ask-effect': durableAskEffect,
  'raw-ask-effect': rawAskEffect,
  'durable-hot-key': durableHotKey,
  'first-touch': firstTouch,
  'recovery-counter': recoveryCounter,
  'recovery-ledger': recoveryLedger,
  'turn-growth': turnGrowth,
  'idle-plain': idlePlain,
  'idle-nact': idleNact,
  'append-memory': onMemory,
  'append-sqlite': onSqlite,
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;

export function isCaseName(name: string): name is CaseName {
  return Object.hasOwn(CASES, name);
}
