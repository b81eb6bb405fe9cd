import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import type { NotOwnerError } from '../errors';
import { within } from '../ownership/within';
import { ActorSystem } from '../runtime/actor-system';
import { ActorTroubles } from './actor-troubles';
import type { ResolvedHealthOptions } from './health.options';
import { Resources, shortages } from './resources';
import { type HealthIndicator, type HealthResult, result } from './result';
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

  /** Down when there is something to write, or to look for, and nothing has come of it for `standstill`. */
  backlog(key = 'backlog'): Promise<HealthResult> {
    const { writer, env, lookingSince } = this.system;
    const since = (from: number | null): number => (from === null ? 0 : Math.round(env.monotonic() - from));
    const [writesMs, searchMs] = [since(writer.standsStillSince), since(lookingSince)];
    const isUp = Math.max(writesMs, searchMs) < this.options.standstillMs;
    return Promise.resolve(
      result(key, isUp, { waitingWrites: writer.backlog, writesStandStillMs: writesMs, searchStandsStillMs: searchMs }),
    );
  }

  /** Failed, held and parked actors by id: the first of them, and how many there are. Always up: one bad actor is no bad node. */
  async actors(key = 'actors'): Promise<HealthResult> {
    const { list } = this.options;
    const { failures, parkedCount } = this.troubles;
    const held = this.system.heldActors();
    const limit = this.options.storageTimeoutMs;
    const late = (): Error => new Error(`no answer within ${limit} ms`);
    const parked = await within(
      this.system.env,
      limit,
      this.troubles.stillParked(this.system.storage.inbox, list),
      late,
    ).catch(
      () => null, // the store's own indicator says why
    );
    return result(key, true, {
      degraded: failures.length > 0 || held.length > 0 || parkedCount > 0,
      failed: { count: failures.length, actors: failures.slice(-list) },
      held: { count: held.length, actors: held.slice(0, list) },
      parked: { count: this.troubles.parkedCount, actors: parked },
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

  private async progress(): Promise<HealthResult> {
    const [{ storage }, { backlog }] = (await Promise.all([this.storage(), this.backlog()])) as [
      HealthResult<'storage'>,
      HealthResult<'backlog'>,
    ];
    const isStuck = storage.status === 'up' && backlog.status === 'down';
    return result('progress', !isStuck, { backlog, storage });
  }
}
