import { RedisStorage } from 'plexspaces/redis';
import { SystemEnv } from 'plexspaces/spi';
import {
  type Fault,
  FaultProxy,
  type HistoryVerdict,
  OperationLog,
  checkHistory,
  readActors,
} from 'plexspaces/testing';
import { FLUSH } from '../../../libs/storage/src/redis/scripts/flush.script';
import { Account, Book, models } from '../../integration/history/bank';
import { until } from '../../integration/durable/gate';
import { type App, startApp } from '../../support/app';
import type { PrivateRedis } from '../../support/servers/private-redis';

const env = new SystemEnv();

interface Step {
  readonly id: string;
  readonly key: string;
  readonly method: 'add' | 'forward' | 'move' | 'current';
  readonly args: readonly unknown[];
}

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const TIMEOUT_MS = 1_500;
/** Between two tries of a step. */
const PAUSE_MS = 50;
/** Times a step is sent again before the run is given up. */
const TRIES = 60;

/** Clients of accounts whose store lies behind a proxy that fails, or on a server that dies. Every step is sent until it is answered. */
export class FaultRun {
  private readonly log = new OperationLog();
  private readonly fired: { name: string; fired: number }[] = [];
  private count = 0;

  private constructor(
    private readonly server: PrivateRedis,
    readonly proxy: FaultProxy,
    private readonly store: RedisStorage,
    private readonly app: App,
  ) {}

  static async start(server: PrivateRedis): Promise<FaultRun> {
    const proxy = await FaultProxy.start({ port: server.port });
    const store = await RedisStorage.open({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: TIMEOUT_MS });
    const app = await startApp({ actors: [Account, Book], storage: store });
    return new FaultRun(server, proxy, store, app);
  }

  /** The flush is cut before it reaches the server, or when it has been answered; clients go on until all is answered. */
  async cut(when: 'before' | 'after', skip: number): Promise<void> {
    const fault: Fault = {
      kind: 'cut',
      when,
      pattern: FLUSH.sha,
      skip,
      times: 1,
      how: skip % 2 === 0 ? 'close' : 'reset',
    };
    const injected = this.proxy.inject(fault);
    let isStruck = false;
    void injected.happened.then(() => (isStruck = true));
    for (let round = 0; round < 8 && !isStruck; round++) await this.work();
    injected.remove();
    this.fired.push({ name: `cut ${when}`, fired: isStruck ? 1 : 0 });
  }

  /** @param strike happens while clients are at work */
  async during(name: string, strike: () => Promise<void>): Promise<void> {
    const struck = strike();
    const work = [this.work()];
    await struck;
    work.push(this.work());
    await Promise.all(work);
    this.fired.push({ name, fired: 1 });
  }

  /** One round of all clients, until each step is answered. */
  async work(): Promise<void> {
    const steps = KEYS.flatMap((key, i): Step[] => [
      this.step(key, 'add', 1),
      this.step(key, 'forward'),
      this.step(key, 'add', 10),
      this.step(key, 'current'),
      ...(i === 0 ? [this.step(key, 'move', 'c', 5)] : []),
      this.step(key, 'forward'),
    ]);
    await Promise.all(steps.map((step) => this.untilAnswered(step)));
  }

  /** Resolves when nothing that was accepted is left to do. */
  async settle(): Promise<void> {
    const direct = await RedisStorage.open(this.server.url);
    const actors = ['book/main', ...KEYS.map((key) => `account/${key}`)].map((name) => `default/default/${name}`);
    await until(async () => {
      const pending = await Promise.all(actors.map((actor) => direct.inbox.pending(actor)));
      return pending.every(({ length }) => length === 0);
    });
    await direct.close();
  }

  async judge(): Promise<HistoryVerdict> {
    await this.settle();
    const direct = await RedisStorage.open(this.server.url);
    const actors = await readActors(direct);
    const finals: Record<string, unknown> = {};
    for (const key of KEYS)
      finals[`default/default/account/${key}`] = await this.app.client(Account).ref(key).ask.current();
    await direct.close();
    return checkHistory({
      operations: this.log.records(),
      actors,
      models,
      finals,
      faults: this.fired,
      minOkShare: 0.3,
    });
  }

  async end(): Promise<void> {
    await this.app.close();
    await this.store.close();
    await this.proxy.stop();
  }

  private step(key: string, method: Step['method'], ...args: readonly unknown[]): Step {
    return { id: `${this.count++}.${method}`, key, method, args };
  }

  private async untilAnswered(step: Step): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (await this.send(step)) return;
      await new Promise<void>((resolve) => env.schedule(resolve, PAUSE_MS)); // as a client would
    }
    throw new Error(`${step.id} of ${step.key} was never answered`);
  }

  private async send({ id, key, method, args }: Step): Promise<boolean> {
    const actor = `default/default/account/${key}`;
    const readOnly = method === 'current';
    const handle = this.log.invoke({ id, client: `client ${key}`, actor, kind: 'ask', method, args, readOnly });
    const ref = this.app.system.ref('account', key);
    try {
      this.log.ok(handle, await (readOnly ? ref : ref.with({ idempotencyKey: id })).ask(method, ...args));
      return true;
    } catch (error) {
      this.log.info(handle, String(error));
      return false;
    }
  }
}
