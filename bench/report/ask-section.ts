import type { Section } from './sections';

const nact = 'nact';

export const ASK: Section = {
  name: 'ask',
  title: 'Ask without durability: primitive argument and state, 100 actors, prepared refs',
  cases: ['ask-plain', 'ask-nact', 'ask-facets'],
  rows: [
    {
      label: 'no facets, 50 in flight',
      figure: 'ask-plain.opsPerSecond',
      unit: 'per second',
      goal: { atLeast: 500_000 },
      ratio: { to: nact, figure: 'ask-nact.opsPerSecond', goal: { atLeast: 0.7 } },
    },
    {
      label: 'no facets, one at a time',
      figure: 'ask-plain.singleOpsPerSecond',
      unit: 'per second',
      ratio: { to: nact, figure: 'ask-nact.singleOpsPerSecond' },
    },
    { label: 'nact, 50 in flight', figure: 'ask-nact.opsPerSecond', unit: 'per second' },
    { label: 'nact, one at a time', figure: 'ask-nact.singleOpsPerSecond', unit: 'per second' },
    {
      label: 'three trivial facets, 50 in flight',
      figure: 'ask-facets.opsPerSecond',
      unit: 'per second',
      ratio: { to: 'no facets', figure: 'ask-plain.opsPerSecond', goal: { atLeast: 0.5 } },
    },
    {
      label: 'three trivial facets, one at a time',
      figure: 'ask-facets.singleOpsPerSecond',
      unit: 'per second',
      ratio: { to: 'no facets', figure: 'ask-plain.singleOpsPerSecond' },
    },
  ],
};
