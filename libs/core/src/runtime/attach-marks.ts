import { encodeActorId, failpoint } from '#spi';
import { outsideTurns } from '../turn/frame';
import type { SystemPort } from './system-port';

const MARK = { tenant: '$plexspaces', namespace: '$attached', type: 'durability' };
const PREFIX = encodeActorId({ ...MARK, key: '' });
const PAGE = 1_000;

/**
 * Which actors of classes without `durability()` got it at run time. A head row of its own in the store marks each,
 * so that after a restart its first message finds the journal and not an empty actor.
 */
export class AttachMarks {
  private readonly marked = new Set<string>();
  /** Marks that the store refused: submitted again with the next attempt to record the actor. */
  private readonly unstored = new Set<string>();

  constructor(private readonly system: SystemPort) {}

  has(actor: string): boolean {
    return this.marked.has(actor);
  }

  async load(): Promise<void> {
    for (let after = ''; ;) {
      const page = await this.system.storage.journal.actors(PREFIX, after, PAGE);
      for (const mark of page) this.marked.add(decodeURIComponent(mark.slice(PREFIX.length)));
      if (page.length < PAGE) return;
      after = page[page.length - 1] as string;
    }
  }

  /** Nothing came of it. The row stays; what it says is put right by the first journal there is. */
  remove(actor: string): void {
    this.marked.delete(actor);
    this.unstored.delete(actor);
  }

  /** Submitted before the actor's first append, so durable no later than that. */
  add(actor: string): void {
    if (this.marked.has(actor) && !this.unstored.delete(actor)) return;
    this.marked.add(actor);
    outsideTurns(() => this.submit(actor));
  }

  private submit(actor: string): void {
    const { writer, nodeId, logger } = this.system;
    writer.submit(
      {
        kind: 'append',
        actor: PREFIX + encodeURIComponent(actor),
        expected: { seq: 0, epoch: 0 },
        epoch: 1,
        writer: nodeId,
        schema: 0,
        status: 'live',
        entries: [],
        inbox: [],
        sends: [],
      },
      (outcome) => {
        if (outcome.kind === 'committed') failpoint('attach.afterMark');
        if (outcome.kind !== 'failed' && outcome.kind !== 'lost') return;
        this.unstored.add(actor);
        logger.error(`${actor} could not be marked as durable: ${outcome.kind}`);
      },
    );
  }
}
