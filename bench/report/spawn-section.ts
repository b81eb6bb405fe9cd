import type { Section } from './sections';

export const SPAWN: Section = {
  name: 'spawn',
  title: 'Virtual actors: the first message of 100,000, and what each leaves on the heap',
  cases: ['spawn-virtual', 'spawn-active', 'spawn-passive', 'spawn-active-durable', 'spawn-passive-durable'],
  rows: [
    { label: 'made and answered', figure: 'spawn-virtual.opsPerSecond', unit: 'per second' },
    { label: 'active, no journal', figure: 'spawn-active.bytesPerActor', unit: 'bytes' },
    { label: 'passive, no journal', figure: 'spawn-passive.bytesPerActor', unit: 'bytes' },
    { label: 'active, durable', figure: 'spawn-active-durable.bytesPerActor', unit: 'bytes' },
    {
      label: 'passive, durable: nothing but noise',
      figure: 'spawn-passive-durable.bytesPerActor',
      unit: 'bytes',
      goal: { atMost: 64 },
    },
  ],
};

export const MANY: Section = {
  name: 'many',
  title: 'One million durable keys on SQLite, at most 100,000 in memory',
  cases: ['many-keys'],
  onDemand: true,
  rows: [
    { label: 'first messages', figure: 'many-keys.opsPerSecond', unit: 'per second' },
    { label: 'of those that had left', figure: 'many-keys.againOpsPerSecond', unit: 'per second' },
    { label: 'heap after a million', figure: 'many-keys.heapBytes', unit: 'bytes' },
    { label: 'resident set', figure: 'many-keys.residentBytes', unit: 'bytes' },
  ],
};
