import type { Mutant } from '../mutant';

const TURN_AHEAD = 'libs/core/src/waits/turn-ahead.ts';

/** Bugs in who waits for whom. They break no promise of the bank's: random graphs of asks are their judge (test/integration/waits). */
export const WAITS_MUTANTS: readonly Mutant[] = [
  {
    name: 'one stuck act stops a plain turn',
    breaks: 'no false alarm',
    what: 'a turn that may go on with another act is taken for stuck',
    edits: [
      {
        file: 'libs/core/src/turn/plain-turn.ts',
        find: '    return this.openActs;\n',
        put: '    return Math.min(1, this.openActs);\n',
      },
    ],
  },
  {
    name: 'readers never wait',
    breaks: 'no call hangs',
    what: 'a reader that may not overtake what its sender sent before is taken for one that runs',
    edits: [
      {
        file: TURN_AHEAD,
        find: '  const run = message?.run ?? null;\n',
        put: '  if (message?.handler.readOnly === true) return null;\n  const run = message?.run ?? null;\n',
      },
    ],
  },
  {
    name: 'no deadlock among durable actors',
    breaks: 'no call hangs',
    what: 'a durable turn is taken to go on by itself',
    edits: [
      {
        file: 'libs/core/src/turn/durable-turn.ts',
        find: '  readonly waitsToBeStuck = 1; // it ends when all its acts have\n',
        put: '  readonly waitsToBeStuck = Infinity;\n',
      },
    ],
  },
];
