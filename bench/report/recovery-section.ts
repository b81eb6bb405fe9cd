import type { StorageName } from '../harness/storage-name';
import { DATABASE } from './durable-section';
import type { Goal, Row, Section } from './sections';

export const recoverySection = (storage: StorageName): Section => ({
  name: 'recovery',
  title: `Recovery of one actor of 10,000 journal entries from ${DATABASE[storage]}, checkpoints every 100 turns`,
  cases: ['recovery-counter', 'recovery-ledger', 'recovery-long'],
  rows: RECOVERY_ROWS,
});

const RECOVERY_ROWS: readonly Row[] = [
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
  { label: 'counter of 100,000 entries: full replay', figure: 'recovery-long.replayMs', unit: 'ms' },
  {
    label: 'counter of 100,000 entries: entries replayed',
    figure: 'recovery-long.replayEntriesPerSecond',
    unit: 'per second',
    goal: { atLeast: 100_000 },
  },
];

export const memorySection = (storage: StorageName): Section => ({
  name: 'memory',
  title: `Replay of a journal of 1,000,000 entries from ${DATABASE[storage]}, without a checkpoint`,
  cases: ['replay-memory'],
  onDemand: true,
  rows: [
    { label: 'entries replayed', figure: 'replay-memory.replayEntriesPerSecond', unit: 'per second' },
    {
      label: 'growth of the process, garbage included',
      figure: 'replay-memory.growthBytes',
      unit: 'bytes',
      goal: { atMost: 256 * 2 ** 20 },
    },
  ],
});

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

const MEMORY_ROWS: readonly Row[] = [
  { label: 'memory, p50 (PF02)', figure: 'append-memory.p50Ms', unit: 'ms', goal: { atMost: 1 } },
  { label: 'memory, p99', figure: 'append-memory.p99Ms', unit: 'ms', goal: { atMost: 1 } },
];

/** Rows of the inventory that ask for it; none for Redis. */
const APPEND_ROWS: Readonly<Record<StorageName, string>> = { sqlite: ' (PF03)', postgres: ' (PF04)', redis: '' };

/** Of one append, in milliseconds. */
const APPEND_GOALS: Readonly<Record<StorageName, { readonly goal?: Goal }>> = {
  sqlite: { goal: { atMost: 5 } },
  postgres: { goal: { atMost: 10 } },
  redis: {},
};

export const appendSection = (storage: StorageName): Section => ({
  name: 'append',
  title: 'One append of a turn straight to the journal storage, one at a time',
  cases: storage === 'sqlite' ? ['append-memory', 'append-store'] : ['append-store'],
  rows: [
    ...(storage === 'sqlite' ? MEMORY_ROWS : []),
    {
      label: `${DATABASE[storage]}, p50${APPEND_ROWS[storage]}`,
      figure: 'append-store.p50Ms',
      unit: 'ms',
      ...APPEND_GOALS[storage],
    },
    {
      label: `${DATABASE[storage]}, p99`,
      figure: 'append-store.p99Ms',
      unit: 'ms',
      ...APPEND_GOALS[storage],
    },
  ],
});
