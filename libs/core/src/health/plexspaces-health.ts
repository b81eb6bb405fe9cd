import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import type { NotOwnerError } from '../errors';
import { within } from '../ownership/within';
import { ActorSystem } from '../runtime/actor-system';
import { ActorTroubles } from './actor-troubles';
import type { ResolvedHealthOptions } from './health.options';
import { findParkedActors } from './parked-actors';
import { Resources, shortages } from './resources';
import { type HealthIndicator, type HealthResult, result } from './result';
import { type Standstill, isFailing, isStuck, measureStandstill } from './standstill';
import { SUPERVISION_HEALTH, type SupervisionHealth, statusOf } from './supervision-health';

/** DI token of the checked options. */
export const HEALTH_OPTIONS = Symbol.for('plexspaces:health-options');

/** Asked for, and never there: a question that every store answers from an index. */
const NOBODY = 'plexspaces/health/probe/0';

/**
 * Health indicators of this node, for @nestjs/terminus 11 and 12 or anything that takes their results. They look, and change
 * nothing; none rejects. Liveness says whether to restart the process, readiness whether to send it messages:
 *
 * ```ts
 * @Get('live')  live()  { return this.terminus.check(this.health.liveness()); }
 * @Get('ready') ready() { return this.terminus.check(this.health.readiness()); }
 * ```
 * @publicApi
 */
@Injectable()
export class PlexSpacesHealth implements OnModuleInit, OnApplicationShutdown {
  private readonly troubles: ActorTroubles;
  private readonly supplies: Resources;

  constructor(
    private readonly system: ActorSystem,
    @Inject(HEALTH_OPTIONS) private readonly options: ResolvedHealthOptions,
    @Optional() @Inject(SUPERVISION_HEALTH) private readonly supervised?: SupervisionHealth,
  ) {
    this.troubles = new ActorTroubles(system.events, () => system.env.now());
    this.supplies = new Resources(system.env, options);
  }

  onModuleInit(): void {
    this.supplies.start();
  }

  onApplicationShutdown(): void {
    this.supplies.stop();
    this.troubles.close();
  }

  /** Only what a restart mends: down while nothing comes of what is to be written although the store answers. */
  liveness(): HealthIndicator[] {
    return [() => this.progress()];
  }

  /** What has to be so for messages to be taken: down while the node drains, stands by, has no store, or stands still. */
  readiness(): HealthIndicator[] {
    return [
      () => this.node(),
      () => this.ownership(),
      () => this.storage(),
      () => this.backlog(),
      () => this.supervision(),
    ];
  }

  /** For people: actors in trouble, and resources. Never down. */
  details(): HealthIndicator[] {
    return [() => this.actors(), () => this.resources()];
  }

  node(key = 'node'): Promise<HealthResult> {
    const { nodeId, isStopping } = this.system;
    return Promise.resolve(result(key, !isStopping, { nodeId, state: isStopping ? 'draining' : 'running' }));
  }

  ownership(key = 'ownership'): Promise<HealthResult> {
    const { system } = this;
    const state = system.mayAct() ? 'owner' : system.ownership;
    if (state === 'owner') return Promise.resolve(result(key, true, { state }));
    const { owner, retryAfter } = system.notOwner() as NotOwnerError;
    const isReady = this.options.standByIsReady && state === 'standBy';
    return Promise.resolve(result(key, isReady, { state, owner, retryAfter }));
  }

  /** Asks the store a question. Down names the backend and says why. */
  async storage(key = 'storage'): Promise<HealthResult> {
    const { journal } = this.system.storage;
    const { name: backend } = journal;
    const limit = this.options.storageTimeoutMs;
    try {
      const answer = Promise.resolve(journal.head(NOBODY));
      await within(this.system.env, limit, answer, () => new Error(`no answer within ${limit} ms`));
      return result(key, true, { backend });
    } catch (error) {
      return result(key, false, { backend, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /**
   * Down when what is to be written, or looked for, has come to nothing for `standstill`: no answer, or failures only. A
   * store that answers and takes no writes (a full disk, a read-only server) is found here.
   */
  backlog(key = 'backlog'): Promise<HealthResult> {
    const { standstillMs } = this.options;
    const standstill = this.standstill();
    const isUp = !isStuck(standstill, standstillMs) && !isFailing(standstill, standstillMs);
    return Promise.resolve(result(key, isUp, { waitingWrites: this.system.writer.backlog, ...standstill }));
  }

  /**
   * Failed, held and parked actors by id: the first of them, and how many there are. Failed are those of this process, parked
   * all that the store has; `null` where it does not say. Always up: one bad actor is no bad node.
   */
  async actors(key = 'actors'): Promise<HealthResult> {
    const { list, storageTimeoutMs: limit } = this.options;
    const { failures } = this.troubles;
    const held = this.system.heldActors();
    const late = (): Error => new Error(`no answer within ${limit} ms`);
    const found = findParkedActors(this.system.storage.inbox, list);
    const parked = await within(this.system.env, limit, found, late).catch(() => null); // the store's own indicator says why
    return result(key, true, {
      degraded: failures.length > 0 || held.length > 0 || (parked?.count ?? 0) > 0,
      failed: { count: failures.length, actors: failures.slice(-list) },
      held: { count: held.length, actors: held.slice(0, list) },
      parked: parked ?? { count: null, more: false, actors: null },
    });
  }

  /** Always up; `degraded` names what runs out. */
  async resources(key = 'resources'): Promise<HealthResult> {
    try {
      const facts = await this.supplies.measure();
      const short = shortages(facts, this.options);
      return result(key, true, { ...facts, degraded: short.length > 0, short });
    } catch (error) {
      return result(key, true, { degraded: true, short: ['disk'], reason: String(error) }); // its path cannot be read
    }
  }

  /** Down when a supervisor gave up. */
  supervision(key = 'supervision'): Promise<HealthResult> {
    const status = this.supervised?.status() ?? statusOf(this.system.supervision);
    return Promise.resolve(result(key, status.failed.length === 0, status));
  }

  private standstill(): Standstill {
    const { writer, env, lookingSince, searchFailsSince } = this.system;
    const { standsStillSince: writesSince, failing } = writer;
    const movement = { writesSince, failing, searchSince: lookingSince, searchFailsSince };
    return measureStandstill(movement, env.monotonic(), this.options.standstillMs);
  }

  /** Failures are no reason: whoever starts anew meets them again. */
  private async progress(): Promise<HealthResult> {
    const standstill = this.standstill();
    const { storage } = (await this.storage()) as HealthResult<'storage'>;
    const isOver = storage.status === 'up' && isStuck(standstill, this.options.standstillMs);
    return result('progress', !isOver, { ...standstill, storage });
  }
}
