import type { Logger } from '@nestjs/common';
import type { ActorRef } from '../actor/actor-ref';
import { Actor } from '../actor/actor.decorator';
import { Handle } from '../actor/handle.decorator';
import { State } from '../actor/state.decorator';
import { UseFacets } from '../actor/use-facets.decorator';
import { durability } from '../facet/durability.facet';
import { virtualActor } from '../facet/virtual-actor.facet';
import type { SystemPort } from '../runtime/system-port';

/** The restarts of one supervisor that count, as wall-clock times; its key is the supervisor's name. */
@Actor({ type: 'plexspaces.supervisor' })
@UseFacets(durability({ checkpointEvery: 20, retention: 'checkpoint' }), virtualActor({ idleTimeout: '1m' }))
export class RestartRecord {
  @State() times: number[] = [];

  @Handle() write(times: number[]): void {
    this.times = times;
  }

  @Handle({ readOnly: true }) read(): number[] {
    return this.times;
  }
}

/** Between two tries to write. */
const TRY_AGAIN_MS = 1_000;

/**
 * What outlives the process of a supervisor's restarts. A restart that is not recorded does not happen: where the store
 * fails, it waits. On a store that dies with the process nothing outlives it, and nothing is written.
 */
export class RestartLog {
  constructor(
    private readonly system: SystemPort,
    private readonly logger: Pick<Logger, 'error'>,
    /** The forest it writes for is still there. */
    private readonly isWanted: () => boolean,
  ) {}

  async read(supervisor: string): Promise<readonly number[]> {
    return this.isKept ? this.refOf(supervisor).ask.read() : [];
  }

  /** Resolves when it is durable, or is not wanted any more. */
  async write(supervisor: string, times: readonly number[]): Promise<void> {
    if (!this.isKept) return;
    while (this.isWanted()) {
      try {
        await this.refOf(supervisor).ask.write([...times]);
        return;
      } catch (error) {
        if (!this.isWanted()) return;
        this.logger.error(`A restart of supervisor ${supervisor} waits, since it cannot be recorded: ${String(error)}`);
        await new Promise<void>((resolve) => this.system.env.schedule(resolve, TRY_AGAIN_MS));
      }
    }
  }

  private get isKept(): boolean {
    return this.system.storage.journal.capabilities.persistent;
  }

  private refOf(supervisor: string): ActorRef<RestartRecord> {
    const { system } = this;
    return system.refOf<RestartRecord>(system.definitionOf(RestartRecord), supervisor, system.options.scope);
  }
}
