import type { Type } from '@nestjs/common';
import {
  type ActorId,
  type ActorRef,
  Handle,
  State,
  Supervisor,
  type SupervisorHandle,
  type SupervisorOptions,
  type SupervisorStats,
  getSupervisorToken,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, type AppParts, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import type { Kind } from '../../support/kinds';

/** What happened, in order: `up a`, `down a`, `ran a 1`. */
export let life: string[] = [];
export let gates = new Map<string, Gate>();
/** Keys whose `onActivate` throws, and how often it still does. */
export let refusals = new Map<string, number>();
/** Keys whose `onActivate` does not end. */
export let hanging = new Set<string>();
export let env = new ManualClock();

export function resetWorkers(): void {
  life = [];
  gates = new Map();
  refusals = new Map();
  hanging = new Set();
  env = new ManualClock({ random: () => 0.5 });
}

/** An actor that does as its messages say, and notes its life. */
export class Worker {
  @State() total = 0;
  private key = '';

  async onActivate(self: ActorId): Promise<void> {
    this.key = self.key;
    life.push(`up ${self.key}`);
    const left = refusals.get(self.key) ?? 0;
    if (left > 0) {
      refusals.set(self.key, left - 1);
      throw new Error(`${self.key} cannot start`);
    }
    if (hanging.has(self.key)) await new Promise<void>(() => undefined);
  }
  onDeactivate(self: ActorId): void | Promise<void> {
    life.push(`down ${self.key}`);
  }
  @Handle() add(by: number): number {
    this.total += by;
    life.push(`ran ${this.key} ${by}`);
    return this.total;
  }
  @Handle() crash(): void {
    this.total += 1_000; // gone with the turn
    throw new Error('boom');
  }
  @Handle() async hold(by: number): Promise<number> {
    this.total += 1_000;
    await gates.get(this.key)?.pass();
    this.total += by - 1_000;
    return this.total;
  }
  @Handle({ retry: { maxAttempts: 2, initialDelay: '1s', jitter: 'none' } }) crashOnce(by: number): number {
    if (!gates.has(`crashed ${this.key}`)) {
      gates.set(`crashed ${this.key}`, new Gate());
      throw new Error('once');
    }
    return this.add(by);
  }
}

/** Declares a supervisor class. */
export function supervisor(
  name: string,
  options: Partial<SupervisorOptions> & Pick<SupervisorOptions, 'children'>,
): Type<object> {
  const made = { [name]: class {} }[name] as Type<object>;
  Supervisor({ strategy: 'oneForOne', ...options })(made);
  return made;
}

export interface Tree {
  readonly app: App;
  handle(cls: Type<object>): SupervisorHandle;
  ref(key: string): ActorRef<Worker>;
  stats(cls: Type<object>): Promise<SupervisorStats>;
  /** Starts of each child, by id. */
  starts(cls: Type<object>): Promise<Readonly<Record<string, number>>>;
  statuses(cls: Type<object>): Promise<Readonly<Record<string, string>>>;
  /** Sends `crash` and lets things settle. */
  crash(key: string): Promise<void>;
}

/** An application with these supervisors over `worker`, on virtual time. */
export async function startTree(
  worker: Type<Worker>,
  supervisors: readonly Type<object>[],
  parts: Partial<AppParts> = {},
): Promise<Tree> {
  const app = await startApp({ actors: [worker, ...supervisors], env, ...parts });
  const handle = (cls: Type<object>): SupervisorHandle => app.module.get(getSupervisorToken(cls));
  const ref = (key: string): ActorRef<Worker> => app.client(worker).ref(key);
  const stats = (cls: Type<object>): Promise<SupervisorStats> => handle(cls).getStats();
  const each = async <T>(cls: Type<object>, of: 'starts' | 'status'): Promise<Readonly<Record<string, T>>> =>
    Object.fromEntries((await stats(cls)).children.map((child) => [child.id.replace('subject/', ''), child[of] as T]));
  return {
    app,
    handle,
    ref,
    stats,
    starts: (cls) => each<number>(cls, 'starts'),
    statuses: (cls) => each<string>(cls, 'status'),
    crash: async (key) => {
      await expect(ref(key).ask.crash()).rejects.toThrow('boom');
      await env.settle();
    },
  };
}

export function workerOf(kind: Kind): Type<Worker> {
  return kind.virtual(Worker);
}
