import type { Section } from './sections';

export const RECOVERY: Section = {
  name: 'recovery',
  title: 'Recovery of one actor of 10,000 journal entries from SQLite, checkpoints every 100 turns',
  cases: ['recovery-counter', 'recovery-ledger'],
  rows: [
    {
      label: 'counter: full replay',
      figure: 'recovery-counter.replayMs',
      unit: 'ms',
      goal: { atMost: 60 },
    },
    {
      label: 'counter: full replay, first in the process',
      figure: 'recovery-counter.replayFirstMs',
      unit: 'ms',
    },
    {
      label: 'counter: entries replayed (PF05 asks for 1,000)',
      figure: 'recovery-counter.replayEntriesPerSecond',
      unit: 'per second',
      goal: { atLeast: 150_000 },
    },
    {
      label: 'counter: from its checkpoint (PF01)',
      figure: 'recovery-counter.checkpointMs',
      unit: 'ms',
      ratio: { to: 'full replay', figure: 'recovery-counter.replayMs', goal: { atMost: 0.1 } },
    },
    {
      label: 'counter: history recovered by checkpoint (PF06)',
      figure: 'recovery-counter.checkpointEntriesPerSecond',
      unit: 'per second',
      goal: { atLeast: 10_000 },
    },
    {
      label: 'counter: checkpoint / journal (PF07)',
      figure: 'recovery-counter.checkpointShare',
      unit: 'share',
    },
    { label: 'ledger: full replay', figure: 'recovery-ledger.replayMs', unit: 'ms' },
    {
      label: 'ledger: entries replayed (PF05 asks for 1,000)',
      figure: 'recovery-ledger.replayEntriesPerSecond',
      unit: 'per second',
      goal: { atLeast: 1_000 },
    },
    {
      label: 'ledger: from its checkpoint (PF01)',
      figure: 'recovery-ledger.checkpointMs',
      unit: 'ms',
      ratio: { to: 'full replay', figure: 'recovery-ledger.replayMs', goal: { atMost: 0.1 } },
    },
    {
      label: 'ledger: checkpoint / journal (PF07)',
      figure: 'recovery-ledger.checkpointShare',
      unit: 'share',
      goal: { atMost: 0.15 },
    },
  ],
};

export const HEAP: Section = {
  name: 'heap',
  title: 'Heap of 200,000 idle actors without facets that have answered once, their keys included',
  cases: ['idle-plain', 'idle-nact'],
  rows: [
    {
      label: 'an idle activation',
      figure: 'idle-plain.bytesPerActor',
      unit: 'bytes',
      goal: { atMost: 1_200 },
      ratio: { to: 'nact', figure: 'idle-nact.bytesPerActor' },
    },
    { label: 'nact', figure: 'idle-nact.bytesPerActor', unit: 'bytes' },
  ],
};

export const APPEND: Section = {
  name: 'append',
  title: 'One append of a turn straight to the journal storage, one at a time',
  cases: ['append-memory', 'append-sqlite'],
  rows: [
    { label: 'memory, p50 (PF02)', figure: 'append-memory.p50Ms', unit: 'ms', goal: { atMost: 1 } },
    { label: 'memory, p99', figure: 'append-memory.p99Ms', unit: 'ms', goal: { atMost: 1 } },
    {
      label: 'SQLite, synchronous=FULL, p50 (PF03)',
      figure: 'append-sqlite.p50Ms',
      unit: 'ms',
      goal: { atMost: 5 },
    },
    {
      label: 'SQLite, synchronous=FULL, p99',
      figure: 'append-sqlite.p99Ms',
      unit: 'ms',
      goal: { atMost: 5 },
    },
  ],
};
