import {
  encodeEntry,
  nextUlid,
  type ActivationStarted,
  type FacetAttached,
  type FacetDetached,
  type GroupCommitWriter,
  type PayloadCodec,
  type Settled,
  type StateChanges,
  type StateImage,
} from '#journal';
import {
  type ActorStatus,
  type AppendWrite,
  type Env,
  type Head,
  type HeadRow,
  type InboxChange,
  type NewInboxRow,
  type Outcome,
  type PlexSpacesError,
  type RowRefusal,
  type RowStatement,
  type TurnTransaction,
  StoreFailedError,
  VersionConflictError,
} from '#spi';
import { RowsRejectedError } from '../errors';
import { RetryRequest } from '../facet/outcomes';
import type { PendingEntry } from '../turn/effect-record';
import { outsideTurns } from '../turn/frame';
import { changeInJson, rowInJson } from './json-rows';
import { TRANSACT } from '../turn/turn-transaction';
import type { Message } from './message';

/** What a turn writes to the user's own tables. */
export interface StepRows {
  readonly statements: readonly RowStatement[];
  /** The store is sound, but these cannot be written: the turn ends in `error` instead. */
  rejected(error: CommitRefusal): void;
}

/** Why the database did not take what a turn brought for the application's tables: for good, or in somebody's way. */
export type CommitRefusal = RowsRejectedError | RetryRequest;

/** One append of an activation: a whole turn, records inside a turn, or a counted attempt. */
export interface Step {
  /** Whose turn it belongs to. */
  readonly message: Message;
  /** It gives the message its first record; undone when the step is refused. */
  readonly opens: boolean;
  /** It ends that turn: after it the actor stands at a turn boundary. */
  readonly ends: boolean;
  readonly entries: readonly PendingEntry[];
  readonly inbox: readonly InboxChange[];
  readonly sends: readonly NewInboxRow[];
  readonly rows: StepRows | null;
  /** Where it is written, if not in the next flush. Then it has `rows`, and nothing before it is under way. */
  readonly transaction: TurnTransaction | null;
  /** What it does to the state; `null` for nothing. */
  readonly changes: StateChanges | null;
  /** Facets it attaches or detaches, part of the state as well. */
  readonly facets: readonly (FacetAttached | FacetDetached)[];
  /** `null`: as the actor stands. */
  readonly status: ActorStatus | null;
  /** Durable. */
  done(): void;
  /** Refused. */
  undone(): void;
}

/** Hears once whether a step is durable. */
type Waiter = (error: Error | null) => void;

interface InFlight {
  readonly step: Step;
  waiters: Waiter[] | null;
}

/** Why the line stopped: what became of its first refused step. */
export type Refusal =
  | Extract<Outcome, { kind: 'duplicate' } | { kind: 'failed' }>
  | { readonly kind: 'conflict'; readonly expected: Head; readonly actual: Head }
  | { readonly kind: 'rejected'; readonly error: CommitRefusal }
  | { readonly kind: 'lost'; readonly error: PlexSpacesError };

/** Who writes, as the journal tells it. */
export interface WriterIdentity {
  readonly actor: string;
  readonly writer: string;
  readonly schema: number;
  readonly codec: PayloadCodec;
  /** Recorded with the activation's first append. */
  readonly started: (epoch: number) => ActivationStarted;
  /** Does the actor exist while this message is under way? */
  readonly statusDuring: (message: Message) => ActorStatus;
}

/**
 * The appends of one activation on their way to the store, so that the next turn can start while the one before it
 * is in flight (P2). It owns the head the next append expects, the state that is durable, and the order of both.
 *
 *  K1. Each step expects the head the step before it leaves; the writer keeps their order.
 *  K2. `image` and `durable` move only when a step is durable, in order.
 *  K3. Once a step is refused every later one is too. `onRefused` hears it once, when the last has been, with all of
 *      them in order; nothing of them was stored. Until `restart` nothing is taken.
 *  K4. The first append of an activation carries `ActivationStarted` and raises the epoch (P10).
 */
export class CommitLine {
  private head: Head;
  private durable: Head;
  private isStarted = false;
  private startedDurably = false;
  private readonly inFlight: InFlight[] = [];
  private refused: Step[] = [];
  /** Appended after the refusal was known, before the last step in flight had come back. */
  private late: Step[] = [];
  private refusal: Refusal | null = null;

  constructor(
    private readonly env: Env,
    private readonly writer: GroupCommitWriter,
    private readonly identity: WriterIdentity,
    head: Head,
    /** Durable state. */
    readonly image: StateImage,
    private readonly onRefused: (refusal: Refusal, steps: readonly Step[]) => void,
  ) {
    this.head = this.durable = { seq: head.seq, epoch: head.epoch };
    this.boundarySeq = head.seq;
  }

  get isEmpty(): boolean {
    return this.inFlight.length === 0;
  }

  /** Fencing token: that of this activation, durable or about to be. */
  get epoch(): number {
    return this.isStarted ? this.head.epoch : this.head.epoch + 1;
  }

  get durableHead(): Head {
    return this.durable;
  }

  /** Was the last append to this head row one of ours, or is it the row that we began on? Until we write, its writer may go on. */
  isWrittenBy({ seq, epoch, writer }: HeadRow): boolean {
    return writer === this.identity.writer || (epoch === this.durable.epoch && seq === this.durable.seq);
  }

  /** Last durable entry at which no turn was open: what `image` stands at. */
  boundarySeq: number;

  /** The activation as its first append records it; `null` before that is durable. */
  get activation(): ActivationStarted | null {
    return this.startedDurably ? this.identity.started(this.durable.epoch) : null;
  }

  /** State at the end of the last turn, durable or not. */
  speculativeImage(): StateImage {
    const image = this.image.clone();
    for (const { step } of this.inFlight) applyStep(image, step);
    return image;
  }

  append(step: Step): void {
    if (this.refusal !== null) return void this.late.push(step); // K3
    const epoch = this.epoch;
    const bodies = this.isStarted
      ? step.entries
      : [{ body: this.identity.started(epoch), time: this.env.now() }, ...step.entries];
    const expected = this.head;
    const { actor, writer, schema, codec } = this.identity;
    let id = bodies.length === 0 ? '' : this.env.id();
    const entries = bodies.map(({ body, time }, i) => {
      if (i > 0) id = nextUlid(id);
      const header = { actor, id, time, correlationId: step.message.correlationId };
      return encodeEntry(header, body, expected.seq + 1 + i, codec);
    });
    const { rows, transaction } = step;
    const { inbox, sends } = codec === 'json' ? inJson(actor, step) : step;
    const status = step.status ?? this.identity.statusDuring(step.message);
    const write: AppendWrite = {
      kind: 'append',
      actor,
      expected,
      epoch,
      writer,
      continues: this.isStarted,
      schema,
      status,
      entries,
      inbox,
      sends,
    };
    const whole = rows === null || rows.statements.length === 0 ? write : { ...write, rows: rows.statements };
    this.isStarted = true;
    this.head = { seq: expected.seq + entries.length, epoch };
    this.inFlight.push({ step, waiters: null });
    const settle = (outcome: Settled): void => this.settle(outcome);
    outsideTurns(() =>
      transaction === null ? this.writer.submit(whole, settle) : this.writer.submitIn(transaction, whole, settle),
    );
  }

  /** Resolves when all that was appended so far is durable; rejects when it never will be. */
  whenDurable(): Promise<void> {
    return new Promise((resolve, reject) => this.onDurable((error) => (error === null ? resolve() : reject(error))));
  }

  /** {@link whenDurable} for the hot path: `heard` is called once, at once when nothing is on its way. */
  onDurable(heard: Waiter): void {
    if (this.refusal !== null) return heard(refusalError(this.identity.actor, this.refusal));
    const last = this.inFlight[this.inFlight.length - 1];
    if (last === undefined) heard(null);
    else (last.waiters ??= []).push(heard);
  }

  /** Resolves when this line has heard how the appends up to `seq` ended, those of them that are its own. */
  async whenHeard(seq: number): Promise<void> {
    while (this.durable.seq < seq && this.inFlight.length > 0)
      await new Promise<void>((resolve) => ((this.inFlight[0] as InFlight).waiters ??= []).push(() => resolve()));
  }

  /** After a refusal: goes on from what is durable. */
  restart(): void {
    this.head = this.durable;
    this.isStarted = this.startedDurably;
    this.refusal = null;
  }

  private settle(outcome: Settled): void {
    const { step, waiters } = this.inFlight.shift() as InFlight;
    if (outcome.kind === 'committed') {
      this.durable = outcome.head;
      if (step.ends) this.boundarySeq = outcome.head.seq;
      this.startedDurably = true;
      applyStep(this.image, step);
      step.done();
      if (waiters !== null) for (const heard of waiters) heard(null);
      return;
    }
    this.refusal ??= refusalOf(outcome, this.durable, step);
    this.refused.push(step);
    const error = refusalError(this.identity.actor, this.refusal);
    if (waiters !== null) for (const heard of waiters) heard(error);
    if (this.inFlight.length > 0) return;
    const { refusal } = this;
    const refused = [...this.refused, ...this.late];
    this.refused = [];
    this.late = [];
    for (const { message, opens } of refused) if (opens) message.undoOpening();
    this.onRefused(refusal, refused);
  }
}

function inJson(actor: string, { inbox, sends }: Step): Pick<AppendWrite, 'inbox' | 'sends'> {
  return { inbox: inbox.map((change) => changeInJson(actor, change)), sends: sends.map(rowInJson) };
}

function refusalOf(outcome: Exclude<Settled, { kind: 'committed' }>, expected: Head, step: Step): Refusal {
  if (outcome.kind === 'undone') return { kind: 'rejected', error: new RetryRequest(TRANSACT, outcome.error) };
  if (outcome.kind === 'rejected') return { kind: 'rejected', error: rejection(outcome.refusal, step) };
  if (outcome.kind === 'conflict') return { kind: 'conflict', expected, actual: outcome.actual };
  return outcome.kind === 'accepted' ? { kind: 'failed', reason: 'it was taken for a message' } : outcome;
}

function rejection({ statement, violation, touched, reason }: RowRefusal, { message, rows }: Step): RowsRejectedError {
  const { entity = null, operation = null, expect = null } = rows?.statements[statement ?? -1] ?? {};
  const expected = violation === 'count' ? expect : null;
  const details = { entity, operation, violation, expected, touched, reason };
  return new RowsRejectedError(message.to.encoded, message.handler.name, details);
}

function applyStep(image: StateImage, { changes, facets }: Step): void {
  if (changes !== null) image.apply(changes);
  for (const facet of facets) {
    if (facet.kind === 'FacetAttached') image.attach(facet);
    else image.detach(facet.name);
  }
}

/** What a refusal means to whoever waited for the step. */
export function refusalError(actor: string, refusal: Refusal): Error {
  switch (refusal.kind) {
    case 'lost':
    case 'rejected':
      return refusal.error;
    case 'conflict':
      return new VersionConflictError(actor, refusal.expected, refusal.actual);
    case 'failed':
      return refusal.error ?? new StoreFailedError('journal', refusal.reason);
    case 'duplicate':
      return new StoreFailedError('journal', `message ${refusal.row.id} of ${actor} was recorded by an earlier run`);
  }
}
