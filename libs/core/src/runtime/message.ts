import { decodePayload, encodePayload, isPrimitive } from '#journal';
import type { Env, InboxRow } from '#spi';
import type { HandlerDefinition } from '../actor/actor-definition';
import type { DeferredAsks } from '../deferred/deferred-asks';
import { AskTimeoutError, IdempotencyConflictError } from '../errors';
import { type PlannedOccurrence, readOccurrence } from '../planning/occurrence';
import type { Address } from './address';
import type { Turn } from '../turn/turn';
import { Timed } from './deadline-queue';
import type { Place, Source } from './source';

/** What travels with a message and all it causes. Shared, never changed. */
export interface Trail {
  /** Encoded id of the sending actor; '' for a client. */
  readonly sender: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly principal: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Encoded ids of the actors whose asks wait for this one, outermost first. */
  readonly chain: readonly string[];
}

/** `none`: no inbox row. `accepting`: its row is on the way to the store, ahead of any commit of its turn. `stored`: durable. */
export type RowState = 'none' | 'accepting' | 'stored';

/** Gets the outcome of a message. */
export interface Waiter {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** The turn that waits, when it is one. */
  readonly turn?: Turn | null;
  /** That turn has given up what asked. */
  readonly isOver?: boolean;
}

/**
 * One message in memory, from the send to its answer. It owns the askers that wait for it and answers each of
 * them exactly once; a late answer finds nobody and is dropped.
 */
export class Message extends Timed {
  /** Link in the mailbox. */
  next: Message | null = null;
  /** Encoded argument list; null on actors that keep no journal. */
  payload: Uint8Array | null = null;
  argsHash = '';
  row: RowState = 'none';
  /** Its turn has records in the journal. */
  opened = false;
  /** Read back from the store: another start has to be counted before it happens. */
  recovered = false;
  /** A read that is content with what this node knows. */
  stale = false;
  /** Its id was given by the sender, so that a repeat is recognised. */
  keyed = false;
  /** May well be a repeat: the store is asked before it runs. */
  repeats = false;
  /** Starts counted durably. */
  attempts = 1;
  /** Wall-clock time from which it may run; matters to sends and stored messages. */
  dueAt = 0;
  /** Asked to wait; any other is due however the clock stands. */
  isDelayed = false;
  /** Wall-clock time of its next start, while it waits for one; for who asks. */
  retryAt = 0;
  /** Monotonic time after which it no longer starts; 0 = none. */
  startBefore = 0;
  /** How long its asker waits. */
  timeoutMs = 0;
  /** Size in the mailbox. */
  bytes = 0;
  /** Must be known before it starts: is there a row of this id already? Set for ids that may repeat. */
  ready: Promise<InboxRow | null> | null = null;
  /** Of a tell, while its row is on the way to the store. */
  accepted: Promise<InboxRow | null> | null = null;
  /** The store did not take its row, and its sender was told: it is no message any more. */
  isRefused = false;
  /** Whoever asked was told its outcome: who comes now asks the store. */
  isOver = false;
  /** It was waiting when this activation read its store: what was read is news enough for it (P2). */
  seenBy: object | null = null;
  source: Source | null = null;
  /** Held while it may still be refused. */
  place: Place | null = null;
  /** A read-only one that may not overtake what its sender sent before. */
  isHeldBack = false;
  /** The latest run of it; over when that has ended. */
  run: Turn | null = null;
  private ticket = 0;
  private runs = 0;
  /** Runs in place of a handler: what a plan of an actor without a journal is about. */
  call: ((self: object) => unknown) | null = null;
  /** Extra facts of the runtime's own messages, and of those it sends on. */
  system: unknown = undefined;
  private asker: Waiter | null = null;
  /** Where its asker waits since its turn has put off the answer. */
  deferredIn: DeferredAsks | null = null;
  /** Repeats that came while it was under way: they get its outcome, each within its own time. */
  private twins: Message[] | null = null;
  /** Those of them with a row of their own, or on its way. */
  private heirs: Message[] | null = null;
  private ownId: string | null;
  private rowBeforeOpening: RowState = 'none';

  constructor(
    readonly to: Address,
    readonly handler: HandlerDefinition,
    public args: readonly unknown[],
    readonly trail: Trail,
    readonly env: Env,
    id: string | null = null,
  ) {
    super();
    this.ownId = id;
  }

  /** Made on first use: a message nobody asks the id of does without. */
  get id(): string {
    return (this.ownId ??= this.env.id());
  }

  /** Which run of something planned by a facet of its receiver it is; `null` for what anybody else sends. */
  get occurrence(): PlannedOccurrence | null {
    return this.ownId === null ? null : readOccurrence(this.to.encoded, this.ownId);
  }

  /** Runs not before `dueAt`. A delayed message comes back from the store, where its first start is counted then. */
  delayUntil(dueAt: number, delayMs = 0): void {
    this.dueAt = dueAt;
    this.isDelayed = delayMs > 0;
    if (this.isDelayed) this.attempts = 0;
  }

  /** Its wait, held in memory, is over. */
  fallDue(): void {
    this.isDelayed = false;
    this.dueAt = this.env.now();
    this.attempts = 1;
  }

  /** A turn of it begins: what an earlier run did to the arguments is undone. */
  beginRun(turn: Turn): void {
    this.run = turn;
    if (this.runs++ > 0 && this.payload !== null && !this.args.every(isPrimitive))
      this.args = decodePayload(this.payload) as unknown[];
  }

  /** The argument list as a journal keeps it. */
  encodedArgs(): Uint8Array {
    if (this.payload === null) {
      this.payload = encodePayload(this.args, { maxBytes: Number.MAX_SAFE_INTEGER }, 'args');
      this.bytes = this.payload.length;
    }
    return this.payload;
  }

  get correlationId(): string {
    return this.trail.correlationId === '' ? this.id : this.trail.correlationId;
  }

  /** What its acts and sends derive their ids from: its own, or another one when an operator has changed it since it first acted. */
  get actsAs(): string {
    const { causationId } = this.trail;
    return causationId.startsWith(`${this.id}~`) ? causationId : this.id;
  }

  get isAsked(): boolean {
    return this.asker !== null || (this.twins?.some((twin) => twin.isAsked) ?? false);
  }

  /** Who is told its outcome; `null`: nobody, or not any more. */
  get waiter(): Waiter | null {
    return this.asker;
  }

  /** The turn that waits for its answer; `null` when a client does, or nobody any more. */
  get askingTurn(): Turn | null {
    return this.asker?.isOver === true ? null : (this.asker?.turn ?? null);
  }

  /** Is the outcome of `other` this one's? */
  carries(other: Message): boolean {
    return this === other || (this.twins?.some((twin) => twin.carries(other)) ?? false);
  }

  /** Its sender knows that it was not taken, or has given up on it while nothing of it is stored: it need not start. */
  get isForsaken(): boolean {
    return this.isRefused || (this.startBefore !== 0 && !this.isAsked && this.row === 'none');
  }

  join(asker: Waiter): void {
    this.asker = asker;
  }

  /** A second message of the same id: it gets this one's outcome, or is refused when it asks for something else. */
  absorb(twin: Message): void {
    if (twin.row !== 'none') (this.heirs ??= []).push(twin);
    if (twin.argsHash !== '' && this.argsHash !== '' && twin.argsHash !== this.argsHash) {
      twin.fail(new IdempotencyConflictError(this.to.encoded, this.id));
    } else {
      (this.twins ??= []).push(twin);
    }
    twin.leave();
  }

  answer(value: unknown): void {
    this.isOver = true;
    this.takeAsker()?.resolve(value);
    for (const twin of this.takeTwins()) twin.answer(value);
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.takeAsker()?.reject(error);
    for (const twin of this.takeTwins()) twin.fail(error);
  }

  /** Its first record is on the way; an ask gets its inbox row with it. */
  open(): void {
    this.opened = true;
    this.rowBeforeOpening = this.row;
    this.row = 'stored';
  }

  undoOpening(): void {
    this.opened = false;
    this.row = this.rowBeforeOpening;
  }

  /** Read-only: `run` follows once what its sender sent before has left, which may be now. */
  afterEarlier(run: () => void): void {
    if (this.source === null) return run();
    this.isHeldBack = true;
    this.source.afterEarlier(() => {
      this.isHeldBack = false;
      run();
    });
  }

  /** Takes its place: later messages of the same sender that pass the line wait for it. */
  enter(): void {
    if (this.source !== null && !this.handler.readOnly) this.ticket = this.source.enter();
  }

  /** The message is over for its line: later ones of the same sender may overtake nothing any more. */
  leave(): void {
    this.source?.leave(this.ticket);
    this.source = null;
  }

  /** The ask's time is up. The message itself may still take effect. */
  expire(): void {
    this.takeAsker()?.reject(new AskTimeoutError(this.to.encoded, this.handler.name, this.timeoutMs));
    this.deferredIn?.left(this);
  }

  /** Itself and its repeats, as far as somebody waits for them still: each is on its own from now on. */
  takeAskers(): Message[] {
    this.isOver = true;
    const askers = this.takeTwins().flatMap((twin) => twin.takeAskers());
    return this.asker === null ? askers : [this, ...askers];
  }

  /** Its asker is told to wait no longer. What has not started does not start any more, unless it is stored. */
  withdraw(error: Error): void {
    this.takeAsker()?.reject(error);
    this.deferredIn?.left(this);
  }

  /** Itself, and those repeats that may be the one whose row is stored. */
  get claimants(): readonly Message[] {
    return this.heirs === null ? [this] : [this, ...this.heirs];
  }

  /** This one came to nothing, which decides nothing about a repeat that is accepted by itself: it goes on instead. */
  takeHeirs(): readonly Message[] {
    const { heirs } = this;
    this.heirs = null;
    return heirs ?? NOBODY;
  }

  private takeAsker(): Waiter | null {
    const { asker } = this;
    this.asker = null;
    if (this.timedIn !== null) this.timedIn.remove(this);
    return asker;
  }

  private takeTwins(): readonly Message[] {
    const { twins } = this;
    this.twins = null;
    return twins ?? NOBODY;
  }
}

const NOBODY: readonly Message[] = [];
