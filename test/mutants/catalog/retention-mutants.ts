import type { Mutant } from '../mutant';

const KEPT = 'libs/journal/src/retention/kept-history.ts';

/** Bugs in forgetting: what recovery needs is gone. */
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
    name: 'truncation behind a single checkpoint',
    breaks: 'P8, P11',
    what: 'the journal is cut although only one checkpoint can be read',
    edits: [{ file: KEPT, find: '  return 0;', put: '  return oldest;' }],
  },
  {
    name: 'truncation behind checkpoints nobody has read',
    breaks: 'P8, P11',
    what: 'a checkpoint counts as kept because it is listed',
    edits: [
      {
        file: KEPT,
        find: '  for await (const { seq } of readableCheckpoints(store, actor, headSeq)) {\n',
        put: '  for (const seq of [...(await store.checkpoints.list(actor))].reverse().filter((one) => one <= headSeq)) {\n',
      },
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
