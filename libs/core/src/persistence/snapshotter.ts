import type { StateImage } from '#journal';
import type { Activation } from '../runtime/activation';
import { saveSnapshot } from './save-snapshot';
import type { SnapshotConfig } from './snapshot-config';

/** An actor does not stay in memory for longer because its storage hangs. */
const PATIENCE_MS = 10_000;

/**
 * Saves the state of one actor without a journal off the path of its turns.
 *
 *  S1. What is saved is the state at the end of a completed turn.
 *  S2. One save at a time. Turns that complete meanwhile are covered by one more, however many they are.
 *  S3. A save that fails is reported; the next one, at the latest that of `finish`, covers what it did not.
 */
export class Snapshotter {
  /** Completed messages since a save was begun. */
  private turns = 0;
  private isDirty = false;
  private isWanted = false;
  private saving: Promise<void> | null = null;

  private constructor(
    private readonly host: Activation,
    private readonly config: SnapshotConfig,
    private readonly image: () => StateImage,
  ) {}

  /** `null` for a class without snapshots. */
  static for(host: Activation, image: () => StateImage): Snapshotter | null {
    const { snapshot } = host.cls.definition;
    return snapshot === null ? null : new Snapshotter(host, snapshot, image);
  }

  /** @param wanted the handler has asked for a save */
  turnCompleted(wanted: boolean): void {
    this.turns++;
    this.isDirty = true;
    this.isWanted ||= wanted || this.turns >= this.config.every;
    if (this.isWanted) this.save();
  }

  /** Saves what no save covers yet. Never rejects. */
  async finish(): Promise<void> {
    if (this.saving !== null) await this.patiently(this.saving);
    if (this.isDirty) this.save();
    if (this.saving !== null) await this.patiently(this.saving);
  }

  private save(): void {
    if (this.saving !== null) return; // S2
    if (!this.host.system.mayAct() || this.host.isForsaken) return; // another node may have saved by now
    this.turns = 0;
    this.isDirty = this.isWanted = false;
    this.saving = this.write().finally(() => {
      this.saving = null;
      if (this.isWanted) this.save();
    });
  }

  private async write(): Promise<void> {
    const { address, cls, env, system } = this.host;
    const actor = address.encoded;
    try {
      const facts = { actor, schema: cls.definition.schema, time: env.now(), image: this.image() };
      await saveSnapshot(this.config.storage, system.options, facts);
    } catch (error) {
      this.isDirty = true; // S3
      system.logger.error(`The state of ${actor} was not saved; the next save tries again: ${String(error)}`);
    }
  }

  private patiently(saving: Promise<void>): Promise<void> {
    const { env, address, system } = this.host;
    return new Promise((resolve) => {
      const timer = env.schedule(() => {
        system.logger.error(`The snapshot storage has not answered ${address.encoded} for ${PATIENCE_MS} ms.`);
        resolve();
      }, PATIENCE_MS);
      void saving.finally(() => timer.cancel()).then(resolve);
    });
  }
}
