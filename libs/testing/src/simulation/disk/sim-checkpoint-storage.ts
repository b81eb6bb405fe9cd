import type { CheckpointRecord, CheckpointStorage } from '#spi';
import { type RequestLine, STORE, powerFailed } from './request-line';

/** The checkpoints as one life sees them. They are no part of the log: either may reach the disk first. */
export class SimCheckpointStorage implements CheckpointStorage {
  readonly name = STORE;

  constructor(private readonly line: RequestLine) {}

  save(record: CheckpointRecord, keep: number): Promise<void> {
    const { checkpoints } = this.line.engine;
    const own = { ...record, bytes: new Uint8Array(record.bytes) };
    return this.line.change('save', true, async ({ answers }) => {
      const save = checkpoints.begin({ life: this.line.life, record: own, keep });
      if (answers === 'result') await this.line.pause('sync.latency');
      if (!checkpoints.finish(save)) throw powerFailed();
    });
  }

  latest(actor: string, throughSeq?: number): Promise<CheckpointRecord | null> {
    return this.line.readFile('latest', () => this.line.engine.checkpoints.latest(actor, throughSeq));
  }

  list(actor: string): Promise<readonly number[]> {
    return this.line.readFile('list', () => this.line.engine.checkpoints.stored.list(actor));
  }

  purge(actor: string): Promise<void> {
    return this.line.change('purgeCheckpoints', false, async () => this.line.engine.checkpoints.purge(actor));
  }

  async close(): Promise<void> {
    this.line.close();
  }
}
