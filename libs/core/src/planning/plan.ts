import { createHash } from 'node:crypto';
import { isRevived } from '../dead-letters/revival';
import { InvalidPlanError, NoActorContextError } from '../errors';
import { frames } from '../turn/frame';
import type { Turn } from '../turn/turn';
import { type Alarms, alarmsOf } from './alarms';
import { type Occurrence, occurrenceId } from './occurrence';
import { type PlannedMessage, assertPlannable, makePlanned } from './planned-message';

/** The last moment a Date can name. */
const LAST_TIME = 8.64e15;

/**
 * What a facet may have its actor do later, in the turn that its service is called in. All of it leaves with the commit
 * of that turn, or never (P3, P7).
 * @publicApi
 */
export interface Planner {
  /** Wall clock of the turn, the same when it is run again. */
  now(): number;
  /** When the turn began, by the same clock. */
  readonly startedAt: number;
  /** The actor has a journal, so what is planned survives the process. */
  readonly isDurable: boolean;
  readonly principal: string;
  /** An operator has taken the message up again after it was parked: it is handled whatever `isDue` would say. */
  readonly isRevived: boolean;
  /** A {@link Occurrence.generation} that no other plan of this actor has. */
  generation(): string;
  /**
   * @returns its arguments as its runs are to have them: copies, which whoever planned it shares with nobody
   * @throws UnknownMethodError, InvalidPlanError, InvalidPayloadError, PayloadTooLargeError: it cannot be planned
   */
  check(planned: PlannedMessage): readonly unknown[];
  /**
   * Sends the actor a message of its own, to be handled from `dueAt` on (wall clock); on a durable actor that wakes it.
   * @throws InvalidPlanError, InvalidPayloadError, PayloadTooLargeError
   */
  send(planned: PlannedMessage, dueAt: number): void;
  /** Takes back what was sent and has not started. The facet knows that it is there still: its state says so. */
  withdraw(occurrence: Occurrence): void;
  /** Runs `then` once the turn is durable; not at all when it comes to nothing. */
  afterCommit(then: (alarms: Alarms) => void): void;
}

/**
 * The plans of one turn. It owns what is to happen with the commit besides sends and state.
 *
 *  G1. A planned message is a send of its turn: its row is in the commit, or it never was.
 *  G2. A withdrawn one ends in the commit; one that waits in memory as well is dropped when the commit is on its way.
 */
export class Plan {
  readonly withdrawn: string[] = [];
  private readonly then: (() => void)[] = [];
  private generations = 0;

  constructor(readonly turn: Turn) {}

  of(facet: string): Planner {
    return new FacetPlanner(this, facet);
  }

  generation(): string {
    const { received, startedAt } = this.turn;
    const content = `${received.id}\n${startedAt}\n${this.generations++}`; // a key may come again when its window has closed
    return createHash('sha256').update(content).digest('base64url').slice(0, 16);
  }

  withdraw(id: string): void {
    const { turn } = this;
    turn.assertRunning('a plan');
    if (id === turn.received.id) return; // it ends anyway
    const sent = turn.sends?.findIndex((send) => send.to.encoded === turn.actorId && send.id === id) ?? -1;
    if (sent >= 0) turn.sends?.splice(sent, 1);
    else this.withdrawn.push(id);
  }

  afterCommit(then: () => void): void {
    this.turn.assertRunning('a plan');
    this.then.push(then);
  }

  /** What was planned in a call inside the turn is a plan of the turn. */
  takeOver({ withdrawn, then }: Plan): void {
    for (const id of withdrawn) this.withdraw(id);
    this.then.push(...then);
  }

  committed(): void {
    for (const then of this.then) then();
  }
}

class FacetPlanner implements Planner {
  constructor(
    private readonly plan: Plan,
    private readonly facet: string,
  ) {
    if (frames.getStore()?.effect != null) throw new NoActorContextError(`facet ${facet} inside a side effect`);
  }

  get startedAt(): number {
    return this.turn.startedAt;
  }

  get isDurable(): boolean {
    return this.turn.host.system.keepsInbox(this.turn.host.address);
  }

  get principal(): string {
    return this.turn.received.trail.principal;
  }

  get isRevived(): boolean {
    return isRevived(this.turn.received);
  }

  now(): number {
    return this.turn.now();
  }

  generation(): string {
    return this.plan.generation();
  }

  check(planned: PlannedMessage): readonly unknown[] {
    const { system, address } = this.turn.host;
    if (planned.handler !== null) assertPlannable(address, this.facet, planned.handler);
    return makePlanned(system, address, this.facet, planned).args;
  }

  send(planned: PlannedMessage, dueAt: number): void {
    const { turn } = this;
    const { system, address } = turn.host;
    if (!Number.isSafeInteger(dueAt) || Math.abs(dueAt) > LAST_TIME)
      throw new InvalidPlanError(address.encoded, this.facet, `it is due at ${String(dueAt)}, which is no time`);
    const message = makePlanned(system, address, this.facet, planned, turn.received.id);
    message.delayUntil(dueAt, Math.max(0, dueAt - turn.now()));
    turn.tell(message);
  }

  withdraw(occurrence: Occurrence): void {
    this.plan.withdraw(occurrenceId(this.turn.actorId, { ...occurrence, facet: this.facet }));
  }

  afterCommit(then: (alarms: Alarms) => void): void {
    const { host } = this.turn;
    this.plan.afterCommit(() => then(alarmsOf(host, this.facet)));
  }

  private get turn(): Turn {
    return this.plan.turn;
  }
}
