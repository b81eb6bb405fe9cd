import { Actor, type ActorContext, Ctx, type Down, type ExitSignal, Handle, State, TrapExit, child } from 'plexspaces';
import { closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';
import { env, resetWorkers, supervisor } from './workers';

let gate = new Gate();

class Peer {
  @State() total = 0;
  @State() heard: string[] = [];

  @Handle() add(by: number): number {
    return (this.total += by);
  }
  @Handle() list(): string[] {
    return this.heard;
  }
  @Handle() watch(key: string, @Ctx() ctx: ActorContext): string {
    return ctx.monitor(ctx.actor(Subject, key), 'down');
  }
  @Handle() watchAndFail(key: string, @Ctx() ctx: ActorContext): void {
    ctx.monitor(ctx.actor(Subject, key), 'down');
    throw new Error('after all not');
  }
  @Handle() watchWrongly(key: string, @Ctx() ctx: ActorContext): string {
    return ctx.monitor(ctx.actor(Subject, key), 'nobody');
  }
  @Handle() forget(monitor: string, @Ctx() ctx: ActorContext): void {
    ctx.demonitor(monitor);
  }
  @Handle() join(key: string, @Ctx() ctx: ActorContext): void {
    ctx.link(ctx.actor(Subject, key));
  }
  @Handle() part(key: string, @Ctx() ctx: ActorContext): void {
    ctx.unlink(ctx.actor(Subject, key));
  }
  @Handle() down({ actor, reason, error }: Down): void {
    this.heard.push(`${actor.split('/').at(-1)} ${reason} ${error}`);
  }
  @Handle() crash(): void {
    throw new Error('boom');
  }
  @Handle() async hold(by: number): Promise<number> {
    this.total += 1_000;
    await gate.pass();
    return (this.total += by - 1_000);
  }
}
class Trapper extends Peer {
  @TrapExit() @Handle() exited({ actor, reason, error }: ExitSignal): void {
    this.heard.push(`${actor.split('/').at(-1)} ${reason} ${error}`);
  }
}
let Subject: typeof Peer = Peer;

beforeEach(() => {
  resetWorkers();
  gate = new Gate();
});
afterEach(closeApps);

describe.each([PLAIN, DURABLE])('links and monitors, $name', (kind: Kind) => {
  async function start(base: typeof Peer = Peer, isVirtual = true) {
    Subject = isVirtual ? kind.virtual(base) : kind.regular(base);
    const app = await startApp({ actors: [Subject], env });
    const peers = app.client(Subject);
    const crash = async (key: string): Promise<void> => {
      await expect(peers.ref(key).ask.crash()).rejects.toThrow('boom');
      await env.settle();
    };
    return { app, peers, crash };
  }

  it('monitor: the next crash is one message, and only the next', async () => {
    const { peers, crash } = await start();
    await peers.ref('a').ask.watch('b');
    await crash('b');
    await crash('b');
    expect(await peers.ref('a').ask.list()).toEqual(['b crash boom']);
  });

  it('monitor: a stop is told as normal; several watchers are told each', async () => {
    const { peers } = await start();
    await peers.ref('a').ask.watch('c');
    await peers.ref('b').ask.watch('c');
    await peers.ref('c').ask.add(1);
    await peers.stop('c');
    await env.settle();
    expect(await peers.ref('a').ask.list()).toEqual(['c normal null']);
    expect(await peers.ref('b').ask.list()).toEqual(['c normal null']);
  });

  it('monitor: who is not there is told at once; going idle is no end', async () => {
    const { peers } = await start(Peer, false);
    const a = await peers.spawn('a');
    await a.ask.watch('nobody');
    await env.settle();
    expect(await a.ask.list()).toEqual(['nobody noproc null']);
  });

  it('monitor: a turn that fails has set none; demonitor takes it back; an unknown handler is refused', async () => {
    const { peers, crash } = await start();
    await expect(peers.ref('a').ask.watchAndFail('b')).rejects.toThrow('after all not');
    await expect(peers.ref('a').ask.watchWrongly('b')).rejects.toMatchObject({ code: 'PS_UNKNOWN_METHOD' });
    const monitor = await peers.ref('a').ask.watch('b');
    await peers.ref('a').ask.forget(monitor);
    await crash('b');
    expect(await peers.ref('a').ask.list()).toEqual([]);
  });

  it('monitor: a child that its supervisor stops is told as shutdown', async () => {
    Subject = kind.virtual(Peer);
    const top = supervisor('Top', { strategy: 'oneForAll', children: [child(Subject, 'x'), child(Subject, 'y')] });
    const app = await startApp({ actors: [Subject, top], env });
    const peers = app.client(Subject);
    await peers.ref('a').ask.watch('x');
    await expect(peers.ref('y').ask.crash()).rejects.toThrow('boom');
    await env.settle();
    expect(await peers.ref('a').ask.list()).toEqual(['x shutdown null']);
  });

  it('link: a crash takes the other along, chains as well; state and the running message survive', async () => {
    const { app, peers, crash } = await start();
    await peers.ref('a').ask.add(5);
    await peers.ref('a').ask.join('b');
    await peers.ref('b').ask.join('c');
    const held = peers.ref('a').ask.hold(1);
    await gate.reached;
    await crash('c');
    gate.open();
    expect(await held).toBe(6);
    const failed = app.events
      .filter(({ to }) => to === 'Failed')
      .map(({ actor, error }) => [actor.key, (error as { code?: string }).code]);
    expect(failed).toEqual([
      ['c', undefined],
      ['b', 'PS_LINKED_EXIT'],
      ['a', 'PS_LINKED_EXIT'],
    ]);
    await crash('c'); // the link is broken
    expect(app.events.filter(({ to }) => to === 'Failed')).toHaveLength(4);
    expect((await peers.ref('b').info()).state).toBe('Active');
  });

  it('link: a stop takes nobody along; unlink takes it back', async () => {
    const { app, peers, crash } = await start();
    await peers.ref('a').ask.join('b');
    await peers.ref('b').ask.add(1);
    await peers.stop('b');
    await peers.ref('a').ask.join('c');
    await peers.ref('a').ask.part('c');
    await crash('c');
    expect(app.events.filter(({ to, actor }) => to === 'Failed' && actor.key === 'a')).toEqual([]);
  });

  it('trapExit: the exit of a linked actor is a message, also a normal one', async () => {
    const { app, peers, crash } = await start(Trapper);
    await peers.ref('a').ask.join('b');
    await peers.ref('a').ask.join('c');
    await crash('b');
    await peers.ref('c').ask.add(1);
    await peers.stop('c');
    await env.settle();
    expect(await peers.ref('a').ask.list()).toEqual(['b crash boom', 'c normal null']);
    expect(app.events.filter(({ to, actor }) => to === 'Failed' && actor.key === 'a')).toEqual([]);
  });

  it('link: a child that is taken along is its supervisor’s to restart', async () => {
    Subject = kind.virtual(Peer);
    const top = supervisor('Top', { children: [child(Subject, 'x')] });
    const app = await startApp({ actors: [Subject, top], env });
    const peers = app.client(Subject);
    await peers.ref('x').ask.join('a');
    await expect(peers.ref('a').ask.crash()).rejects.toThrow('boom');
    await env.settle();
    expect(app.system.supervision.status().supervisors[0]).toMatchObject({ failures: 1, restarts: 1, active: 1 });
  });
});

it('@TrapExit() has to stand beside one @Handle()', async () => {
  class Wrong {
    @Handle() work(): void {}
    @TrapExit() other(): void {}
  }
  Actor({ type: 'wrong' })(Wrong);
  await expect(startApp({ actors: [Wrong] })).rejects.toMatchObject({ code: 'PS_INVALID_ACTOR_CLASS' });
});
