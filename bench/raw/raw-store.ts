import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type RawAppend, type RawWorkerData, bytesOf, packAppends } from './raw-protocol';
import type { AppendShape } from './record-turn';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Group commit by hand: what has queued up while the previous group was written goes out as the next. */
export class RawStore {
  private readonly worker: Worker;
  private readonly payloads: readonly Uint8Array[];
  private queue: RawAppend[] = [];
  private waiting: Waiting[] = [];
  private writing: readonly Waiting[] | null = null;
  private numbers = 0;

  constructor(
    path: string,
    private readonly heads: number[],
    private readonly shapes: readonly AppendShape[],
  ) {
    const data: RawWorkerData = { path, keys: heads.length, shapes };
    this.worker = new Worker(join(__dirname, 'raw-worker.ts'), { workerData: data });
    this.payloads = shapes.map((shape) => new Uint8Array(bytesOf(shape)).fill(0x5a));
    this.worker.on('message', () => this.flushed());
    this.worker.on('error', (error) => this.fail(error));
  }

  /** The appends of one ask, one after another as the output gate demands. */
  async ask(key: number): Promise<void> {
    const number = ++this.numbers;
    for (let step = 0; step < this.shapes.length; step++) {
      const seq = this.heads[key] as number;
      this.heads[key] = seq + (this.shapes[step] as AppendShape).entries;
      await this.append({ key, seq, step, number });
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage(null);
    await ended;
  }

  private append(append: RawAppend): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push(append);
      this.waiting.push({ resolve, reject });
      if (this.queue.length === 1 && this.writing === null) queueMicrotask(() => this.flush());
    });
  }

  private flush(): void {
    if (this.writing !== null || this.queue.length === 0) return;
    const buffer = packAppends(this.queue, this.payloads);
    this.writing = this.waiting;
    this.queue = [];
    this.waiting = [];
    this.worker.postMessage(buffer, [buffer]);
  }

  private flushed(): void {
    const { writing } = this;
    this.writing = null;
    writing?.forEach(({ resolve }) => resolve());
    // After those who waited have asked again.
    queueMicrotask(() => process.nextTick(() => this.flush()));
  }

  private fail(error: Error): void {
    for (const { reject } of [...(this.writing ?? []), ...this.waiting]) reject(error);
  }
}
