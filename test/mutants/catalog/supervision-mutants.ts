import type { Mutant } from '../mutant';

const DECIDE = 'libs/core/src/supervision/decide-restart.ts';
const NODE = 'libs/core/src/supervision/supervisor-node.ts';
const REINS = 'libs/core/src/runtime/reins.ts';
const INTERRUPT = 'libs/core/src/runtime/interrupt-turn.ts';

/** A bug in supervision, which the bank does without: `breaks` is the claim of judge-supervision.main.ts that it contradicts. */
export const SUPERVISION_MUTANTS: readonly Mutant[] = [
  {
    name: 'group stopped in its order of start',
    breaks: 'order',
    what: 'the children of a group are stopped first to last',
    edits: [
      {
        file: NODE,
        find: 'for (const each of [...group].reverse()) await each.halt();',
        put: 'for (const each of group) await each.halt();',
      },
    ],
  },
  {
    name: 'one restart too many',
    breaks: 'window',
    what: 'the limit itself is allowed to be passed',
    edits: [{ file: DECIDE, find: 'counted.length > maxRestarts ?', put: 'counted.length > maxRestarts + 1 ?' }],
  },
  {
    name: 'transient mended after a stop',
    breaks: 'transient',
    what: 'how a transient child ended is not looked at',
    edits: [
      {
        file: DECIDE,
        find: "restart === 'transient' && !exit.normal ?",
        put: "restart === 'transient' ?",
      },
    ],
  },
  {
    name: 'interrupted turn without its records',
    breaks: 'records',
    what: 'a turn that was cut off runs again as if it had recorded nothing (P6)',
    edits: [{ file: INTERRUPT, find: '[...turn.records.history]', put: '[...turn.records.history].slice(0, 0)' }],
  },
  {
    name: 'line moves before the restart',
    breaks: 'order',
    what: 'the line of a crashed child is not held: the next message runs before its supervisor has decided (T2)',
    edits: [
      {
        file: REINS,
        find: '    this.isTight = true;\n    this.rider.crashed(error, isUp);',
        put: '    this.rider.crashed(error, isUp);',
      },
    ],
  },
];
