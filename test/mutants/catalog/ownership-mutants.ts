import type { Mutant } from '../mutant';

const DECISIONS = 'libs/core/src/ownership/lease-decisions.ts';
const OWNERSHIP = 'libs/core/src/ownership/ownership.ts';
const TERMS = 'libs/core/src/runtime/terms.ts';

/** Bugs in who may act on a store that several nodes open: what each breaks shows in effects that leave too late, or not at all. */
export const OWNERSHIP_MUTANTS: readonly Mutant[] = [
  {
    name: 'right judged by the wall clock',
    breaks: 'P6',
    what: 'a wall clock that is put back makes the right of a node last longer than its lease',
    edits: [
      {
        file: OWNERSHIP,
        find: '    if (this.parts.env.monotonic() < this.until) return true;\n',
        put: '    if (this.parts.env.now() < this.wallUntil) return true;\n',
      },
      {
        file: OWNERSHIP,
        find: '    this.until = until;\n    this.watchEnd();',
        put: '    this.until = until;\n    this.wallUntil = this.parts.env.now() + (until - this.parts.env.monotonic());\n    this.watchEnd();',
      },
      { file: OWNERSHIP, find: '  private term = 0;\n', put: '  private term = 0;\n  private wallUntil = 0;\n' },
      {
        file: OWNERSHIP,
        find: 'Math.max(1, this.until - env.monotonic()));\n  }\n}',
        put: 'Math.max(1, this.wallUntil - env.now()));\n  }\n}',
      },
    ],
  },
  {
    name: 'right counted from the answer',
    breaks: 'P6',
    what: 'the right is counted from the moment the grant was heard of, not from that of the claim (F04)',
    edits: [
      {
        file: DECISIONS,
        find: 'const until = sentAt + leftMs - marginOf(ttlMs);',
        put: 'const until = answeredAt + leftMs - marginOf(ttlMs);',
      },
    ],
  },
  {
    name: 'no check before an effect',
    breaks: 'P6',
    what: 'an effect starts without a look at the clock: only a timer ends the right',
    edits: [
      {
        file: 'libs/core/src/turn/run-effect.ts',
        find: '    if (!system.mayAct()) {',
        put: '    if (system.nodeId === null) {',
      },
    ],
  },
  {
    name: 'turns go on without the right',
    breaks: 'P6',
    what: 'when the right ends, what runs is left alone',
    edits: [
      { file: TERMS, find: '    activations.forsake(error);\n', put: '    void error;\n' },
      {
        file: 'libs/core/src/turn/run-effect.ts',
        find: '    if (!system.mayAct()) {',
        put: '    if (system.nodeId === null) {',
      },
    ],
  },
  {
    name: 'stand-by serves',
    breaks: 'P6',
    what: 'a node serves though its claim was not granted',
    edits: [
      {
        file: DECISIONS,
        find: '  if (answer.holder !== claimant)\n',
        put: '  if (answer.holder !== claimant && answer.leftMs < 0)\n',
      },
    ],
  },
  {
    name: 'lease released before the last turn',
    breaks: 'P6',
    what: 'a node that ends gives its lease back while turns are under way',
    edits: [
      {
        file: TERMS,
        find: '    this.isStopped = true;\n    this.due.stop();\n',
        put: "    this.isStopped = true;\n    this.due.stop();\n    const { owned } = this;\n    if (owned !== null) void this.system.storage.leases?.release('owner', (owned as unknown as { holder: string }).holder);\n",
      },
    ],
  },
  {
    name: 'stand-by asks once',
    breaks: 'P8',
    what: 'a node that stands by does not look again when the lease ends: accepted work waits for ever',
    edits: [
      {
        file: OWNERSHIP,
        find: '    this.askAt(step.askAt);\n',
        put: "    if (step.kind !== 'wait') this.askAt(step.askAt);\n",
      },
    ],
  },
  {
    name: 'work of a lost term forgotten',
    breaks: 'P8',
    what: 'a node that owns the store again takes up nothing of what was accepted before',
    edits: [
      {
        file: TERMS,
        find: '    if (this.isStopped) return;\n    await this.system.supervision.start();',
        put: '    if (this.isStopped || (this.begun = (this.begun ?? 0) + 1) > 1) return;\n    await this.system.supervision.start();',
      },
      {
        file: TERMS,
        find: '  private isStopped = false;\n',
        put: '  private isStopped = false;\n  private begun?: number;\n',
      },
    ],
  },
];
