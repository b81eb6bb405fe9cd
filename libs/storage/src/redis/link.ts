import { type Env, StoreClosedError, StoreFailedError, SystemEnv } from '#spi';
import { type Connection, type Driver, isReply } from './driver';
import type { Endpoint, RedisTarget } from './redis-options';
import type { Script } from './scripts/script';
import { type ServerFacts, factsOf } from './server-facts';
import { unavailable } from './unavailable';

export type Argument = string | Buffer;

/** A command with its arguments, or a script with keys and arguments. */
export interface Call {
  readonly script?: Script;
  readonly command?: string;
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
}

export type CallResult = { readonly value: unknown } | { readonly error: Error };

/** Looks at a server before it is used; called for each life of it. */
export type Inspection = (facts: ServerFacts, ask: (call: Call) => Promise<unknown>) => Promise<void>;

interface Life {
  readonly redis: Connection;
  readonly clientId: string;
  readonly runId: string;
}

const LOADING_POLL_MS = 50;

/**
 * The way to one server: one connection at a time.
 *
 * It owns the connection, and makes another one when a call needs it. Nothing is ever sent twice by itself.
 *
 * Invariants
 *   K1  Calls reach the server in the order in which they were made, as long as the connection holds.
 *   K2  A call that is not answered in time, or whose connection ends, rejects with StoreFailedError, and that connection is
 *       given up: nothing is sent over it any more.
 *   K3  Before the first call over a new connection the server has ended the old one (CLIENT KILL by its id, unless another
 *       run of the server answers): what was sent over it has run by then, or never will. So what is read back stays (P10).
 *   K4  After `close` every call rejects with StoreClosedError.
 */
export class Link {
  private life: Life | undefined;
  private opening: Promise<Life> | undefined;
  /** The last connection that may have left something at the server. */
  private ghost: Life | undefined;
  private isClosed = false;
  /** The run of the server that was found in order. */
  private inspected: string | undefined;
  private readonly env: Env = new SystemEnv();

  constructor(
    private readonly driver: Driver,
    readonly endpoint: Endpoint,
    private readonly target: RedisTarget,
    private readonly scripts: readonly Script[],
    private readonly inspect: Inspection,
  ) {}

  get place(): string {
    return `Redis at ${this.endpoint.host}:${this.endpoint.port}`;
  }

  /** Connects, if it is not connected. @throws StorageUnavailableError, UnsafeStorageError, SchemaTooNewError */
  async open(): Promise<void> {
    await this.alive();
  }

  /** @throws StoreFailedError, ReplyError of the driver */
  async call(call: Call): Promise<unknown> {
    const [result] = await this.callAll([call]);
    if (result !== undefined && 'error' in result) throw result.error;
    return result?.value;
  }

  /** Sends all at once, and waits for all. Rejects when no connection can be had; else each has a result of its own. */
  async callAll(calls: readonly Call[]): Promise<readonly CallResult[]> {
    return this.send(this.life ?? (await this.connected()), calls);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening?.catch(() => undefined);
    const { life } = this;
    this.life = undefined;
    life?.redis.disconnect();
  }

  private async connected(): Promise<Life> {
    try {
      return await this.alive();
    } catch (error) {
      if (this.isClosed) throw new StoreClosedError('redis');
      throw new StoreFailedError('redis', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  private alive(): Promise<Life> {
    if (this.isClosed) return Promise.reject(new StoreClosedError('redis'));
    if (this.life !== undefined) return Promise.resolve(this.life);
    this.opening ??= this.connect().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async send(life: Life, calls: readonly Call[]): Promise<readonly CallResult[]> {
    let results = await this.exchange(life.redis, calls);
    if (results.some(isNoScript)) {
      // SCRIPT FLUSH: it did not run. There is no other reply by which a script is sent again.
      await this.exchange(life.redis, this.scripts.map(loading));
      const missing = calls.filter((_, i) => isNoScript(results[i] as CallResult));
      const again = await this.exchange(life.redis, missing);
      let next = 0;
      results = results.map((result) => (isNoScript(result) ? (again[next++] as CallResult) : result));
    }
    if (results.some((result) => 'error' in result && !isReply(result.error))) this.giveUp(life);
    return results.map((result) => ('error' in result ? { error: this.failure(result.error) } : result));
  }

  private async exchange(redis: Connection, calls: readonly Call[]): Promise<readonly CallResult[]> {
    const commands = calls.map((call) => this.commandOf(call));
    gather(redis);
    for (const command of commands) void redis.sendCommand(command);
    return Promise.all(
      commands.map((command) =>
        command.promise.then(
          (value: unknown): CallResult => ({ value }),
          (error: unknown): CallResult => ({ error: error as Error }),
        ),
      ),
    );
  }

  private commandOf({ script, command, keys, args }: Call): InstanceType<Driver['Command']> {
    const words = script === undefined ? [...keys, ...args] : [script.sha, String(keys.length), ...keys, ...args];
    return new this.driver.Command(command ?? 'evalsha', words, { replyEncoding: null });
  }

  private failure(error: Error): Error {
    const { message } = error;
    return isReply(error) ? error : new StoreFailedError('redis', `${this.place}: ${message}`);
  }

  /** K2 */
  private giveUp(life: Life): void {
    if (this.life !== life) return; // done already, and maybe another one is up
    this.life = undefined;
    this.ghost = life;
    life.redis.disconnect();
  }

  private async connect(): Promise<Life> {
    const { host, port } = this.endpoint;
    const { timeoutMs, tls } = this.target;
    const redis = new this.driver.Redis({
      host,
      port,
      ...(tls === undefined ? {} : { tls }),
      lazyConnect: true,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      // A new connection is made here and nowhere else, so that nothing is sent over it before K3 holds.
      retryStrategy: () => null,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    redis.on('error', () => undefined); // whoever waits for an answer hears of it
    try {
      const life = await this.greet(redis);
      if (this.isClosed) throw new StoreClosedError('redis');
      redis.once('close', () => this.giveUp(life));
      return (this.life = life);
    } catch (error) {
      redis.disconnect();
      throw unavailable(this.place, error);
    }
  }

  private async greet(redis: Connection): Promise<Life> {
    let failure: unknown;
    redis.on('error', (error) => (failure = error));
    await redis.connect().catch((error: unknown) => {
      throw failure ?? error;
    });
    const ask = async (call: Call): Promise<unknown> => {
      const [result] = await this.exchange(redis, [call]);
      if (result !== undefined && 'error' in result) throw result.error;
      return result?.value;
    };
    const { username, password, database } = this.target;
    if (password !== undefined)
      await ask({ command: 'auth', keys: [], args: username === undefined ? [password] : [username, password] });
    if (database !== 0) await ask({ command: 'select', keys: [], args: [String(database)] });
    const clientId = String(await ask({ command: 'client', keys: [], args: ['ID'] }));
    const facts = await this.facts(ask);
    const { ghost } = this;
    if (ghost?.runId === facts.runId) await ask({ command: 'client', keys: [], args: ['KILL', 'ID', ghost.clientId] });
    if (this.inspected !== facts.runId) await this.inspect(facts, ask);
    this.inspected = facts.runId;
    for (const script of this.scripts) await ask(loading(script));
    this.ghost = undefined;
    return { redis, clientId, runId: facts.runId };
  }

  /** A server that has just started is waited for while it loads its data. */
  private async facts(ask: (call: Call) => Promise<unknown>): Promise<ServerFacts> {
    const deadline = this.env.monotonic() + this.target.timeoutMs;
    for (;;) {
      const facts = factsOf(String(await ask({ command: 'info', keys: [], args: [] })));
      if (!facts.isLoading || this.env.monotonic() > deadline) return facts;
      await new Promise<void>((resolve) => this.env.schedule(resolve, LOADING_POLL_MS));
    }
  }
}

/** What is sent in this tick leaves at its end, in one system call: actors that come up together ask together. */
function gather({ stream }: Connection): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

function loading({ lua }: Script): Call {
  return { command: 'script', keys: [], args: ['LOAD', lua] };
}

function isNoScript(result: CallResult): boolean {
  return 'error' in result && isReply(result.error) && result.error.message.startsWith('NOSCRIPT');
}
