import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type RawAppend, type RawWorkerData, packAppends, payloadsOf } from './raw-protocol';
import type { RawWriter } from './raw-store';
import type { AppendShape } from './record-turn';

/** better-sqlite3 in a thread: one transaction per group. */
export class SqliteRawWriter implements RawWriter {
  private readonly worker: Worker;
  private readonly payloads: readonly Uint8Array[];
  private written: { resolve(): void; reject(error: Error): void } | null = null;

  constructor(path: string, keys: number, shapes: readonly AppendShape[]) {
    const data: RawWorkerData = { path, keys, shapes };
    this.worker = new Worker(join(__dirname, 'raw-worker.ts'), { workerData: data });
    this.payloads = payloadsOf(shapes);
    this.worker.on('message', () => this.written?.resolve());
    this.worker.on('error', (error) => this.written?.reject(error));
  }

  write(appends: readonly RawAppend[]): Promise<void> {
    const buffer = packAppends(appends, this.payloads);
    return new Promise((resolve, reject) => {
      this.written = { resolve, reject };
      this.worker.postMessage(buffer, [buffer]);
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.postMessage(null);
    await ended;
  }
}
