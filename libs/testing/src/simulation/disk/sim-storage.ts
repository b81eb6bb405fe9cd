import type { Env, Storage } from '#spi';
import { RequestLine } from './request-line';
import { SimCheckpointStorage } from './sim-checkpoint-storage';
import type { SimEngine } from './sim-engine';
import { SimInboxStorage } from './sim-inbox-storage';
import { SimJournalStorage } from './sim-journal-storage';
import { SimLeaseStorage } from './sim-lease-storage';

/** A {@link SimDisk} as one life of a node sees it. @publicApi */
export class SimStorage implements Storage {
  readonly journal: SimJournalStorage;
  readonly inbox: SimInboxStorage;
  readonly checkpoints: SimCheckpointStorage;
  readonly leases: SimLeaseStorage | undefined;
  private readonly lines: readonly RequestLine[];

  /** @internal */
  constructor(engine: SimEngine, clock: Pick<Env, 'schedule'>) {
    const [log, files] = [new RequestLine(engine, clock, this), new RequestLine(engine, clock, this)];
    const claims = new RequestLine(engine, clock, this);
    this.lines = [log, files, claims];
    this.leases = engine.leases === null ? undefined : new SimLeaseStorage(claims, engine.leases);
    this.journal = new SimJournalStorage(log);
    this.inbox = new SimInboxStorage(log);
    this.checkpoints = new SimCheckpointStorage(files);
  }

  /** Requests that will never be answered, though this life goes on: a node with some may need a restart to get further. */
  get hanging(): number {
    return this.lines.reduce((sum, { hanging }) => sum + hanging, 0);
  }

  /** Nothing of this life arrives any more, and nothing is answered to it. @internal */
  die(): void {
    for (const line of this.lines) line.die();
  }

  async close(): Promise<void> {
    for (const line of this.lines) line.close();
  }
}
