import { type AppendWrite, StoreFailedError, encodeActorId, failpoint } from '#spi';
import { outsideTurns } from '../turn/frame';
import type { SystemPort } from './system-port';

const MARK = { tenant: '$plexspaces', namespace: '$attached', type: 'durability' };
const PREFIX = encodeActorId({ ...MARK, key: '' });
const PAGE = 1_000;

/**
 * Which actors of classes without `durability()` got it at run time. A head row of its own in the store marks each,
 * so that after a restart its first message finds the journal and not an empty actor. It is there before the journal.
 */
export class AttachMarks {
  private readonly marked = new Set<string>();

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

  /** From here on it is durable in this process too; `store` has been waited for. */
  add(actor: string): void {
    this.marked.add(actor);
  }

  /** Nothing came of it. The row stays; what it says is put right by the first journal there is. */
  remove(actor: string): void {
    this.marked.delete(actor);
  }

  /** Resolves when the row is there. @throws StoreFailedError */
  store(actor: string): Promise<void> {
    if (this.marked.has(actor)) return Promise.resolve();
    return outsideTurns(() => this.submit(actor));
  }

  private submit(actor: string): Promise<void> {
    const { writer, nodeId } = this.system;
    const write: AppendWrite = {
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
    };
    return new Promise((resolve, reject) =>
      writer.submit(write, (outcome) => {
        if (outcome.kind === 'failed') return reject(new StoreFailedError('journal', outcome.reason));
        if (outcome.kind === 'lost') return reject(outcome.error);
        failpoint('attach.afterMark');
        resolve(); // a conflict says that an earlier attempt has left it
      }),
    );
  }
}
