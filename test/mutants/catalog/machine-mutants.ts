import type { Mutant } from '../mutant';

const IN_ORDER = 'libs/behaviors/src/fsm/in-order.ts';
const SEND = 'libs/behaviors/src/fsm/send-again.ts';

/** A bug in state machines: `breaks` is a part of what the judge of test/chaos/machines has to say. */
export const MACHINE_MUTANTS: readonly Mutant[] = [
  {
    name: 'later events pass postponed ones',
    breaks: 'ran after a later one',
    what: 'an event runs although earlier ones are under way',
    edits: [
      {
        file: IN_ORDER,
        find: '!next.underWay.some((other) => other.arrival < arrival)',
        put: 'next.underWay.length >= 0',
      },
    ],
  },
  {
    name: 'postponed events sent again twice',
    breaks: 'run twice',
    what: 'of some that were postponed two messages leave',
    edits: [
      {
        file: SEND,
        find: 'await tellAgain(event, place);',
        put: 'await tellAgain(event, place); if (place.rank % 3 === 0) await tellAgain(event, place);',
      },
    ],
  },
];
