import type { Commands } from '../worker/main';
import { type Call, type Failure, MISHAP, RATES_URL, type Reply } from '../worker/wire';
import { Child, type Ending } from './child-process';

const PROGRAM = require.resolve('../worker/main');

export interface WorkerOptions {
  /** SQLite file; '' keeps everything in memory. */
  readonly database: string;
  readonly ratesUrl: string;
  /** Where it is to die: `effect.afterCall=kill@3`. */
  readonly failpoint?: string;
  /** The message whose handler is to throw once. */
  readonly mishap?: string;
}

/** The worker died before it answered: the message may or may not have taken effect. */
export class WorkerDiedError extends Error {}

/** The actor's own answer when it is an error. */
export class CommandError extends Error {
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}

type Method<G extends keyof Commands, M extends keyof Commands[G]> = Commands[G][M] extends (
  ...args: infer Args
) => infer Result
  ? { args: Args; result: Awaited<Result> }
  : never;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One life of the worker process. A call that it does not live to answer rejects with {@link WorkerDiedError}. */
export class Worker {
  readonly ended: Promise<Ending>;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private alive = true;

  private constructor(private readonly child: Child) {
    child.process.on('message', (reply: Reply) => this.settle(reply));
    this.ended = child.ended.then((ending) => {
      this.alive = false;
      for (const { reject } of this.waiting.values()) reject(new WorkerDiedError());
      this.waiting.clear();
      return ending;
    });
  }

  static async start({ database, ratesUrl, failpoint = '', mishap = '' }: WorkerOptions): Promise<Worker> {
    const env = { [RATES_URL]: ratesUrl, [MISHAP]: mishap, PLEXSPACES_FAILPOINTS: failpoint };
    const child = new Child('worker', PROGRAM, { args: [database], env });
    await child.firstMessage();
    return new Worker(child);
  }

  call<G extends keyof Commands, M extends keyof Commands[G] & string>(
    group: G,
    method: M,
    ...args: Method<G, M>['args']
  ): Promise<Method<G, M>['result']> {
    const call: Call = { id: ++this.calls, command: `${group}.${method}`, args };
    return new Promise((resolve: (value: never) => void, reject) => {
      if (!this.alive) return reject(new WorkerDiedError());
      this.waiting.set(call.id, { resolve: resolve as (value: unknown) => void, reject });
      this.child.process.send(call, () => undefined); // a broken pipe shows in `ended`
    });
  }

  /** `effect.afterCall 3`: the failpoint it announced before it died there. */
  get lastWords(): string | null {
    return /^failpoint (\S+ \d+)$/m.exec(this.child.said)?.[1] ?? null;
  }

  get said(): string {
    return this.child.said;
  }

  kill(): void {
    this.child.kill();
  }

  /** Ends it in good order: turns under way end, the store is closed. */
  stop(): Promise<Ending> {
    return this.child.close();
  }

  private settle(reply: Reply): void {
    if (reply.kind === 'ready') return;
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.kind === 'value') waiting?.resolve(reply.value);
    else waiting?.reject(new CommandError(reply.failure));
  }
}
