import type { Mutant } from '../mutant';

const TURN_RUNNER = 'libs/core/src/runtime/turn-runner.ts';
const TURN_LEAVES = 'libs/core/src/runtime/turn-leaves.ts';
const DURABLE_TURN = 'libs/core/src/turn/durable-turn.ts';
const DURABLE_ACTIVATION = 'libs/core/src/runtime/durable-activation.ts';
const COMMIT_LINE = 'libs/core/src/runtime/commit-line.ts';
const STEPS = 'libs/core/src/runtime/steps.ts';

/** Bugs inside a turn: what it may see, say and leave behind. */
export const TURN_MUTANTS: readonly Mutant[] = [
  {
    name: 'answer before the commit',
    breaks: 'P4',
    what: 'the asker has its answer while the commit is on its way',
    edits: [
      {
        file: TURN_RUNNER,
        find: "    failpoint('turn.beforeCommit');\n",
        put: "    failpoint('turn.beforeCommit');\n    if (ending.kind === 'result' && message.handler.name !== '$stop') message.answer(outcome);\n",
      },
    ],
  },
  {
    name: 'answer before its predecessor',
    breaks: 'P2, P4',
    what: 'a turn that started on a speculative state is answered before that state is durable',
    edits: [
      {
        file: TURN_RUNNER,
        find: "    failpoint('turn.beforeCommit');\n",
        put: "    failpoint('turn.beforeCommit');\n    if (!host.line.isEmpty && ending.kind === 'result' && message.handler.name !== '$stop') message.answer(outcome);\n",
      },
    ],
  },
  {
    name: 'stale activation answers',
    breaks: 'P4, P10',
    what: 'an activation that lost the race for the head goes on as if it had won',
    edits: [
      {
        file: COMMIT_LINE,
        find: "    if (outcome.kind === 'committed') {\n      this.durable = outcome.head;",
        put: "    if (outcome.kind === 'committed' || outcome.kind === 'conflict') {\n      this.durable = outcome.kind === 'conflict' ? outcome.actual : outcome.head;",
      },
      {
        file: COMMIT_LINE,
        find: 'if (step.ends) this.boundarySeq = outcome.head.seq;',
        put: 'if (step.ends) this.boundarySeq = this.durable.seq;',
      },
    ],
  },
  {
    name: 'epoch not raised',
    breaks: 'P10',
    what: 'a new activation writes under the epoch of the one before it',
    edits: [
      {
        file: COMMIT_LINE,
        find: 'return this.isStarted ? this.head.epoch : this.head.epoch + 1;',
        put: 'return Math.max(1, this.head.epoch);',
      },
    ],
  },
  {
    name: 'effect not recorded',
    breaks: 'P6',
    what: 'the handler sees the result of an effect that no entry keeps',
    edits: [
      {
        file: DURABLE_TURN,
        find: 'const record = this.host.recordsEffects ? this.records.add(body)',
        put: 'const record = this.host.recordsEffects && body.attempts < 0 ? this.records.add(body)',
      },
    ],
  },
  {
    name: 'effect before its message',
    breaks: 'P4, P6',
    what: 'an effect starts while its message, and the records before it, are on their way to the store',
    edits: [
      {
        file: DURABLE_TURN,
        find: '    this.host.sync(this, synced, withRecords);',
        put: '    this.host.sync(this, () => undefined, withRecords);\n    synced(null);',
      },
    ],
  },
  {
    name: 'ordinal reused after a caught error',
    breaks: 'P6, P9',
    what: 'an effect that failed gives its rank back, and the next one has the same key',
    edits: [
      {
        file: DURABLE_TURN,
        find: 'if (error !== null) reject(fromErrorRecord(error));',
        put: 'if (error !== null) {\n        this.ordinals.handlerActs--;\n        reject(fromErrorRecord(error));\n      }',
      },
    ],
  },
  {
    name: 'failures not recorded',
    breaks: 'P6',
    what: 'an effect that failed for good has no record, and is called again by a re-run',
    edits: [
      {
        file: DURABLE_TURN,
        find: 'const record = this.host.recordsEffects ? this.records.add(body)',
        put: 'const record = body.error === null ? this.records.add(body)',
      },
    ],
  },
  {
    name: 'hand-over in the order of calls',
    breaks: 'P9',
    what: 'a re-run gets its recorded results in the order it asks for them, not in that they came',
    edits: [
      {
        file: 'libs/core/src/turn/recorded-acts.ts',
        find: '    const record = this.next;\n    const deliver = record && this.waiting.get(record);',
        put: '    const [record, deliver] = [...this.waiting][0] ?? [];',
      },
    ],
  },
  {
    name: 'new dice for every run',
    breaks: 'P9',
    what: 'random() and uuid() of a turn differ when it runs again',
    edits: [
      {
        file: 'libs/core/src/turn/turn.ts',
        find: 'new Deterministic(this.received.actsAs)',
        put: 'new Deterministic(this.host.env.id())',
      },
    ],
  },
  {
    name: 'state kept after an error',
    breaks: 'P7',
    what: 'the instance of a failed turn is used for the next',
    edits: [
      {
        file: DURABLE_ACTIVATION,
        find: '    return renewInstance(this);',
        put: '    return this.state === "Failed" ? Promise.resolve(true) : renewInstance(this);',
      },
    ],
  },
  {
    name: 'sends of a failed turn',
    breaks: 'P7',
    what: 'what a failed turn sent leaves with its error',
    edits: [{ file: TURN_LEAVES, find: '  turn.sends = afterFailure(turn.received);\n', put: '' }],
  },
  {
    name: 'state of a failed turn',
    breaks: 'P7',
    what: 'what a failed turn changed is committed with its error',
    edits: [
      {
        file: TURN_RUNNER,
        find: 'this.commit(turn, ending, null, [], outcome, refused);',
        put: 'this.commit(turn, ending, this.host.live.takeChanges(), [], outcome, refused);',
      },
      {
        file: 'libs/journal/src/fold.ts',
        find: '    if (open === null || failed) return;',
        put: '    if (open === null) return;',
      },
    ],
  },
  {
    name: 'half a rollback',
    breaks: 'P7',
    what: 'when a commit is refused, the state it would have left is kept for the turns that run again',
    edits: [
      {
        file: COMMIT_LINE,
        find: '    this.refused.push(step);\n',
        put: '    this.refused.push(step);\n    applyStep(this.image, step);\n',
      },
    ],
  },
  {
    name: 'dirty reads',
    breaks: 'P2',
    what: 'a read-only handler sees turns that are not durable yet',
    edits: [
      {
        file: 'libs/core/src/runtime/durable-reads.ts',
        find: '(host.adoption.image ?? host.line.image).clone()',
        put: '(host.adoption.image ?? host.line.speculativeImage()).clone()',
      },
    ],
  },
  {
    name: 'attempts in memory only',
    breaks: 'P7',
    what: 'a start is not counted in the store before it happens',
    edits: [
      {
        file: STEPS,
        find: "  inbox.push({ op: 'attempt', id: message.id, attempts: message.attempts, dueAt });",
        put: "  inbox.push({ op: 'attempt', id: message.id, attempts: 1, dueAt });",
      },
    ],
  },
  {
    name: 'start counted while it happens',
    breaks: 'P7',
    what: 'a message that was found in the store starts before its start is durable',
    edits: [
      {
        file: 'libs/core/src/runtime/resume-message.ts',
        find: '  host.runner.held.whenSafe(message, () =>\n    host.runner.held.unlessGone(message, () => {',
        put: '  host.runner.held.over(message, Promise.resolve(), () =>\n    ((start: () => void) => start())(() => {',
      },
    ],
  },
  {
    name: 'parked message resurrected',
    breaks: 'P7',
    what: 'a message that was given up is still waiting in the store, and runs again after a restart',
    edits: [
      {
        file: STEPS,
        find: '    ...step(message, entries, inbox),\n    ends: true,\n    sends: [...goingOn',
        put: '    ...step(message, isNew ? [] : entries.slice(0, -1), []),\n    ends: true,\n    sends: [...goingOn',
      },
    ],
  },
];
