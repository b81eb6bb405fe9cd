import { type JournalEntry, Journal, type StatePoint } from '#journal';
import type { ActorClass } from '../runtime/actor-class';
import type { Address } from '../runtime/address';
import type { SystemPort } from '../runtime/system-port';
import { type Verification, verifyHistory } from '../verify/verify-history';

/** A checkpoint as the history lists it. @publicApi */
export interface CheckpointInfo {
  /** Last journal entry it covers. */
  readonly seq: number;
  readonly time: number;
  /** Stored size. */
  readonly bytes: number;
}

/**
 * The past of a durable actor: read it, travel in it, and run it again against the code that is deployed. Nothing
 * here writes, wakes or disturbs the actor.
 * @publicApi
 */
export class ActorHistory {
  private readonly journal: Journal;

  /** @internal */
  constructor(
    private readonly system: SystemPort,
    private readonly cls: ActorClass,
    private readonly address: Address,
  ) {
    this.journal = new Journal(system.storage, system.env);
  }

  /** Entries from `fromSeq` (inclusive) on; none for an actor without a journal. @throws CorruptRecordError */
  replayFrom(fromSeq: number): Promise<JournalEntry[]> {
    return this.journal.replayFrom(this.address.id, fromSeq).toArray();
  }

  entries({
    fromSeq = 1,
    throughSeq,
  }: { readonly fromSeq?: number | undefined; readonly throughSeq?: number | undefined } = {}): Promise<
    JournalEntry[]
  > {
    return this.journal.replayFrom(this.address.id, fromSeq, throughSeq).toArray();
  }

  /** The state after the last turn that had ended at `seq`, or by `time`: field by name, decoded. @throws HistoryTruncatedError */
  stateAt(point: StatePoint): Promise<Record<string, unknown>> {
    return this.journal.stateAt(this.address.id, point);
  }

  /** Newest first. */
  async checkpoints(): Promise<CheckpointInfo[]> {
    const { checkpoints } = this.system.storage;
    const found: CheckpointInfo[] = [];
    for (const seq of await checkpoints.list(this.address.encoded)) {
      const record = await checkpoints.latest(this.address.encoded, seq);
      if (record !== null) found.push({ seq: record.seq, time: record.time, bytes: record.bytes.length });
    }
    return found;
  }

  /**
   * Runs every completed turn again, on the state it began with and the effects it recorded, and compares what the
   * code of today does with what was committed. Starts no effect and writes nothing.
   */
  verify(): Promise<Verification> {
    return verifyHistory(this.system, this.cls, this.address);
  }
}
