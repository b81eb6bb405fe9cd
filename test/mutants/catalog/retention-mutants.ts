import type { Mutant } from '../mutant';

const KEPT = 'libs/journal/src/retention/kept-history.ts';

/**
 * Bugs in forgetting: what recovery needs is gone. That two checkpoints must be readable is proven in
 * test/integration/durable/retention.spec.ts: the simulated disk never damages the only one that is left.
 */
export const RETENTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'truncation past the oldest checkpoint',
    breaks: 'P8, P11',
    what: 'the journal is cut up to the newest checkpoint, so that the older one has nothing to go on from',
    edits: [
      { file: KEPT, find: '    if (oldest > 0) return oldest;\n', put: '' },
      { file: KEPT, find: '  return 0;', put: '  return oldest;' },
    ],
  },
  {
    name: 'truncation one entry too far',
    breaks: 'P8',
    what: 'the first entry after the checkpoint goes as well',
    edits: [
      {
        file: 'libs/journal/src/retention/truncate-behind.ts',
        find: '  await store.journal.truncate(actor, through);',
        put: '  await store.journal.truncate(actor, through + 1);',
      },
    ],
  },
];
