import type { Mutant } from '../mutant';

const PENDING = 'libs/core/src/runtime/pending-messages.ts';
const FOLD = 'libs/journal/src/fold.ts';

/** Bugs around restarts: what is found again, in which order, how often. */
export const RECOVERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'open message runs from nothing',
    breaks: 'P6, P8',
    what: 'a message that was under way is run again without its records',
    edits: [
      {
        file: 'libs/core/src/runtime/resume-message.ts',
        find: 'const history = message.opened && open?.received.messageId === message.id ? historyOf(open) : [];',
        put: 'const history = message.opened && open?.received.messageId === message.id ? historyOf(open).slice(0, 1) : [];',
      },
    ],
  },
  {
    name: 'accepted work forgotten',
    breaks: 'P8',
    what: 'what is due at the start is not looked for',
    edits: [
      {
        file: 'libs/core/src/runtime/due-scanner.ts',
        find: 'for (const { actor } of found.slice(woken)) {',
        put: 'for (const { actor } of found.slice(found.length)) {',
      },
    ],
  },
  {
    name: 'lost wake-up',
    breaks: 'P8',
    what: 'a row that falls due while its actor is busy is not looked at when the turn has ended',
    edits: [
      {
        file: 'libs/core/src/runtime/durable-activation.ts',
        find: '    if (!this.dueRows.areExpected || this.released) return super.turnEnded();',
        put: '    if (this.dueRows.areExpected || this.isReleased || true) return super.turnEnded();',
      },
      {
        file: 'libs/core/src/runtime/durable-activation.ts',
        find: '    if (this.dueRows.areExpected) this.system.wakeAt(this.address, this.env.now());',
        put: '',
      },
      {
        file: 'libs/core/src/runtime/due-scanner.ts',
        find: 'this.expect(Math.min(next ?? Infinity, env.now() + PATROL_MS));',
        put: 'if (next !== null) this.expect(next);',
      },
    ],
  },
  {
    name: 'newcomers first',
    breaks: 'P2',
    what: 'messages that arrive while an actor is loaded go before those that waited in the store',
    edits: [
      {
        file: PENDING,
        find: 'return [...merged, ...arrived.slice(next)];',
        put: 'return [...arrived.slice(next), ...merged];',
      },
    ],
  },
  {
    name: 'undone work to the back',
    breaks: 'P2',
    what: 'messages whose turns were undone are put back in reverse order',
    edits: [
      {
        file: 'libs/core/src/runtime/mailbox.ts',
        find: '    for (let i = messages.length - 1; i >= 0; i--) {',
        put: '    for (let i = 0; i < messages.length; i++) {',
      },
    ],
  },
  {
    name: 'dedupe ids pruned in window',
    breaks: 'P5',
    what: 'the answer to an idempotency key is forgotten after ten milliseconds',
    edits: [
      {
        file: 'libs/core/src/runtime/turn-end.ts',
        find: 'isDeferred === true ? dedupe.keysMs',
        put: 'isDeferred === true ? 10',
      },
      {
        file: 'libs/core/src/runtime/due-scanner.ts',
        find: 'const PATROL_MS = 30_000;',
        put: 'const PATROL_MS = 20;',
      },
    ],
  },
  {
    name: 'checkpoint ahead of its journal',
    breaks: 'P8, P11',
    what: 'a checkpoint holds turns that are on their way to the store',
    edits: [
      {
        file: 'libs/core/src/runtime/durable-activation.ts',
        find: 'this.checkpointer.turnCommitted(this.line, turn.checkpointWanted);',
        put: `this.checkpointer.turnCommitted(
      { image: this.line.speculativeImage(), boundarySeq: this.line.boundarySeq, activation: this.line.activation },
      turn.checkpointWanted,
    );`,
      },
    ],
  },
  {
    name: 'checkpoint behind its number',
    breaks: 'P8',
    what: 'a checkpoint says that it covers one entry more than it does',
    edits: [
      {
        file: 'libs/core/src/runtime/checkpointer.ts',
        find: 'private async save({ image, boundarySeq: seq, activation }: DurablePoint): Promise<boolean> {',
        put: 'private async save({ image, boundarySeq, activation }: DurablePoint): Promise<boolean> {\n    const seq = boundarySeq + 1;',
      },
    ],
  },
  {
    name: 'last turn not folded',
    breaks: 'P8',
    what: 'recovery after a checkpoint leaves out the changes of the first turn behind it',
    edits: [
      {
        file: FOLD,
        find: '    for (const { record, kind } of open.inTurn) this.apply(record, kind);',
        put: '    if (this.turns === 1 && !this.image.isEmpty) return;\n    for (const { record, kind } of open.inTurn) this.apply(record, kind);',
      },
    ],
  },
];
