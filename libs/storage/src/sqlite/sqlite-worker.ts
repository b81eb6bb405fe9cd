import { parentPort } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { failpoint } from '#spi';
import { type ConnectionOptions, IN_MEMORY, openConnection } from './connection';
import { Database } from './database';
import { type Driver, loadDriver } from './driver';
import { failureOf } from './failure';
import { FileLock } from './file-lock';
import { Op, Packer, type Request, type Result } from './protocol';

/**
 * The thread that owns a database file: its lock and its only writing connection. Reads what arrives, answers in
 * order, and never lets an error out: each becomes the result of the request that met it.
 */
class SqliteWorker {
  private readonly packer = new Packer();
  private lock: FileLock | undefined;
  private database: Database | undefined;
  private open: (() => Database) | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly driver: Driver | Error,
  ) {
    port.on('message', (message: ArrayBuffer) => this.receive(message));
  }

  private receive(message: ArrayBuffer): void {
    const requests = this.packer.unpack<readonly Request[]>(message);
    const results = requests.map((request) => this.answer(request));
    const reply = this.packer.pack(results);
    this.port.postMessage(reply, [reply]);
    if (requests.at(-1)?.[0] === Op.Close) this.port.close();
  }

  private answer(request: Request): Result {
    try {
      return [null, this.handle(request)];
    } catch (error) {
      return [failureOf(error)];
    }
  }

  private handle(request: Request): unknown {
    switch (request[0]) {
      case Op.Lock:
        this.takeLock(request[1] as string);
        return null;
      case Op.Open:
        this.openDatabase(request[1] as string, request[2] as ConnectionOptions);
        return null;
      case Op.Close:
        this.close();
        return null;
      default:
        return this.ask(request);
    }
  }

  private takeLock(path: string): void {
    if (this.driver instanceof Error) throw this.driver;
    if (path !== IN_MEMORY) this.lock = FileLock.take(this.driver, path);
  }

  private openDatabase(path: string, options: ConnectionOptions): void {
    const { driver } = this;
    if (driver instanceof Error) throw driver;
    const open = (): Database => new Database(openConnection(driver, path, options));
    this.database = open();
    if (path !== IN_MEMORY) this.open = open;
  }

  private ask(request: Request): unknown {
    this.database ??= this.open?.();
    if (this.database === undefined) throw new Error('the database is not open');
    try {
      const value = this.database.handle(request);
      if (request[0] === Op.Flush) failpoint('commit.afterCommit');
      return value;
    } finally {
      if (this.database.isSuspect && this.open !== undefined) this.dropDatabase();
    }
  }

  /** The next request opens a new connection, which reads the file and nothing but the file. */
  private dropDatabase(): void {
    const { database } = this;
    this.database = undefined;
    database?.close();
  }

  private close(): void {
    this.open = undefined;
    this.dropDatabase();
    this.lock?.release();
  }
}

async function main(port: MessagePort): Promise<void> {
  new SqliteWorker(port, await loadDriver().catch((error: unknown) => error as Error));
}

if (parentPort !== null) void main(parentPort);
