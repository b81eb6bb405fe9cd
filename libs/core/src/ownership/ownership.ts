import type { LoggerService } from '@nestjs/common';
import { Subject } from 'rxjs';
import { type Env, type LeaseStorage, StoreFailedError, type Timer } from '#spi';
import { NodeIdInUseError, NotOwnerError } from '../errors';
import { outsideTurns } from '../turn/frame';
import { claimNodeId, nodeLeaseOf } from './claim-node-id';
import { type NextStep, decideNext, retryPause } from './lease-decisions';
import type { OwnershipEvent, OwnershipState } from './ownership-state';
import { within } from './within';

const OWNER = 'owner';

/** Whose ownership it is, and what follows from it. */
export interface OwnershipParts {
  readonly env: Env;
  readonly leases: LeaseStorage;
  readonly nodeId: string;
  /** The id was given, so another process may have the same; one that was made up is nobody else's. */
  readonly isNamed: boolean;
  readonly ttlMs: number;
  readonly logger: LoggerService;
  /** A term is about to begin: reads what has to be known before anybody is served. */
  readonly prepare: () => Promise<void>;
  /** It has begun: accepted work is taken up. */
  readonly begin: () => Promise<void>;
  /** It is over: all that ran in it ends now. */
  readonly end: (error: NotOwnerError) => void;
}

/**
 * Whether this node may act on a store that others can open too. It owns the lease, the right that follows from it, and
 * the terms: one lasts from the moment the node begins to serve until its right ends. Liveness only: the fence is the
 * head row (P10).
 *
 *  O1. `holds()` is true only before the end of the right: that of the last claim that was granted, counted from the
 *      moment it was sent, on the monotonic clock, less a margin.
 *  O2. Whoever notices first that the right has ended, a timer, an answer or a question, ends the term in the same
 *      step; from then on `holds()` is false.
 *  O3. No term outlives a gap: a claim that is granted after the right had ended begins a new one.
 *  O4. One claim is under way at a time; one that is not answered within the TTL is not heard any more.
 *  O5. Work that could not be taken up at the beginning of a term is with the next renewal.
 *  O6. The lease is released last, when nothing of this node writes any more, and not claimed again.
 */
export class Ownership {
  readonly events$ = new Subject<OwnershipEvent>();
  private readonly holder: string;
  private current: OwnershipState = 'standBy';
  private until = -Infinity;
  private term = 0;
  /** The term whose preparation is under way. */
  private preparing = -1;
  /** The term whose work was taken up, or is about to be. */
  private begun = -1;
  private other: { readonly holder: string; readonly endsAt: number } | null = null;
  private asking: Promise<void> | null = null;
  private nextAsk: Timer | null = null;
  private endTimer: Timer | null = null;
  private isComplaining = false;
  private isStopped = false;

  constructor(private readonly parts: OwnershipParts) {
    this.holder = `${parts.nodeId}/${parts.env.id()}`;
  }

  get state(): OwnershipState {
    return this.current;
  }

  /** May this node act, now? */
  holds(): boolean {
    if (this.current !== 'owner') return false;
    if (this.parts.env.monotonic() < this.until) return true;
    this.lose('its lease was not renewed in time');
    return false;
  }

  /** What whoever is refused is told. */
  error(mayTakeEffect = false): NotOwnerError {
    const { env, nodeId, ttlMs } = this.parts;
    const leftMs = this.other === null ? retryPause(ttlMs, 0) : Math.max(1, this.other.endsAt - env.monotonic());
    return new NotOwnerError(nodeId, this.other?.holder ?? null, leftMs, mayTakeEffect);
  }

  /** Resolves when this node serves, or stands by. @throws NodeIdInUseError, and what the store throws */
  async start(): Promise<void> {
    const { env, leases, nodeId, isNamed, ttlMs, logger } = this.parts;
    const isWaiting = (holder: string, leftMs: number): void => {
      logger.warn(`Node id ${nodeId} is leased to ${holder} for ${Math.ceil(leftMs)} ms more: waiting for its end`);
    };
    try {
      if (isNamed) await claimNodeId(env, leases, { nodeId, holder: this.holder, ttlMs }, isWaiting);
      await this.carryOut(await this.ask());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** O6. Never rejects: a lease that cannot be released ends by itself. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.nextAsk?.cancel();
    this.endTimer?.cancel();
    await this.asking; // a renewal that is under way must not come after the release
    this.current = 'standBy';
    const { env, leases, nodeId, isNamed, ttlMs, logger } = this.parts;
    try {
      const names = isNamed ? [OWNER, nodeLeaseOf(nodeId)] : [OWNER];
      const released = Promise.all(names.map((name) => leases.release(name, this.holder)));
      await within(env, ttlMs, released, silence);
    } catch (error) {
      logger.warn(`The lease was not released, so it ends by itself within ${ttlMs} ms: ${String(error)}`);
    }
    this.events$.complete();
  }

  private ask(): Promise<NextStep> {
    return within(this.parts.env, this.parts.ttlMs, this.claim(), silence);
  }

  private async claim(): Promise<NextStep> {
    const { env, leases, nodeId, isNamed, ttlMs } = this.parts;
    const claimant = this.holder;
    if (isNamed) {
      const { holder } = await leases.claim(nodeLeaseOf(nodeId), claimant, ttlMs);
      if (holder !== claimant) throw new NodeIdInUseError(nodeId, holder);
    }
    const sentAt = env.monotonic();
    const answer = await leases.claim(OWNER, claimant, ttlMs);
    return decideNext({ claimant, ttlMs, sentAt, answeredAt: env.monotonic(), answer }, env.random());
  }

  private readonly tick = (): void => {
    this.nextAsk = null;
    this.asking = this.ask()
      .then(
        (step) => void this.carryOut(step).catch((error: unknown) => this.complain('took up no work', error)),
        (error: unknown) => this.unanswered(error),
      )
      .finally(() => (this.asking = null));
  };

  /** Resolves when what begins has begun. */
  private carryOut(step: NextStep): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    this.askAt(step.askAt);
    if (step.kind === 'hold') return this.granted(step.until);
    if (step.kind === 'tooLate') this.complain('was granted its lease too late', silence());
    else this.refused(step.owner, step.endsAt);
    return Promise.resolve();
  }

  private granted(until: number): Promise<void> {
    this.isComplaining = false;
    this.other = null;
    if (!this.holds() && this.parts.env.monotonic() >= this.until) this.term++; // O3
    this.until = until;
    this.watchEnd();
    return this.current === 'owner' ? this.takeUp() : this.beginTerm();
  }

  private refused(holder: string, endsAt: number): void {
    const isNews = this.current !== 'standBy' || this.other?.holder !== holder;
    this.isComplaining = false;
    this.other = { holder, endsAt };
    this.lose(`${holder} has taken it`);
    this.until = -Infinity;
    this.term++;
    if (isNews) this.become('standBy', holder, `${holder} owns the store`);
  }

  private unanswered(error: unknown): void {
    if (this.isStopped) return;
    const { env, ttlMs } = this.parts;
    this.complain('cannot claim the store', error);
    this.askAt(env.monotonic() + retryPause(ttlMs, env.random()));
  }

  private async beginTerm(): Promise<void> {
    const { term } = this;
    if (this.preparing === term) return;
    this.preparing = term;
    try {
      await this.parts.prepare();
    } finally {
      if (this.preparing === term) this.preparing = -1;
    }
    const isRightful = this.term === term && this.parts.env.monotonic() < this.until;
    if (!isRightful || this.isStopped) return; // the next answer decides
    this.become('owner', this.holder, 'its lease is granted');
    await this.takeUp();
  }

  /** O5. */
  private async takeUp(): Promise<void> {
    const { term } = this;
    if (this.begun === term) return;
    this.begun = term;
    try {
      await this.parts.begin();
    } catch (error) {
      if (this.begun === term) this.begun = -1;
      throw error;
    }
  }

  /** O2. */
  private lose(reason: string): void {
    if (this.current !== 'owner') return;
    this.until = -Infinity;
    this.term++;
    outsideTurns(() => {
      this.become('lost', null, reason);
      this.parts.end(this.error(true));
      if (this.asking === null && !this.isStopped) this.askAt(this.parts.env.monotonic());
    });
  }

  private become(state: OwnershipState, owner: string | null, reason: string): void {
    const { logger, nodeId } = this.parts;
    this.current = state;
    if (state === 'owner') logger.log(`Node ${nodeId} owns the store`);
    else if (state === 'standBy') logger.log(`Node ${nodeId} is stand-by, and serves nothing: ${reason}`);
    else logger.error(`Node ${nodeId} may not act on the store any more: ${reason}. All it ran has stopped.`);
    this.events$.next({ state, owner, reason });
  }

  /** Once, until an answer comes. */
  private complain(what: string, error: unknown): void {
    if (!this.isComplaining)
      this.parts.logger.error(`Node ${this.parts.nodeId} ${what}, trying again: ${String(error)}`);
    this.isComplaining = true;
  }

  private askAt(at: number): void {
    const { env } = this.parts;
    this.nextAsk?.cancel();
    this.nextAsk = env.schedule(this.tick, Math.max(0, at - env.monotonic()));
  }

  /** A timer may come early, and late. */
  private watchEnd(): void {
    const { env } = this.parts;
    this.endTimer?.cancel();
    const look = (): void => {
      if (this.holds()) this.watchEnd();
    };
    this.endTimer = env.schedule(look, Math.max(1, this.until - env.monotonic()));
  }
}

function silence(): Error {
  return new StoreFailedError('lease', 'it did not answer in time');
}
