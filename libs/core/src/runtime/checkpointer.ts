import { type ActivationStarted, type StateImage, encodeCheckpoint, truncateBehind } from '#journal';
import { failpoint, type Timer } from '#spi';
import type { DurabilityConfig } from '../facet/durability.facet';
import type { Activation } from './activation';

/** What is durable when a checkpoint is taken. */
export interface DurablePoint {
  readonly image: StateImage;
  readonly boundarySeq: number;
  readonly activation: ActivationStarted | null;
}

/**
 * Takes checkpoints of one actor off the path of its turns (DESIGN §4).
 *
 *  H1. A checkpoint is taken at a turn boundary, from durable state, so it is never ahead of its journal.
 *  H2. One at a time. An attempt that fails or takes too long is reported and given up; the next interval tries again.
 *  H3. What counts is completed messages since the last checkpoint, not sequence numbers (INVENTORY Q01).
 *  H4. What `retention` no longer keeps goes when a checkpoint is durable. A truncation that fails is reported; the next checkpoint
 *      tries again.
 */
export class Checkpointer {
  private turns: number;
  private saving: Promise<void> | null = null;
  private clock: Timer | null = null;

  constructor(
    private readonly host: Activation,
    private readonly config: DurabilityConfig,
    turnsSinceCheckpoint: number,
  ) {
    this.turns = turnsSinceCheckpoint;
  }

  turnCommitted(point: DurablePoint, wanted: boolean): void {
    this.turns++;
    if (wanted || this.turns >= this.config.checkpointEvery) this.take(point);
    else if (this.config.snapshotIntervalMs !== null && this.clock === null) {
      this.clock = this.host.env.schedule(() => this.clockRang(point), this.config.snapshotIntervalMs);
    }
  }

  /** Resolves when nothing is being saved. */
  async idle(): Promise<void> {
    this.clock?.cancel();
    await this.saving;
  }

  private clockRang(point: DurablePoint): void {
    this.clock = null;
    if (this.turns > 0 && !this.host.released) this.take(point);
  }

  private take(point: DurablePoint): void {
    if (this.saving !== null || point.activation === null) return; // H2
    this.clock?.cancel();
    this.clock = null;
    this.turns = 0;
    this.saving = this.save(point)
      .then((isSaved) => (isSaved ? this.truncate() : undefined))
      .finally(() => (this.saving = null));
  }

  private async save({ image, boundarySeq: seq, activation }: DurablePoint): Promise<boolean> {
    const { env, address, system, cls } = this.host;
    const actor = address.encoded;
    const { compression, keepCheckpoints, checkpointTimeoutMs } = this.config;
    try {
      failpoint('checkpoint.beforeWrite');
      const record = await encodeCheckpoint(
        { actor, seq, time: env.now(), schema: cls.definition.schema, image, activation },
        compression,
        system.options.codec,
      );
      failpoint('checkpoint.afterEncode');
      const saved = system.storage.checkpoints.save(record, keepCheckpoints);
      await (checkpointTimeoutMs === null ? saved : this.within(checkpointTimeoutMs, saved));
      failpoint('checkpoint.afterWrite');
      return true;
    } catch (error) {
      system.logger.warn(
        `Checkpoint ${seq} of ${actor} was not saved, the journal still has everything: ${String(error)}`,
      );
      return false;
    }
  }

  /** H4. */
  private async truncate(): Promise<void> {
    const { retention, checkpointTimeoutMs } = this.config;
    if (retention === null) return;
    const { env, address, system } = this.host;
    const actor = address.encoded;
    try {
      const done = truncateBehind(system.storage, actor, retention, env.now());
      await (checkpointTimeoutMs === null ? done : this.within(checkpointTimeoutMs, done));
    } catch (error) {
      system.logger.warn(
        `The journal of ${actor} was not truncated, which is tried again after the next checkpoint: ${String(error)}`,
      );
    }
  }

  private within(limitMs: number, saved: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.host.env.schedule(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs);
      saved.then(() => resolve(), reject).finally(() => timer.cancel());
    });
  }
}
