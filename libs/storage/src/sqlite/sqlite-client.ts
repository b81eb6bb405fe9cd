import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreClosedError, StoreFailedError } from '#spi';
import { errorOf } from './failure';
import { Op, Packer, type Request, type Result } from './protocol';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The main thread's side of one worker thread.
 *
 * It owns the worker and the line of requests to it; the worker owns the file.
 *
 * Invariants
 *   C1  Requests are answered in the order in which they were made, each exactly once, whatever becomes of the worker.
 *   C2  A write leaves at once with whatever waits before it; reads made in one tick leave together at its end.
 *   C3  The thread keeps the process alive only while an answer, or its own end, is awaited.
 *   C4  After the worker's end, what was outstanding is of unknown outcome (StoreFailedError); later requests reject
 *       with StoreClosedError. Its error never reaches `uncaughtException`.
 */
export class SqliteClient {
  /** Settles when the thread is gone, for whatever reason. */
  readonly ended: Promise<void>;
  private readonly worker = new Worker(join(__dirname, `sqlite-worker${extname(__filename)}`));
  private readonly packer = new Packer();
  private queue: Request[] = [];
  private waiting: Waiting[] = [];
  /** What was posted and not answered, one array per message. */
  private readonly posted: (readonly Waiting[])[] = [];
  private isPostScheduled = false;
  private isClosing = false;
  private end: Error | undefined;

  constructor() {
    this.worker.unref();
    this.worker.on('message', (reply: ArrayBuffer) => this.receive(reply));
    this.worker.on('error', (error) => this.stop(error));
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.stop(new Error(`the worker thread ended with code ${code}`));
        resolve();
      });
    });
  }

  read<T>(request: Request): Promise<T> {
    return this.enqueue(request, false) as Promise<T>;
  }

  write<T>(request: Request): Promise<T> {
    return this.enqueue(request, true) as Promise<T>;
  }

  /** Closes the file when everything asked for so far is answered, and ends the thread. */
  async close(): Promise<void> {
    this.isClosing = true;
    // A thread that died has closed everything already, and said so to whoever waited for an answer.
    if (this.end === undefined) await this.write([Op.Close]).catch(() => undefined);
    await this.ended;
  }

  private enqueue(request: Request, atOnce: boolean): Promise<unknown> {
    if (this.end !== undefined) return Promise.reject(new StoreClosedError('sqlite', { cause: this.end }));
    return new Promise((resolve, reject) => {
      this.queue.push(request);
      this.waiting.push({ resolve, reject });
      if (atOnce) this.post();
      else this.schedulePost();
    });
  }

  /** After the microtasks of this tick: every actor that asks in it shares the trip. */
  private schedulePost(): void {
    if (this.isPostScheduled) return;
    this.isPostScheduled = true;
    queueMicrotask(() => process.nextTick(() => this.post()));
  }

  private post(): void {
    this.isPostScheduled = false;
    const { queue, waiting } = this;
    if (queue.length === 0) return;
    this.queue = [];
    this.waiting = [];
    try {
      const message = this.packer.pack(queue);
      if (this.posted.push(waiting) === 1) this.worker.ref();
      this.worker.postMessage(message, [message]);
    } catch (error) {
      // A value that cannot be packed: nothing of this message was sent.
      for (const { reject } of waiting) reject(error as Error);
    }
  }

  private receive(reply: ArrayBuffer): void {
    const results = this.packer.unpack<readonly Result[]>(reply);
    const waiting = this.posted.shift() as readonly Waiting[];
    if (this.posted.length === 0 && !this.isClosing) this.worker.unref();
    waiting.forEach(({ resolve, reject }, i) => {
      const [failure, value] = results[i] as Result;
      if (failure === null) resolve(value);
      else reject(errorOf(failure));
    });
  }

  private stop(cause: Error): void {
    this.end ??= cause;
    const outstanding = [...this.posted.flat(), ...this.waiting];
    this.posted.length = 0;
    this.queue = [];
    this.waiting = [];
    for (const { reject } of outstanding) {
      reject(new StoreFailedError('sqlite', `its worker thread ended (${cause.message})`, { cause }));
    }
  }
}
