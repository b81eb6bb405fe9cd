import type { StorageName } from '../harness/storage-name';
import type { Goal, Row, Section } from './sections';

export const DATABASE = {
  sqlite: 'SQLite, synchronous=FULL',
  postgres: 'Postgres, fsync and synchronous_commit on',
  redis: 'Redis, appendfsync always',
} as const satisfies Record<StorageName, string>;

const DRIVER = { sqlite: 'better-sqlite3', postgres: 'pg', redis: 'ioredis' } as const;

/** Asks per second at 50 in flight and for new keys, milliseconds one at a time, share of the raw store. What is not there has no goal. */
const GOALS: Readonly<Record<StorageName, Readonly<Record<string, Goal>>>> = {
  sqlite: {
    plain: { atLeast: 13_000 },
    effect: { atLeast: 8_000 },
    raw: { atLeast: 0.5 },
    hotKey: { atLeast: 8_000 },
    p50: { atMost: 1 },
    newKeys: { atLeast: 6_000 },
  },
  postgres: {
    plain: { atLeast: 15_000 },
    effect: { atLeast: 10_000 },
    p50: { atMost: 1.5 },
    newKeys: { atLeast: 6_000 },
  },
  redis: { plain: { atLeast: 12_000 } },
};

function goalOf(storage: StorageName, name: string): { readonly goal?: Goal } {
  const goal = GOALS[storage][name];
  return goal === undefined ? {} : { goal };
}

export const durableSection = (storage: StorageName): Section => ({
  name: 'durable',
  title: `Durable ask on ${DATABASE[storage]}: 100 actors, 50 in flight, or one at a time`,
  cases: ['durable-ask-plain', 'raw-ask-plain', 'durable-ask-effect', 'raw-ask-effect', 'durable-hot-key'],
  rows: [...throughputRows(storage), ...latencyRows(storage), ...FLUSH_ROWS],
});

const throughputRows = (storage: StorageName): readonly Row[] => [
  {
    label: 'no effect (1 append)',
    figure: 'durable-ask-plain.opsPerSecond',
    unit: 'per second',
    ...goalOf(storage, 'plain'),
    ratio: { to: 'raw', figure: 'raw-ask-plain.opsPerSecond', ...goalOf(storage, 'raw') },
  },
  { label: `raw ${DRIVER[storage]}, same rows`, figure: 'raw-ask-plain.opsPerSecond', unit: 'per second' },
  {
    label: 'one recorded effect (2 appends)',
    figure: 'durable-ask-effect.opsPerSecond',
    unit: 'per second',
    ...goalOf(storage, 'effect'),
    ratio: { to: 'raw', figure: 'raw-ask-effect.opsPerSecond', ...goalOf(storage, 'raw') },
  },
  { label: `raw ${DRIVER[storage]}, same rows`, figure: 'raw-ask-effect.opsPerSecond', unit: 'per second' },
  {
    label: 'one hot key, no effect',
    figure: 'durable-hot-key.opsPerSecond',
    unit: 'per second',
    ...goalOf(storage, 'hotKey'),
  },
];

const latencyRows = (storage: StorageName): readonly Row[] => [
  {
    label: 'no effect, one at a time, p50',
    figure: 'durable-ask-plain.p50Ms',
    unit: 'ms',
    ...goalOf(storage, 'p50'),
    ratio: { to: 'raw', figure: 'raw-ask-plain.p50Ms' },
  },
  {
    label: 'no effect, one at a time, p99',
    figure: 'durable-ask-plain.p99Ms',
    unit: 'ms',
    ratio: { to: 'raw', figure: 'raw-ask-plain.p99Ms' },
  },
  {
    label: 'one effect, one at a time, p50',
    figure: 'durable-ask-effect.p50Ms',
    unit: 'ms',
    ratio: { to: 'raw', figure: 'raw-ask-effect.p50Ms' },
  },
  {
    label: 'one effect, one at a time, p99',
    figure: 'durable-ask-effect.p99Ms',
    unit: 'ms',
    ratio: { to: 'raw', figure: 'raw-ask-effect.p99Ms' },
  },
];

const FLUSH_ROWS: readonly Row[] = [
  { label: 'appends per ask, no effect', figure: 'durable-ask-plain.appendsPerOp', unit: 'count' },
  {
    label: 'flushes per ask, no effect',
    figure: 'durable-ask-plain.flushesPerOp',
    unit: 'count',
    ratio: { to: 'raw', figure: 'raw-ask-plain.flushesPerOp' },
  },
  { label: 'appends per ask, one effect', figure: 'durable-ask-effect.appendsPerOp', unit: 'count' },
  {
    label: 'flushes per ask, one effect',
    figure: 'durable-ask-effect.flushesPerOp',
    unit: 'count',
    ratio: { to: 'raw', figure: 'raw-ask-effect.flushesPerOp' },
  },
];

export const touchSection = (storage: StorageName): Section => ({
  name: 'touch',
  title: `First message of 10,000 new durable actors on ${DATABASE[storage]}, 50 in flight`,
  cases: ['first-touch'],
  rows: [
    {
      label: 'first touch',
      figure: 'first-touch.opsPerSecond',
      unit: 'per second',
      ...goalOf(storage, 'newKeys'),
    },
  ],
});

export const reminderSection = (storage: StorageName): Section => ({
  name: 'reminders',
  title: `100,000 actors on ${DATABASE[storage]}, each with a reminder that falls due within one minute`,
  onDemand: true,
  cases: ['reminders-due'],
  rows: [
    { label: 'lateness, p50', figure: 'reminders-due.p50Ms', unit: 'ms' },
    { label: 'lateness, p99', figure: 'reminders-due.p99Ms', unit: 'ms', goal: { atMost: 1_000 } },
    { label: 'lateness, most', figure: 'reminders-due.maxMs', unit: 'ms' },
    { label: 'registered', figure: 'reminders-due.registeredPerSecond', unit: 'per second' },
  ],
});

export const growthSection = (storage: StorageName): Section => ({
  name: 'growth',
  title: `One durable actor over 100,000 turns on ${DATABASE[storage]}, one at a time`,
  cases: ['turn-growth'],
  rows: [
    { label: 'p50 of the first 1,000 turns', figure: 'turn-growth.firstP50Ms', unit: 'ms' },
    {
      label: 'p50 of the last 1,000 turns',
      figure: 'turn-growth.lastP50Ms',
      unit: 'ms',
      ratio: { to: 'the first', figure: 'turn-growth.firstP50Ms', goal: { atMost: 1.2 } },
    },
  ],
});
