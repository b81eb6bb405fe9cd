import { DATABASE } from './durable-section';
import type { Section } from './sections';

const clear = 'in the clear';

/** What `encryption` costs. It is done before a write reaches the store, so one storage tells. */
export const ENCRYPTION: Section = {
  name: 'encryption',
  title: `Durable ask with one recorded effect, payloads encrypted (AES-256-GCM), on ${DATABASE.sqlite}: 100 actors`,
  cases: ['encryption-off', 'encryption-on'],
  rows: [
    {
      label: 'encrypted, 50 in flight',
      figure: 'encryption-on.opsPerSecond',
      unit: 'per second',
      ratio: { to: clear, figure: 'encryption-off.opsPerSecond' },
    },
    { label: 'in the clear, 50 in flight', figure: 'encryption-off.opsPerSecond', unit: 'per second' },
    {
      label: 'encrypted, one at a time, p50',
      figure: 'encryption-on.p50Ms',
      unit: 'ms',
      ratio: { to: clear, figure: 'encryption-off.p50Ms' },
    },
    {
      label: 'encrypted, one at a time, p99',
      figure: 'encryption-on.p99Ms',
      unit: 'ms',
      ratio: { to: clear, figure: 'encryption-off.p99Ms' },
    },
  ],
};
