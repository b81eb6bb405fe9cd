import { toErrorRecord, type FacetAttached, type FacetDetached, type StateChanges } from '#journal';
import { type InboxChange, type TurnTransaction, failpoint } from '#spi';
import { parkMessage } from '../dead-letters/park-message';
import { releaseAnswer } from '../deferred/release-turn';
import { type LateReply, TurnReplies } from '../deferred/turn-replies';
import { TurnTimeoutError } from '../errors';
import { DefaultAnswer } from '../facet/outcomes';
import { isPromise } from '../facet/is-promise';
import { DurableTurn } from '../turn/durable-turn';
import type { PendingEntry } from '../turn/effect-record';
import { planOn } from '../planning/settle-occurrence';
import { isFinalAnswer } from '../turn/classify-error';
import { decideRetryDelay } from '../turn/retry-policy';
import { runHandler } from '../turn/run-handler';
import type { DurableActivation } from './durable-activation';
import { endByDefect } from './end-by-defect';
import type { Verdict } from './judge-failure';
import type { CommitRefusal } from './commit-line';
import { HeldMessage } from './held-message';
import { judgeTurn } from './judge-turn';
import type { Message } from './message';
import { retryTurn } from './retry-turn';
import { stallMessage } from './stall-message';
import { commitStep, type Ending } from './steps';
import { CREATE } from './system-messages';
import { keptMs, resultOf, statusAfter } from './turn-end';
import { dropAllButAnswer, dropWithdrawn, goOnAfter, leaveDurableTurn } from './turn-leaves';

/**
 * Carries one message of a durable actor from its start to its end: runs the handler, commits what came of it, and
 * does what P7 says when it fails. It owns the running turn; the activation owns the instance and the line.
 *
 *  R1. Every turn started ends in exactly one of: a commit, a park, a forgotten ask, a stall, an interruption.
 *  R2. What happens after the end of a turn (a late result, a second failure) changes nothing.
 */
export class TurnRunner {
  private turn: DurableTurn | null = null;
  readonly held: HeldMessage;

  constructor(private readonly host: DurableActivation) {
    this.held = new HeldMessage(host);
  }

  get running(): DurableTurn | null {
    return this.turn;
  }

  /** It has a turn, or a message between two. */
  get isBusy(): boolean {
    return this.turn !== null || this.held.isHolding;
  }

  run(message: Message, history: readonly PendingEntry[]): void {
    const { host } = this;
    const turn = new DurableTurn(host, message, host.instance, history, 'write');
    this.turn = turn;
    if (!host.system.mayAct()) return; // the turn, and all there is, has ended with the right
    if (turn.resumed) for (const facet of host.chain.skipped(turn)) turn.skipRecordsOf(facet);
    failpoint('handler.before');
    let value: unknown;
    try {
      value = runHandler(turn, host.chain);
    } catch (error) {
      return this.failed(turn, error);
    }
    if (!isPromise(value)) return this.returned(turn, value);
    host.cls.turnAges.add(turn);
    value.then(
      (answer: unknown) => this.resumed(turn, answer),
      (error: unknown) => this.failed(turn, error),
    );
  }

  /** A turn without a handler: what it changes was decided already (facets attached at run time). */
  commitChange(
    message: Message,
    value: unknown,
    facets: readonly (FacetAttached | FacetDetached)[],
    inbox: readonly InboxChange[] = [],
    owed: readonly LateReply[] = [],
  ): void {
    const turn = new DurableTurn(this.host, message, this.host.instance, [], 'write');
    turn.inbox = inbox;
    if (owed.length > 0) turn.replies = TurnReplies.given(turn, owed);
    this.turn = turn;
    this.conclude(turn, value, facets);
  }

  failed(turn: DurableTurn, error: unknown): void {
    this.judge(turn, error).catch((defect: unknown) => endByDefect(this.host, defect));
  }

  private async judge(turn: DurableTurn, error: unknown): Promise<void> {
    if (turn !== this.turn) return; // R2
    const tooOld = error instanceof TurnTimeoutError;
    if (turn.failure === null) {
      turn.failure = { error: tooOld ? error : (turn.transaction?.failure ?? { error }).error };
      turn.abort(error);
      if (!tooOld) await this.settled(turn); // records of its acts count (P7)
    } else if (!tooOld) return;
    if (turn !== this.turn || !this.host.system.mayAct()) return;
    this.end(turn);
    this.carryOut(judgeTurn(turn, turn.failure.error, this.host.recordedVersion), turn);
  }

  /** The turn is undone from outside; nobody hears of it. @returns its message */
  interrupt(reason: unknown): Message | null {
    const { turn } = this;
    const held = this.held.take();
    if (turn === null) return held;
    this.end(turn);
    turn.abort(reason);
    return turn.received;
  }

  /** {@link returned} from outside any caller that would hear of a defect. */
  private resumed(turn: DurableTurn, value: unknown): void {
    try {
      this.returned(turn, value);
    } catch (error) {
      endByDefect(this.host, error);
    }
  }

  private returned(turn: DurableTurn, value: unknown): void {
    if (turn !== this.turn || turn.failure !== null || turn.open.lost !== null || !this.host.system.mayAct()) return;
    failpoint('handler.afterReturn');
    if (turn.open.count > 0) {
      void this.settled(turn).then(() => this.host.env.immediate(() => this.resumed(turn, value)));
      return;
    }
    if (turn.isHandingOver) return this.host.env.immediate(() => this.resumed(turn, value));
    if (turn.checkPath() !== null) return this.failed(turn, turn.lostPath);
    if (turn.transaction?.failure != null) return this.failed(turn, turn.transaction.failure.error);
    if (value instanceof DefaultAnswer) return this.answerOnly(turn, value.value);
    const committing = this.host.chain.commits ? this.host.chain.commit(turn, value, undefined) : undefined;
    if (!isPromise(committing)) return this.conclude(turn, value, []);
    committing.then(
      () => this.conclude(turn, value, []),
      (error: unknown) => this.failed(turn, error),
    );
  }

  /** Acts nobody awaited hold the line too, as long as a turn may. */
  private settled(turn: DurableTurn): Promise<void> {
    if (turn.open.count > 0 && turn.timedIn === null) this.host.cls.turnAges.add(turn);
    return turn.open.settled();
  }

  private conclude(turn: DurableTurn, value: unknown, facets: readonly (FacetAttached | FacetDetached)[]): void {
    if (turn !== this.turn || turn.open.lost !== null || !this.host.system.mayAct()) return;
    let ending: Ending;
    let changes: StateChanges | null;
    let all = facets;
    try {
      ending = resultOf(turn, value);
      planOn(turn);
      changes = this.host.live.takeChanges();
      all = [...this.host.adoption.recordWith(turn.received), ...facets];
    } catch (error) {
      return this.failed(turn, error);
    }
    const transaction = turn.transaction?.take() ?? null;
    this.end(turn);
    this.commit(turn, ending, changes, all, value, false, transaction);
    // What follows would stand on an append that is in no line.
    const { received } = turn;
    const next = (): void => this.host.turnCommitted(turn);
    if (transaction === null) next();
    else this.held.whenSafe(received, () => this.held.unlessGone(received, next));
  }

  private carryOut(verdict: Verdict, turn: DurableTurn): void {
    const message = turn.received;
    switch (verdict.kind) {
      case 'answer':
        return this.endWith(
          turn,
          { kind: 'error', error: toErrorRecord(verdict.error) },
          verdict.error,
          verdict.refused,
        );
      case 'forget':
        if (!isFinalAnswer(verdict.error)) this.host.crash(verdict.error);
        // Nothing of the actor remains, but for a creation that waits behind: it needs an instance of its own (V2).
        if (message.handler === CREATE && !this.host.isBeingCreated) return this.forget(message, verdict.error);
        return this.held.whenSafe(message, () =>
          this.host.renewThen(() => this.held.unlessGone(message, () => this.forget(message, verdict.error))),
        );
      case 'retry':
        this.host.crash(verdict.cause);
        return retryTurn(this.host, turn, decideRetryDelay(verdict.policy, message.attempts, this.host.env.random()));
      case 'park':
        this.host.crash(verdict.cause);
        return this.park(turn.received, turn.records.takePending(), verdict.cause);
      case 'stall':
        return stallMessage(this.host, message, verdict.cause);
    }
  }

  /** The turn had ended well, but its rows cannot be written: it is as if its handler had thrown `error`. */
  private rejected(turn: DurableTurn, pending: readonly PendingEntry[], error: CommitRefusal): void {
    turn.records.putBack(pending);
    this.carryOut(judgeTurn(turn, error, this.host.recordedVersion), turn);
  }

  private forget(message: Message, error: unknown): void {
    const { system } = this.host;
    message.fail(system.mayAct() ? error : system.notOwner()); // nothing has confirmed the state it was thrown on
    goOnAfter(this.host, message);
    this.host.finished(message);
  }

  park(message: Message, pending: readonly PendingEntry[], cause: unknown): void {
    parkMessage(this.host, message, pending, cause);
  }

  /** Commits the answer alone: state, sends and rows of the turn are dropped with its instance (P7). */
  private answerOnly(turn: DurableTurn, value: unknown): void {
    let ending: Ending;
    try {
      ending = resultOf(turn, value);
    } catch (error) {
      return this.failed(turn, error);
    }
    this.end(turn);
    this.endWith(turn, ending, value);
  }

  private endWith(turn: DurableTurn, ending: Ending, outcome: unknown, refused = false): void {
    dropAllButAnswer(turn);
    this.commit(turn, ending, null, [], outcome, refused);
    this.host.renewThen(() => this.host.turnEnded());
  }

  private commit(
    turn: DurableTurn,
    ending: Ending,
    changes: StateChanges | null,
    facets: readonly (FacetAttached | FacetDetached)[],
    outcome: unknown,
    refused = false,
    transaction: TurnTransaction | null = null,
  ): void {
    const { host } = this;
    const message = turn.received;
    const rows = turn.rows ?? (transaction === null ? null : []);
    const sends = turn.sends ?? [];
    const pending = turn.records.takePending();
    for (const send of sends) send.enter();
    failpoint('turn.beforeCommit');
    host.line.append(
      commitStep({
        message,
        pending: turn.transaction?.record == null ? pending : [...pending, turn.transaction.record],
        transaction,
        ending,
        refused,
        replies: turn.replies,
        changes,
        facets,
        inbox: turn.inbox,
        sends,
        withdrawn: turn.plan?.withdrawn ?? [],
        rows: rows && { statements: rows, rejected: (error) => this.rejected(turn, pending, error) },
        isStored: (send) => host.system.keepsInbox(send.to),
        status: ending.kind === 'result' ? statusAfter(message, host.endures) : null,
        time: host.env.now(),
        expiresAt: host.env.now() + keptMs(turn, host.system.options),
        keysMs: host.system.options.dedupe.keysMs,
        done: () => this.committed(turn, ending, outcome),
      }),
    );
    if (turn.plan !== null) dropWithdrawn(host, turn.plan);
  }

  /** The turn is durable: now, and not before, its answer and its sends leave (V1). */
  private committed(turn: DurableTurn, ending: Ending, outcome: unknown): void {
    const { host } = this;
    const message = turn.received;
    failpoint('turn.afterCommit');
    if (message.handler === CREATE) failpoint('spawn.afterCommit');
    failpoint('reply.before');
    releaseAnswer(turn, ending, outcome);
    failpoint('reply.after');
    leaveDurableTurn(host, turn);
    host.committed(turn, ending.kind === 'result');
  }

  private end(turn: DurableTurn): void {
    if (turn.timedIn !== null) turn.timedIn.remove(turn);
    turn.ended = true;
    turn.open.release();
    turn.transaction?.drop();
    this.turn = null;
  }
}
