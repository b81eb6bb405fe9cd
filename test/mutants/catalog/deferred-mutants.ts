import type { Mutant } from '../mutant';

const RELEASE = 'libs/core/src/deferred/release-turn.ts';
const STEPS = 'libs/core/src/runtime/steps.ts';

/** Bugs in answers that are put off, which the bank does without: test/simulation/owing-desk.ts is their judge. */
export const DEFERRED_MUTANTS: readonly Mutant[] = [
  {
    name: 'late answer not in the commit',
    breaks: 'P3, P5',
    what: 'a late answer has no row: who asks again under its key, after a crash above all, waits for ever',
    edits: [
      {
        file: STEPS,
        find: '      ...late.map((reply) => lateChange(message.to.encoded, reply, commit.keysMs)),\n',
        put: '',
      },
    ],
  },
  {
    name: 'owed answer forgotten',
    breaks: 'P5',
    what: 'a message that has put off its answer is stored as one that was answered: a repeat, also by recovery, gets nothing',
    edits: [
      {
        file: 'libs/core/src/runtime/known-message.ts',
        find: "  else if (answer.kind === 'deferred') deferred.repeat(message);\n",
        put: "  else if (answer.kind === 'deferred') message.answer(undefined);\n",
      },
    ],
  },
  {
    name: 'late answer before its commit',
    breaks: 'P4',
    what: 'the asker has a late answer while the turn that gives it is on its way to the store',
    edits: [
      {
        file: 'libs/core/src/runtime/turn-runner.ts',
        find: "    failpoint('turn.beforeCommit');\n",
        put: "    failpoint('turn.beforeCommit');\n    for (const { messageId, ending: late } of turn.replies?.made ?? [])\n      host.system.deferred.settle(turn.actorId, messageId, (asker) => {\n        if (late.kind === 'result') asker.answer(require('#journal').decodePayload(late.result));\n      });\n",
      },
    ],
  },
  {
    name: 'late answer to who waits longest',
    breaks: 'P5',
    what: 'a late answer goes to the oldest of those who wait, whoever it was meant for',
    edits: [
      {
        file: RELEASE,
        find: '    host.system.deferred.settle(actorId, messageId, (asker) => {',
        put: '    host.system.deferred.settle(actorId, host.system.deferred.waitingFor(actorId)[0] ?? messageId, (asker) => {',
      },
    ],
  },
  {
    name: 'token for an answer',
    breaks: 'P5',
    what: 'what a turn returns that puts off its answer is stored as the late answer: a repeat gets the token',
    edits: [
      {
        file: STEPS,
        find: '  const late = lateReplies(commit);\n',
        put: '  const late = commit.replies?.isDeferred === true ? [{ messageId: message.id, since: time, ending }] : lateReplies(commit);\n',
      },
    ],
  },
];
