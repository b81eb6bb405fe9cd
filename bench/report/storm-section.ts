import type { Section } from './sections';

export const STORM: Section = {
  name: 'storm',
  title: '1,000 children that crash without end, a supervisor that allows 5,000 restarts, on SQLite',
  cases: ['restart-storm'],
  rows: [
    { label: 'restarts, of those allowed', figure: 'restart-storm.shareOfBound', unit: 'share', goal: { atMost: 1 } },
    {
      label: 'asks of others meanwhile',
      figure: 'restart-storm.stormOpsPerSecond',
      unit: 'per second',
      ratio: { to: 'in calm', figure: 'restart-storm.calmOpsPerSecond', goal: { atLeast: 0.25 } },
    },
    { label: 'from the last restart until all are down', figure: 'restart-storm.settleMs', unit: 'ms' },
  ],
};
