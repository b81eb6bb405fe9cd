import type { Mutant } from '../mutant';

const REMINDER = 'libs/facets/src/reminder/reminder.facet.ts';
const NEXT_RUN = 'libs/facets/src/reminder/next-run.ts';
const STEPS = 'libs/core/src/runtime/steps.ts';
const RESUME = 'libs/core/src/runtime/resume-message.ts';
const KNOWN = 'libs/core/src/runtime/known-messages.ts';
const CLOSED = 'libs/core/src/dead-letters/closed-line.ts';
const UNDO = 'libs/core/src/runtime/undo-commits.ts';
const UNPARK = 'libs/core/src/dead-letters/unpark-turn.ts';

/** Bugs in reminders and dead letters, which the bank does without: found by the simulation of the duty workload. */
export const DUTY_MUTANTS: readonly Mutant[] = (
  [
    {
      name: 'runs of a plan share one id',
      breaks: 'D3',
      what: 'the id of a run does not say which one it is, so the store takes the next one for a repeat: it never runs (P5)',
      edits: [
        {
          file: 'libs/core/src/planning/occurrence.ts',
          find: '${generation}/${number}`',
          put: '${generation}/${Math.min(1, number)}`',
        },
      ],
    },
    {
      name: 'next run not in the commit',
      breaks: 'D3',
      what: 'the state says that a run is on its way, and none is stored (P3)',
      edits: [
        {
          file: REMINDER,
          find: '    planner.send(runOf(name, following), next);\n',
          put: '    planner.afterCommit(() => undefined);\n',
        },
      ],
    },
    {
      name: 'plan ends with a parked run',
      breaks: 'D3',
      what: 'what goes on after a run that was given up is not in the append that parks it (P8)',
      edits: [
        {
          file: STEPS,
          find: 'afterFailure(message).map((next) => toInboxRow(next, now));',
          put: 'afterFailure(message).slice(1).map((next) => toInboxRow(next, now));',
        },
      ],
    },
    {
      name: 'run of an operator counted again',
      breaks: 'D3',
      what: 'a run that was given up, and counted, counts again when an operator has it run',
      edits: [{ file: REMINDER, find: '    if (entry.settled >= number) return; // M4\n', put: '' }],
    },
    {
      name: 'late run made up for though skipped',
      breaks: 'D6',
      what: 'the grace of a reminder whose missed runs are skipped is not looked at',
      edits: [{ file: NEXT_RUN, find: "missed === 'skip' && startedAt - dueAt > graceMs;", put: 'false;' }],
    },
    {
      name: 'revived run comes to nothing',
      breaks: 'D3',
      what: 'a run that an operator takes up again is taken for one whose time is over',
      edits: [
        {
          file: 'libs/core/src/planning/settle-occurrence.ts',
          find: 'occurrence === null || isRevived(turn.received)',
          put: 'occurrence === null',
        },
      ],
    },
    {
      name: 'revival forgets the records',
      breaks: 'D4',
      what: 'a message that was parked starts again as if it had recorded nothing (P6)',
      edits: [
        {
          file: RESUME,
          find: 'if (history.length === 0 && isRevived(message))',
          put: 'if (history.length < 0 && isRevived(message))',
        },
      ],
    },
    {
      name: 'revived message goes on in its old turn',
      breaks: 'D2',
      what: 'the open turn that the actor was loaded with is taken for that of a message which was parked since',
      edits: [{ file: RESUME, find: 'message.opened && open?.received', put: 'open?.received' }],
    },
    {
      name: 'repeat of a revived message runs alone',
      breaks: 'D4',
      what: 'a repeat that meets the revived row in the store starts without its records (P6)',
      edits: [{ file: KNOWN, find: 'if (!isRevived(stored)) {', put: 'if (stored.id !== "") {' }],
    },
    {
      name: 'discarded message runs',
      breaks: 'D1',
      what: 'what an operator discards is taken up again, and left there',
      edits: [
        {
          file: UNPARK,
          find: "    { op: 'done', id, argsHash, answer: encodeError(row, error), expiresAt, fresh: false },\n",
          put: '',
        },
      ],
    },
    {
      name: 'taking back a parked run',
      breaks: 'P7',
      what: 'a turn that cancels a reminder is refused when its run was parked a moment ago',
      edits: [
        { file: STEPS, find: 'fresh: false, sparesEnded: true }', put: 'fresh: false }' },
        { file: UNDO, find: "refusal.kind === 'duplicate' && refusal.row.id !== first.id;", put: 'false;' }, // else it is tried again
      ],
    },
    {
      name: 'held line opens by itself',
      breaks: 'D5',
      what: 'one decision opens a line that another parked message holds, or the same one again',
      edits: [
        { file: CLOSED, find: '      if (first !== undefined) {\n', put: '      if (first?.id === "") {\n' },
        {
          file: CLOSED,
          find: '    this.by = { message, error, isPoison };\n',
          put: '    this.by = isPoison && message !== null ? null : { message, error, isPoison };\n    if (this.by === null) return this.host.turnEnded();\n',
        },
      ],
    },
  ] satisfies Mutant[]
).map((mutant) => ({ ...mutant, workload: 'duty' }));
