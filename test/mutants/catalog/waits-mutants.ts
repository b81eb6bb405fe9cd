import type { Mutant } from '../mutant';

const TURN_AHEAD = 'libs/core/src/waits/turn-ahead.ts';
const WAITS_NOW = 'libs/core/src/waits/waits-now.ts';

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
  {
    name: 'owed answers wait for nobody',
    breaks: 'no call hangs',
    what: 'who waits for an answer that was put off is taken to wait for a message that has ended',
    edits: [
      {
        file: 'libs/core/src/deferred/deferred-asks.ts',
        find: '    if (waiter !== null) this.system.waits.defer(waiter);\n',
        put: '',
      },
    ],
  },
  {
    name: 'side effects await what they ask',
    breaks: 'no false alarm',
    what: 'a side effect that goes on by itself is taken to wait for what it has asked for',
    edits: [{ file: WAITS_NOW, find: 'waits.filter(({ by }) => by.effect === null)', put: 'waits' }],
  },
  {
    name: 'side effects are links of a chain',
    breaks: 'no false alarm',
    what: 'an ask is refused because a side effect, which goes on by itself, has asked who makes it',
    edits: [
      {
        file: 'libs/core/src/runtime/send-origin.ts',
        find: '{ ...CLIENT, asks: frame }',
        put: '{ ...CLIENT, trail: { ...CLIENT.trail, chain: [...frame.turn.received.trail.chain, frame.turn.actorId] }, asks: frame }',
      },
    ],
  },
  {
    name: 'calls inside outlive their turn',
    breaks: 'no false alarm',
    what: 'a reentrant call that waits is taken for stuck, though the end of its turn ends it',
    edits: [
      {
        file: WAITS_NOW,
        find: '    if (turn.inside !== null) links.push(new Link(turn, turn.inside));\n',
        put: '    void turn;\n',
      },
      { file: WAITS_NOW, find: 'waitsToBeStuck : waitsToBeStuck + 1', put: 'waitsToBeStuck : waitsToBeStuck' },
    ],
  },
];
