import { decodeActorId } from '#spi';
import type { ActorRegistry } from '../actor/actor.registry';
import { NotOwnerError } from '../errors';
import { Ownership } from '../ownership/ownership';
import { Activations } from './activations';
import type { ActorClass } from './actor-class';
import { makeAddress } from './address';
import { DueScanner } from './due-scanner';
import type { SystemPort } from './system-port';

/**
 * What runs while this node may act on its store: the actors in memory, and the search for accepted work. On a store that
 * is the process's own there is one term, from `start` to the end.
 *
 *  E1. Nothing runs outside a term. When it ends, all that ran in it ends in the same step; what is stored is the successor's.
 *  E2. A term begins without activations, and with the marks as the store has them then.
 *  E3. Once work is stopped no term begins any more.
 */
export class Terms {
  activations: Activations;
  /** `null`: the store is this process's own. */
  readonly owned: Ownership | null;
  private due: DueScanner;
  private isStopped = false;

  constructor(
    private readonly system: SystemPort,
    private readonly registry: Pick<ActorRegistry, 'all'>,
    private readonly classes: () => readonly ActorClass[],
  ) {
    this.activations = new Activations(system);
    this.due = this.newScanner();
    this.owned = this.ownership();
  }

  /** Since when the search for due work has not come back, on the monotonic clock. */
  get lookingSince(): number | null {
    return this.due.lookingSince;
  }

  /** Since when it has failed each time, on the same clock. */
  get searchFailsSince(): number | null {
    return this.due.failingSince;
  }

  mayAct(): boolean {
    return this.owned === null || this.owned.holds();
  }

  notOwner(): NotOwnerError {
    return this.owned?.error() ?? new NotOwnerError(this.system.nodeId, null, 0);
  }

  async start(): Promise<void> {
    if (this.owned !== null) return this.owned.start();
    await this.prepare();
    await this.begin();
  }

  /** A stored message falls due at this wall-clock time. */
  expectDue(dueAt: number): void {
    if (this.mayAct()) this.due.expect(dueAt);
  }

  /** E3. */
  stopWork(): void {
    this.isStopped = true;
    this.due.stop();
  }

  /** All is written: another node may take over. */
  async end(): Promise<void> {
    await this.owned?.stop();
  }

  private prepare(): Promise<void> {
    return this.activations.loadMarks();
  }

  private async begin(): Promise<void> {
    if (this.isStopped) return;
    await this.system.supervision.start();
    await this.due.start();
    await this.activations.startEager(this.classes());
  }

  /** E1, E2. */
  private forsake(error: NotOwnerError): void {
    const { activations } = this;
    this.due.stop();
    this.due = this.newScanner();
    this.activations = new Activations(this.system);
    this.system.supervision.reset();
    activations.forsake(error);
  }

  private wake(actor: string): void {
    if (this.isStopped) return;
    const id = decodeActorId(actor);
    const definition = this.registry.all().find(({ type }) => type === id.type);
    if (definition === undefined) {
      this.system.logger.warn(`${actor} has messages waiting, but no class of type ${id.type} is registered here.`);
      return;
    }
    this.activations.wake(makeAddress(definition, id.key, id));
  }

  private newScanner(): DueScanner {
    return new DueScanner(this.system, (actor) => this.wake(actor));
  }

  private ownership(): Ownership | null {
    const { env, nodeId, logger, options, storage } = this.system;
    if (storage.leases === undefined) return null;
    return new Ownership({
      env,
      leases: storage.leases,
      nodeId,
      isNamed: options.nodeId !== null,
      ttlMs: options.leaseTtlMs,
      logger,
      prepare: () => this.prepare(),
      begin: () => this.begin(),
      end: (error) => this.forsake(error),
    });
  }
}
