import { type SideEffectExecuted, decodePayload, encodePayload, fromErrorRecord, sizeOfRow } from '#journal';
import { type InboxChange, type RowStatement, failpoint } from '#spi';
import { NonDeterminismError, ReadOnlyViolationError } from '../errors';
import type { Message } from '../runtime/message';
import { ActLog, type Deliver, type HandedRecord, type Recorded } from './act-log';
import type { DurableTurnHost, TurnMode } from './durable-turn-host';
import type { EffectCall } from './effect-call';
import {
  type ActIdentity,
  type PendingEntry,
  describeAct,
  describeRecord,
  doneRecord,
  encodeOutcome,
  hashArgs,
} from './effect-record';
import { inThisContext } from './frame';
import { actPromise } from './handled';
import { PATCH_PREFIX } from './recorded-acts';
import { pause, runEffect } from './run-effect';
import { OpenActs } from './open-acts';
import { Ordinals } from './ordinals';
import { TurnRecords } from './turn-records';
import { openTransact, TRANSACT, type TransactCall, type TurnTransact } from './turn-transaction';
import { type Act, Turn } from './turn';

/**
 * A turn whose acts are recorded (P6, P9). It starts with the records its message already has and goes live
 * where they end.
 *
 *  U1. An act with a record is never started; its record is checked and handed over.
 *  U2. A live act starts after `sync`: its message, and all the handler saw so far, is durable.
 *  U3. An outcome is recorded before the handler sees it; what cannot be encoded is recorded as its error.
 *  U4. Once the code left its recorded path the turn cannot succeed, whatever the handler catches.
 *  U5. What has no outcome (an ask that found no room, or no store) is not recorded: the turn fails, and is tried again.
 */
export class DurableTurn extends Turn {
  readonly recordedActs: { readonly name: string; readonly fromRecord: boolean }[] = [];
  /** Set when the record and the code disagree (U4). */
  lostPath: NonDeterminismError | null = null;
  /** Why it failed, while it waits for its acts to settle. */
  failure: { readonly error: unknown } | null = null;
  readonly records: TurnRecords;
  /** Changes to inbox rows other than its own message's. */
  inbox: readonly InboxChange[] = [];
  /** Statements on the user's own tables that run with the commit. */
  rows: RowStatement[] | null = null;
  private readonly log: ActLog;
  private readonly ordinals = new Ordinals();
  private clock: number;
  readonly open = new OpenActs();
  readonly waitsToBeStuck = 1; // it ends when all its acts have
  /** Once it was called: the last act there is. */
  transaction: TurnTransact | null = null;

  constructor(
    override readonly host: DurableTurnHost,
    received: Message,
    instance: object,
    history: readonly PendingEntry[],
    readonly mode: TurnMode,
  ) {
    super(host, received, instance);
    this.records = new TurnRecords(host.env, received, history);
    this.resumed = this.records.resumed;
    this.clock = this.records.receivedAt;
    if (mode === 'write') this.records.begin();
    this.log = new ActLog(host.env, history, (expected) =>
      this.leavePath(describeRecord(expected.body), 'another act first'),
    );
  }

  get isReplay(): boolean {
    return this.log.isReplaying || this.mode === 'verify';
  }

  override get receivedAt(): number {
    return this.records.receivedAt;
  }

  now(): number {
    return this.clock;
  }

  hasRecordOf(scope: string): boolean {
    return this.log.hasScope(scope);
  }

  skipRecordsOf(scope: string): void {
    this.log.skipScope(scope);
  }

  nextOrdinal(scope: string): number {
    return this.ordinals.next(scope);
  }

  act(act: Act, call: EffectCall<unknown>): Promise<unknown> {
    return actPromise((resolve, reject) => {
      this.assertMayAct(act.name);
      const argsHash = hashArgs(act, this.host.system.options.maxPayloadBytes);
      const identity = { scope: act.scope, name: act.name, argsHash, ordinal: this.nextOrdinal(act.scope) };
      this.claimOrStart(identity, resolve, reject, (deliver) => this.startLive(act, identity, call, deliver, reject));
    });
  }

  override tell(message: Message): void {
    this.transaction?.refuse(`tell ${message.handler.name}`);
    this.records.count(message.encodedArgs().length);
    super.tell(message);
  }

  override takeReply(act: string, bytes: number): void {
    this.assertMayAct(act);
    this.records.count(bytes);
  }

  queueRow(act: string, compile: () => RowStatement): void {
    this.assertMayAct(act);
    const statement = compile();
    this.records.count(sizeOfRow(statement));
    (this.rows ??= []).push(statement);
  }

  sleep(delayMs: number): Promise<void> {
    return actPromise((resolve, reject) => {
      this.assertMayAct('sleep');
      this.waitUntilDue(this.nextOrdinal('handler'), delayMs, resolve, reject);
    });
  }

  patched(changeId: string): boolean {
    this.assertMayAct(`patched(${changeId})`);
    const name = PATCH_PREFIX + changeId;
    const ordinal = this.ordinals.ofHandler;
    const isRecorded = this.log.patchAt(ordinal) === name;
    if (!isRecorded && (this.log.isReplaying || this.mode === 'verify')) return false;
    this.nextOrdinal('handler');
    if (!isRecorded)
      this.records.add(doneRecord({ scope: 'handler', name, ordinal, argsHash: '' }, encodePayload(true), 1));
    return true;
  }

  transact(work: TransactCall): Promise<unknown> {
    return actPromise((resolve, reject) => {
      this.assertMayAct('transact');
      const identity = { scope: 'handler', name: TRANSACT, argsHash: '', ordinal: this.nextOrdinal('handler') };
      this.claimOrStart(identity, resolve, reject, (deliver) => {
        const transact = (this.transaction = openTransact(this));
        const settle = (record: Recorded<HandedRecord>): void =>
          this.concludeAct(reject, () => this.log.settle(record, deliver));
        this.whenSafe(reject, false, () => transact.run(identity, work, settle));
      });
    });
  }

  /** An outcome is still to be handed to a branch of the handler, awaited or not. */
  get isHandingOver(): boolean {
    return this.log.isHandingOver;
  }

  /** Any record, durable or about to be: such a message is never simply forgotten. */
  get hasRecords(): boolean {
    return this.resumed || this.records.made > 0;
  }

  /** At the end of the handler: what is left over in the record was not done this time. */
  checkPath(): NonDeterminismError | null {
    const left = this.log.unclaimed;
    if (left === undefined || this.lostPath !== null) return this.lostPath;
    return this.leavePath(describeRecord(left.body), 'the end of the handler');
  }

  private claimOrStart(
    identity: ActIdentity,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    start: (deliver: Deliver) => void,
  ): void {
    const recorded = this.log.find(identity.scope, identity.ordinal);
    this.recordedActs.push({ name: identity.name, fromRecord: recorded !== undefined });
    const deliver = this.delivery(resolve, reject);
    if (recorded === undefined) return start(deliver);
    const { body } = recorded;
    const fits =
      body.kind === 'SideEffectExecuted' && body.name === identity.name && body.argsHash === identity.argsHash;
    if (!fits) throw this.leavePath(describeRecord(body), describeAct(identity));
    this.log.claim(recorded, deliver); // U1
  }

  private startLive(
    act: Act,
    identity: ActIdentity,
    call: EffectCall<unknown>,
    deliver: Deliver,
    reject: (error: unknown) => void,
  ): void {
    failpoint('effect.beforeIntent');
    this.whenSafe(reject, true, () => {
      if (this.records.made > 0) failpoint('effect.afterResultCommit');
      failpoint('effect.afterIntent');
      const idempotencyKey = `${this.actorId}/${this.received.actsAs}/${identity.scope}/${identity.ordinal}`;
      const { name, retry, timeoutMs } = act;
      runEffect(this.host.env, this, { name, idempotencyKey, retry, timeoutMs }, call, (outcome) => {
        failpoint('effect.afterCall');
        this.concludeAct(reject, () => {
          if (outcome.kind === 'failed' && retry.losesTurn === true && retry.only?.(outcome.error) === true) {
            this.open.lose(outcome.error, reject); // U5
            return this.host.turnLost(this, outcome.error);
          }
          const body = encodeOutcome(identity, outcome, this.host.system.options.maxPayloadBytes);
          const record = this.host.recordsEffects ? this.records.add(body) : { body, time: this.host.env.now() };
          this.log.settle(record as Recorded<SideEffectExecuted>, deliver); // U3
        });
      });
    });
  }

  /** Counts an act, and starts it once all before it is durable (U2), unless the turn has failed meanwhile. */
  private whenSafe(reject: (error: unknown) => void, withRecords: boolean, start: () => void): void {
    this.open.count++;
    const go = inThisContext(start);
    const synced = (error: Error | null): void => {
      if (error === null && !this.isAborted) return go();
      reject(error ?? this.signal.reason);
      this.open.oneSettled();
    };
    this.host.sync(this, synced, withRecords);
  }

  /** The last step of a counted act. */
  private concludeAct(reject: (error: unknown) => void, conclude: () => void): void {
    try {
      conclude();
    } catch (error) {
      reject(error);
    } finally {
      this.open.oneSettled();
    }
  }

  private waitUntilDue(ordinal: number, delayMs: number, resolve: () => void, reject: (error: unknown) => void): void {
    const recorded = this.log.find('handler', ordinal);
    if (recorded !== undefined && recorded.body.kind !== 'TimerFired')
      throw this.leavePath(describeRecord(recorded.body), `handler act ${ordinal} sleep`);
    const deliver = ({ time }: Recorded<HandedRecord>): void => {
      this.clock = time;
      resolve();
    };
    if (recorded !== undefined) this.log.claim(recorded, deliver);
    else this.startTimer(ordinal, this.log.timerAt(ordinal)?.body.dueAt ?? null, delayMs, deliver, reject);
  }

  private startTimer(
    ordinal: number,
    recordedDue: number | null,
    delayMs: number,
    deliver: Deliver,
    reject: (error: unknown) => void,
  ): void {
    const { env } = this.host;
    const dueAt = recordedDue ?? env.now() + delayMs;
    if (recordedDue === null) this.records.add({ kind: 'TimerScheduled', scope: 'handler', ordinal, dueAt });
    this.whenSafe(reject, true, () => {
      failpoint('timer.afterScheduled');
      void pause(env, Math.max(0, dueAt - env.now()), this.signal).then(() =>
        this.concludeAct(reject, () => {
          if (this.isAborted) throw this.signal.reason as Error;
          failpoint('timer.afterFired');
          const fired = this.records.add({ kind: 'TimerFired', scope: 'handler', ordinal });
          this.log.settle(fired as Recorded<HandedRecord>, deliver);
        }),
      );
    });
  }

  private delivery(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    return ({ body, time }: Recorded<HandedRecord>): void => {
      const { result, error } = body as SideEffectExecuted;
      this.clock = time;
      if (error !== null) reject(fromErrorRecord(error));
      else resolve(result === null ? undefined : decodePayload(result));
    };
  }

  private assertMayAct(act: string): void {
    this.assertRunning(act);
    this.transaction?.refuse(act);
    if (this.mode === 'read')
      throw new ReadOnlyViolationError(this.actorId, this.received.handler.name, `called ${act}`);
    if (this.lostPath !== null) throw this.lostPath;
    if (this.open.lost !== null) throw this.open.lost.error;
  }

  private leavePath(expected: string, got: string): NonDeterminismError {
    this.lostPath ??= new NonDeterminismError(this.actorId, this.received.id, expected, got);
    this.host.turnLost(this, this.lostPath);
    return this.lostPath;
  }
}
