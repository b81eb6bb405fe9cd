import { type Env, isPlexSpacesError } from '#spi';
import type { Address } from '../runtime/address';
import type { Activation } from '../runtime/activation';
import type { Departure } from '../runtime/lifecycle-events';
import { LooseReins, Reins, type Rider } from '../runtime/reins';
import type { SystemPort } from '../runtime/system-port';
import { takeWaiting } from '../runtime/take-waiting';
import {
  ActorFailedError,
  ActorTerminatedError,
  ChildDownError,
  NodeStoppingError,
  StartTimeoutError,
} from '../errors';
import { within } from '../ownership/within';
import { decideExit } from './decide-restart';
import type { ChildStatus, Supervised, Watcher } from './supervised';
import type { ActorChildDefinition } from './supervisor-definition';

/** What a child needs of the system it lives in. */
export interface Nursery {
  readonly system: SystemPort;
  find(encoded: string): Activation | undefined;
  /** Its activations are held by its reins from now on. */
  takeIn(child: ChildActor): void;
  letGo(child: ChildActor): void;
}

/**
 * An actor as a child. It owns whether the actor may run; what its end means is its supervisor's to say.
 *
 *  C1. Between `halt` and `start` no turn of it runs; its messages wait in memory or in the store.
 *  C2. An end that nobody here has caused is told to the supervisor exactly once per start.
 *  C3. A child that is down takes no messages but those that are stored, which wait.
 */
export class ChildActor implements Supervised, Rider {
  status: ChildStatus = 'stopped';
  starts = 0;
  lastError: unknown = undefined;
  readonly address: Address;
  readonly reins: Reins;
  /** Why it is down. */
  cause: unknown = undefined;
  /** While it starts: ends that at once. */
  private failStart: ((error: Error) => void) | null = null;
  /** While it starts: it was stopped, right behind its first turn. */
  private hasLeft = false;
  /** While it starts: it was given up, right behind its first turn. */
  private isLost = false;

  constructor(
    private readonly nursery: Nursery,
    readonly watcher: Watcher,
    readonly spec: ActorChildDefinition,
    readonly isDynamic: boolean,
  ) {
    const { system } = nursery;
    this.address = system.refOf(spec.definition, spec.key, system.options.scope).address;
    this.reins = new Reins(system.env, this);
    this.reins.isTight = true; // C1: also before its first start
    nursery.takeIn(this);
  }

  /** Name of its supervisor. */
  get supervisor(): string {
    return this.watcher.name;
  }

  /** Also of one that is being stopped or started: its next life is decided on. */
  get returns(): boolean {
    return this.spec.restart === 'permanent' && this.status !== 'stopped' && this.status !== 'down';
  }

  /** Started before, and to be started again. */
  get isBetweenLives(): boolean {
    const { starts, status } = this;
    return starts > 0 && (status === 'crashed' || status === 'halted' || (status === 'starting' && this.reins.isTight));
  }

  /** Why a message for it finds nobody; `null`: it does. */
  get refusal(): Error | null {
    if (this.status !== 'down') return null;
    const options = this.cause === undefined ? {} : { cause: this.cause };
    return new ChildDownError(this.address.encoded, this.watcher.name, options);
  }

  isCalled(name: string): boolean {
    return name === this.spec.id || name === this.address.encoded;
  }

  async start(): Promise<void> {
    this.status = 'starting';
    this.starts++;
    this.hasLeft = this.isLost = false;
    const { startTimeoutMs } = this.spec;
    const tooLate = (): Error => new StartTimeoutError(this.watcher.name, this.spec.id, startTimeoutMs);
    try {
      await within(this.nursery.system.env, startTimeoutMs, this.unlessLost(this.bringUp()), tooLate);
      if (this.isLost) throw this.lostError(); // in the microtasks since it was up
    } catch (error) {
      if (isPlexSpacesError(error, 'PS_ACTOR_TERMINATED')) {
        this.status = 'down'; // for good, in an earlier life of the process: that cannot be undone
        this.cause = error;
        return;
      }
      this.lastError = error;
      this.status = 'halted';
      const { activation } = this;
      this.reins.stay(activation);
      if (activation?.isUp === false && !this.reins.isAtGate) this.handOn(activation, asError(error)); // its hooks have not ended
      throw error;
    }
    if (this.status !== 'starting') return;
    this.status = 'running';
    if (this.hasLeft) this.stoppedByItself();
  }

  async halt(): Promise<void> {
    if (this.status === 'down' || this.status === 'stopped') return;
    const { status, activation } = this;
    const { shutdownMs } = this.spec;
    this.status = 'halted';
    this.reins.isTight = true;
    if (status === 'running') this.nursery.system.supervision.links.ended(this.address.encoded, 'shutdown');
    if (activation === undefined) return;
    await this.reins.stop(activation, shutdownMs, this.downError(undefined));
    if (status === 'running' && shutdownMs > 0) await this.reins.leave(activation, shutdownMs);
  }

  async retire(cause: unknown): Promise<void> {
    await this.halt();
    this.status = 'down';
    this.cause = cause;
    this.activation?.giveUp(this.downError(cause));
  }

  async remove(): Promise<void> {
    const { activation, status } = this;
    this.status = 'stopped';
    this.nursery.letGo(this);
    const { definition } = this.spec;
    const isAtRest = activation === undefined && (definition.virtual !== null || status === 'down');
    if (activation !== undefined) await this.release(activation);
    else if (!isAtRest) await this.stopActor('graceful');
    else if (definition.virtual === null && definition.durability !== null) await this.stopActor('brutal');
  }

  async shutDown(): Promise<void> {
    const { activation, returns } = this;
    const { isTight } = this.reins;
    this.status = 'stopped';
    this.nursery.letGo(this);
    if (activation === undefined) return;
    const stopping = new NodeStoppingError(this.address.encoded);
    if (isTight) {
      activation.giveUp(stopping);
      return;
    }
    const { env } = this.nursery.system;
    activation.reins = returns ? new LooseReins(env) : null; // from here on it is nobody's child, and finishes what it has
    const isInTime = await endsWithin(env, this.spec.shutdownMs, activation.whenIdle());
    if (isInTime && activation.isIdle) await activation.passivate('shutdown');
    if (!activation.released) activation.giveUp(stopping);
  }

  crashed(error: unknown, isUp: boolean): void {
    if (this.status === 'starting' && !isUp) return; // `start` throws that
    if (this.status !== 'running' && this.status !== 'starting') return;
    this.status = 'crashed';
    this.lastError = error;
    this.watcher.childEnded(this, { normal: false, error });
  }

  left(departure: Departure): void {
    if (departure === 'passive') return; // it was up, and its next message brings it back
    const { failStart } = this;
    if (this.status === 'starting') {
      this.reins.isTight = true; // what comes, and what stood behind, waits for the next start
      this.hasLeft = departure === 'terminated';
      this.isLost = departure === 'failed';
    }
    if (failStart !== null) this.nursery.system.env.immediate(() => failStart(this.lostError())); // after whoever knows why
    if (departure === 'terminated' && this.status === 'running') this.stoppedByItself();
  }

  private stoppedByItself(): void {
    const exit = { normal: true };
    if (decideExit(this.spec.restart, exit) === 'leave') this.status = 'down';
    else {
      this.status = 'crashed';
      this.reins.isTight = true; // what stood behind its stop waits for the next start
    }
    this.watcher.childEnded(this, exit);
  }

  /** In memory, and held by these reins: another forest may have one of that name. */
  private get activation(): Activation | undefined {
    const found = this.nursery.find(this.address.encoded);
    return found?.reins === this.reins ? found : undefined;
  }

  /** An activation that is given up tells nobody who waits for it to open. */
  private unlessLost(up: Promise<void>): Promise<void> {
    const lost = new Promise<never>((_, reject) => (this.failStart = reject));
    return Promise.race([up, lost]).finally(() => (this.failStart = null));
  }

  private bringUp(): Promise<void> {
    const { activation } = this;
    if (activation !== undefined) return this.goOn(activation);
    this.reins.isTight = false;
    const stranger = this.nursery.find(this.address.encoded);
    if (stranger !== undefined) {
      stranger.reins = this.reins; // it was there before it was anybody's child
      return stranger.whenOpen();
    }
    if (this.spec.definition.virtual !== null && this.spec.args === null)
      return this.nursery.system.activate(this.address);
    return this.create();
  }

  /** One without a journal has ended for good, and what came since waits: it is created anew, ahead of that. */
  private async goOn(activation: Activation): Promise<void> {
    const isGone = !activation.isOpen && !activation.exists && this.spec.definition.virtual === null;
    if (!isGone || this.nursery.system.keepsInbox(this.address)) return this.reins.go(activation);
    await Promise.all([this.create(), this.reins.go(activation)]);
  }

  /** It leaves memory, and what waits for the actor waits for its next activation. */
  private handOn(activation: Activation, error: Error): void {
    const { system } = this.nursery;
    const waiting = takeWaiting(activation);
    activation.giveUp(error);
    for (const message of waiting) system.deliver(message);
    if (system.keepsInbox(this.address)) system.wakeAt(this.address, system.env.now()); // a stored one may have waited for its retry, with nobody behind it
  }

  private create(): Promise<void> {
    const { system } = this.nursery;
    const ref = system.refOf(this.spec.definition, this.spec.key, system.options.scope);
    return system.sender.create(ref, this.spec.args ?? [], { ifAbsent: true, revives: true });
  }

  private async release(activation: Activation): Promise<void> {
    const { isTight } = this.reins;
    if (isTight && this.spec.definition.virtual !== null) {
      this.handOn(activation, this.lostError()); // as nobody's child, which may be there at any time (P1)
      activation.become('Inactive', 'stop');
      return;
    }
    if (isTight && !activation.isOpen) activation.giveUp(new ActorTerminatedError(this.address.encoded)); // nobody opens its gate any more
    activation.reins = null;
    if (isTight) return this.stopActor('brutal');
    const { shutdownMs } = this.spec;
    const stopping = this.stopActor(shutdownMs === 0 ? 'brutal' : 'graceful');
    if (!(await endsWithin(this.nursery.system.env, shutdownMs, stopping))) await this.stopActor('brutal');
    await stopping;
  }

  private async stopActor(mode: 'graceful' | 'brutal'): Promise<void> {
    const { system } = this.nursery;
    const ref = system.refOf(this.spec.definition, this.spec.key, system.options.scope);
    try {
      await system.sender.stop(ref, mode);
    } catch (error) {
      const isGone = isPlexSpacesError(error, 'PS_ACTOR_TERMINATED') || isPlexSpacesError(error, 'PS_ACTOR_NOT_FOUND');
      if (!isGone) throw error;
    }
  }

  private lostError(): ActorFailedError {
    return new ActorFailedError(this.address.encoded, 'its start');
  }

  private downError(cause: unknown): ChildDownError {
    return new ChildDownError(this.address.encoded, this.watcher.name, cause === undefined ? {} : { cause });
  }
}

/** @returns `false` when it takes longer; rejects when it does */
function endsWithin(env: Env, limitMs: number, end: Promise<void>): Promise<boolean> {
  const limit = new TypeError('too late');
  return within(env, limitMs, end, () => limit).then(
    () => true,
    (error: unknown) => {
      if (error === limit) return false;
      throw error;
    },
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
