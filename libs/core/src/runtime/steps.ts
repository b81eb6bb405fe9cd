import {
  encodePayload,
  type EntryBody,
  type ErrorRecord,
  type FacetAttached,
  type FacetDetached,
  type StateChanges,
} from '#journal';
import type { ActorStatus, InboxChange, NewInboxRow, TurnTransaction } from '#spi';
import { type CommittedReplies, lateChange, lateEntry, lateReplies, putOffChange } from '../deferred/late-rows';
import type { PendingEntry } from '../turn/effect-record';
import { encodeError, encodeResult } from './answer-codec';
import { afterFailure } from '../planning/after-failure';
import type { Step, StepRows } from './commit-line';
import type { Message } from './message';
import { argsHashOf, toInboxRow } from './message-codec';

/** How a turn ended. */
export type Ending =
  { readonly kind: 'result'; readonly result: Uint8Array } | { readonly kind: 'error'; readonly error: ErrorRecord };

export interface TurnCommit {
  readonly message: Message;
  /** Records of the turn that are in no append yet. */
  readonly pending: readonly PendingEntry[];
  readonly ending: Ending;
  /** A facet refused it before anything was recorded: the answer is kept with the message, history is not told (DESIGN §5). */
  readonly refused: boolean;
  /** Answers that are not this message's own, or its own put off. */
  readonly replies: CommittedReplies;
  readonly changes: StateChanges | null;
  /** Facets attached or detached by it. */
  readonly facets: readonly (FacetAttached | FacetDetached)[];
  /** Changes to rows of other messages. */
  readonly inbox: readonly InboxChange[];
  readonly sends: readonly Message[];
  /** Ids of messages to itself that it takes back. */
  readonly withdrawn: readonly string[];
  readonly rows: StepRows | null;
  /** Of `ctx.transact`: the append is written in it. */
  readonly transaction: TurnTransaction | null;
  /** Which receivers keep an inbox: the others get their message in memory, after the commit. */
  readonly isStored: (send: Message) => boolean;
  readonly status: ActorStatus | null;
  readonly time: number;
  readonly expiresAt: number;
  /** For how long an answer that is owed may be asked for. */
  readonly keysMs: number;
  readonly done: () => void;
}

/** Everything of a finished turn, in one append (P3). Pure. */
export function commitStep(commit: TurnCommit): Step {
  const { message, time, ending, changes } = commit;
  const entries: PendingEntry[] = [...commit.pending];
  const add = (body: EntryBody): void => void entries.push({ body, time });
  if (changes !== null) add({ kind: 'StateChanged', changes });
  commit.facets.forEach(add);
  for (const send of commit.sends) add(sentEntry(send));
  const late = lateReplies(commit);
  for (const reply of late) add(lateEntry(message.to.encoded, reply));
  add({
    kind: 'MessageProcessed',
    messageId: message.id,
    result: ending.kind === 'result' ? ending.result : null,
    error: ending.kind === 'error' ? ending.error : null,
  });
  return {
    message,
    opens: false,
    ends: true,
    entries: commit.refused && !message.opened ? [] : entries,
    inbox: [
      ...commit.inbox,
      commit.replies?.isDeferred === true
        ? putOffChange(message, commit.expiresAt)
        : ended('done', message, ending, commit.expiresAt),
      ...late.map((reply) => lateChange(message.to.encoded, reply, commit.keysMs)),
      ...commit.withdrawn.map((id) => takenBack(commit, id)),
    ],
    sends: commit.sends.filter(commit.isStored).map(rowOfSend),
    rows: commit.rows,
    transaction: commit.transaction,
    changes,
    facets: commit.facets,
    status: commit.status,
    done: commit.done,
    undone: () => commit.sends.forEach((send) => send.leave()),
  };
}

/** Records inside a turn; the first gives the message its row and opens it (DESIGN §4, step 2). */
export function recordsStep(message: Message, pending: readonly PendingEntry[], now: number): Step {
  const opens = !message.opened;
  const inbox = opens ? [openChange(message, now)] : [];
  if (opens) message.open();
  return { ...step(message, pending, inbox), opens };
}

/** Another start is counted before it happens (P7). */
export function attemptStep(message: Message, pending: readonly PendingEntry[], dueAt: number, now: number): Step {
  const opens = !message.opened && pending.length > 0;
  const inbox: InboxChange[] = opens ? [openChange(message, now)] : [];
  if (opens) message.open();
  inbox.push({ op: 'attempt', id: message.id, attempts: message.attempts, dueAt });
  return { ...step(message, pending, inbox), opens };
}

/** The message is given up; its records stay in the journal, closed by the cause. */
export function parkStep(
  message: Message,
  pending: readonly PendingEntry[],
  cause: ErrorRecord,
  now: number,
  sends: readonly Message[] = [],
): Step {
  const entries: PendingEntry[] = [
    ...pending,
    ...sends.map((send) => ({ body: sentEntry(send), time: now })),
    { body: { kind: 'MessageParked', messageId: message.id, attempts: message.attempts, cause }, time: now },
  ];
  const isNew = message.row === 'none'; // an operator needs its envelope, which only a row that was opened has
  const inbox = [
    ...(isNew ? [openChange(message, now)] : []),
    { ...ended('parked', message, { kind: 'error', error: cause }, null), fresh: false },
  ];
  const goingOn = afterFailure(message).map((next) => toInboxRow(next, now));
  return {
    ...step(message, entries, inbox),
    ends: true,
    sends: [...goingOn, ...sends.map(rowOfSend)],
  };
}

function step(message: Message, entries: readonly PendingEntry[], inbox: readonly InboxChange[]): Step {
  return {
    message,
    opens: false,
    ends: false,
    entries,
    inbox,
    sends: [],
    rows: null,
    transaction: null,
    changes: null,
    facets: [],
    status: null,
    done: () => undefined,
    undone: () => undefined,
  };
}

function openChange(message: Message, now: number): InboxChange {
  const row: NewInboxRow | null = message.row === 'none' ? toInboxRow(message, now) : null;
  return { op: 'open', id: message.id, row };
}

function rowOfSend(send: Message): NewInboxRow {
  send.row = 'accepting';
  return toInboxRow(send, send.dueAt);
}

type Ended = Extract<InboxChange, { readonly op: 'done' | 'parked' }>;

function ended(op: 'done' | 'parked', message: Message, ending: Ending, expiresAt: number | null): Ended {
  const row = { actor: message.to.encoded, id: message.id, argsHash: argsHashOf(message) };
  return {
    op,
    id: row.id,
    argsHash: row.argsHash,
    answer: ending.kind === 'result' ? encodeResult(row, ending.result) : encodeError(row, ending.error),
    expiresAt,
    fresh: message.row === 'none',
  };
}

/**
 * Nobody asks for its answer: the id ends so that nothing starts it any more. A run that has failed for good, and whose plan is to
 * go on behind this turn (`afterFailure`), has ended already; if it was parked it is not its actor's any more.
 */
function takenBack({ message, expiresAt }: TurnCommit, id: string): InboxChange {
  const argsHash = '';
  const answer = encodeResult({ actor: message.to.encoded, id, argsHash }, encodePayload(undefined));
  return { op: 'done', id, argsHash, answer, expiresAt, fresh: false, sparesEnded: true };
}

function sentEntry(send: Message): EntryBody {
  return {
    kind: 'MessageSent',
    messageId: send.id,
    receiver: send.to.encoded,
    method: send.handler.name,
    payload: send.payload ?? encodePayload(send.args),
    dueAt: send.dueAt,
  };
}
