import type { Section } from './sections';

export const DURABLE: Section = {
  name: 'durable',
  title: 'Durable ask on SQLite, synchronous=FULL: 100 actors, 50 in flight, or one at a time',
  cases: ['durable-ask-plain', 'raw-ask-plain', 'durable-ask-effect', 'raw-ask-effect', 'durable-hot-key'],
  rows: [
    {
      label: 'no effect (1 append)',
      figure: 'durable-ask-plain.opsPerSecond',
      unit: 'per second',
      goal: { atLeast: 13_000 },
      ratio: { to: 'raw', figure: 'raw-ask-plain.opsPerSecond', goal: { atLeast: 0.5 } },
    },
    { label: 'raw better-sqlite3, same rows', figure: 'raw-ask-plain.opsPerSecond', unit: 'per second' },
    {
      label: 'one recorded effect (2 appends)',
      figure: 'durable-ask-effect.opsPerSecond',
      unit: 'per second',
      goal: { atLeast: 8_000 },
      ratio: { to: 'raw', figure: 'raw-ask-effect.opsPerSecond', goal: { atLeast: 0.5 } },
    },
    { label: 'raw better-sqlite3, same rows', figure: 'raw-ask-effect.opsPerSecond', unit: 'per second' },
    {
      label: 'one hot key, no effect',
      figure: 'durable-hot-key.opsPerSecond',
      unit: 'per second',
      goal: { atLeast: 8_000 },
    },
    {
      label: 'no effect, one at a time, p50',
      figure: 'durable-ask-plain.p50Ms',
      unit: 'ms',
      goal: { atMost: 1 },
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
    { label: 'appends per ask, no effect', figure: 'durable-ask-plain.appendsPerOp', unit: 'count' },
    { label: 'flushes per ask, no effect', figure: 'durable-ask-plain.flushesPerOp', unit: 'count' },
    { label: 'appends per ask, one effect', figure: 'durable-ask-effect.appendsPerOp', unit: 'count' },
    { label: 'flushes per ask, one effect', figure: 'durable-ask-effect.flushesPerOp', unit: 'count' },
  ],
};

export const TOUCH: Section = {
  name: 'touch',
  title: 'First message of 10,000 new durable actors on SQLite, 50 in flight',
  cases: ['first-touch'],
  rows: [
    {
      label: 'first touch',
      figure: 'first-touch.opsPerSecond',
      unit: 'per second',
      goal: { atLeast: 6_000 },
    },
  ],
};

export const GROWTH: Section = {
  name: 'growth',
  title: 'One durable actor over 100,000 turns, one at a time',
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
};
