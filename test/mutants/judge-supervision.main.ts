import 'reflect-metadata';
import {
  Actor,
  type ActorContext,
  type ActorId,
  Ctx,
  Handle,
  State,
  Supervisor,
  type SupervisorOptions,
  UseFacets,
  child,
  durability,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { startApp } from '../support/app';

// What supervision claims, tried on the sources with whatever bug is planted. Prints the names of the claims that do not hold, as JSON.

let life: string[] = [];
let effects: string[] = [];
let hold: (() => Promise<void>) | null = null;

@Actor({ type: 'worker' })
@UseFacets(durability(), virtualActor())
class Worker {
  @State() total = 0;
  private key = '';

  onActivate(self: ActorId): void {
    this.key = self.key;
    life.push(`up ${self.key}`);
  }
  onDeactivate(): void {
    life.push(`down ${this.key}`);
  }
  @Handle() add(by: number): number {
    life.push(`ran ${this.key}`);
    return (this.total += by);
  }
  @Handle() crash(): void {
    throw new Error('boom');
  }
  @Handle() async pay(@Ctx() ctx: ActorContext): Promise<number> {
    for (const name of ['pay', 'look'])
      await ctx.sideEffect(name, () => {
        effects.push(name);
        return Promise.resolve(0);
      });
    await hold?.();
    return ++this.total;
  }
}

async function tree(options: Partial<SupervisorOptions>) {
  const env = new ManualClock();
  class Top {}
  const children = ['a', 'b', 'c'].map((key) => child(Worker, key, { shutdown: 'brutal', restart: 'transient' }));
  Supervisor({ strategy: 'oneForAll', children, ...options })(Top);
  const app = await startApp({ actors: [Worker, Top], env });
  life = [];
  effects = [];
  const ref = (key: string) => app.client(Worker).ref(key);
  const crash = async (key: string): Promise<void> => {
    await ref(key)
      .ask.crash()
      .catch(() => undefined);
    await env.settle();
  };
  return { env, ref, crash, status: () => app.system.supervision.status() };
}

const CLAIMS: Readonly<Record<string, () => Promise<boolean>>> = {
  order: async () => {
    const children = ['a', 'b', 'c'].map((key) => child(Worker, key));
    const { crash } = await tree({ children });
    await crash('b');
    return life.join() === 'down c,down a,up a,up b,up c';
  },
  window: async () => {
    const { crash, status } = await tree({ maxRestarts: 2 });
    const seen: boolean[] = [];
    for (const key of ['a', 'b', 'c']) {
      await crash(key);
      seen.push(status().isUp);
    }
    return seen.join() === 'true,true,false';
  },
  transient: async () => {
    const { env, ref, status } = await tree({ strategy: 'oneForOne' });
    await ref('a').ask.add(1);
    await ref('a').stop();
    await env.settle();
    return status().supervisors[0]?.children[0]?.status === 'down';
  },
  records: async () => {
    const { crash, env, ref } = await tree({});
    const reached = new Promise<void>((resolve) => {
      hold = () => {
        hold = null;
        resolve();
        return new Promise(() => undefined);
      };
    });
    const paid = ref('a').ask.pay();
    await reached;
    await crash('b');
    return (await env.runUntil(paid)) === 1 && effects.join() === 'pay,look';
  },
  line: async () => {
    const { crash, env, ref } = await tree({ backoff: { kind: 'constant', delay: '1s' } });
    await crash('a');
    const added = ref('a').ask.add(1);
    await env.settle();
    const isEarly = life.includes('ran a');
    await env.advance('1s');
    return !isEarly && (await added) === 1;
  },
};

async function main(): Promise<void> {
  const failed: string[] = [];
  for (const [name, claim] of Object.entries(CLAIMS)) {
    const holds = await Promise.race([
      claim().catch(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 20_000, false)), // a bug may leave it waiting for ever
    ]);
    if (!holds) failed.push(name);
  }
  console.log(JSON.stringify(failed));
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
