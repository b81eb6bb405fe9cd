import type { RawAppend } from './raw-protocol';
import type { AppendShape } from './record-turn';

/** Writes one group of appends, durably. */
export interface RawWriter {
  write(appends: readonly RawAppend[]): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Group commit by hand: what has queued up while the previous group was written goes out as the next. */
export class RawStore {
  private queue: RawAppend[] = [];
  private waiting: Waiting[] = [];
  private isWriting = false;
  private numbers = 0;
  /** Groups written. */
  flushes = 0;

  constructor(
    private readonly writer: RawWriter,
    private readonly heads: number[],
    private readonly shapes: readonly AppendShape[],
  ) {}

  /** The appends of one ask, one after another as the output gate demands. */
  async ask(key: number): Promise<void> {
    const number = ++this.numbers;
    for (let step = 0; step < this.shapes.length; step++) {
      const seq = this.heads[key] as number;
      this.heads[key] = seq + (this.shapes[step] as AppendShape).entries;
      await this.append({ key, seq, step, number });
    }
  }

  close(): Promise<void> {
    return this.writer.close();
  }

  private append(append: RawAppend): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push(append);
      this.waiting.push({ resolve, reject });
      if (this.queue.length === 1 && !this.isWriting) queueMicrotask(() => void this.flush());
    });
  }

  private async flush(): Promise<void> {
    if (this.isWriting || this.queue.length === 0) return;
    const [appends, written] = [this.queue, this.waiting];
    [this.queue, this.waiting, this.isWriting] = [[], [], true];
    this.flushes++;
    try {
      await this.writer.write(appends);
      written.forEach(({ resolve }) => resolve());
    } catch (error) {
      written.forEach(({ reject }) => reject(error as Error));
    }
    this.isWriting = false;
    // After those who waited have asked again.
    queueMicrotask(() => process.nextTick(() => void this.flush()));
  }
}
