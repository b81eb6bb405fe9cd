import { type ActorContext, Ctx, Handle } from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';
import { env, resetWorkers } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

class Peer {
  @Handle() watch(key: string, @Ctx() ctx: ActorContext): string {
    return ctx.monitor(ctx.actor(Subject, key), 'down');
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
  @Handle() down(): void {}
}
let Subject: typeof Peer = Peer;

/** Entries of what is kept in memory. */
function kept({ system }: App): number {
  const links = system.supervision.links as unknown as Record<string, unknown>;
  const maps = Object.values(links).filter((each): each is Map<string, unknown> => each instanceof Map);
  return maps.reduce((sum, { size }) => sum + size, 0);
}

describe.each([PLAIN, DURABLE])('monitors and links, $name', (kind) => {
  beforeEach(() => (Subject = kind.regular(Peer)));

  it('end with the actor that has them: nobody tells it, and nothing of it is kept', async () => {
    const app = await startApp({ actors: [Subject], env });
    const [target, watcher] = await Promise.all([app.client(Subject).spawn('t'), app.client(Subject).spawn('w')]);
    await watcher.ask.watch('t');
    await watcher.ask.join('t');
    await env.runUntil(watcher.stop());
    expect(kept(app)).toBe(0);
    await env.runUntil(target.stop());
    await env.settle();
    expect(app.complaints).toEqual([]);
  });

  it('that are taken back leave nothing', async () => {
    const app = await startApp({ actors: [Subject], env });
    const [, one] = await Promise.all([app.client(Subject).spawn('t'), app.client(Subject).spawn('w')]);
    const monitor = await one.ask.watch('t');
    await one.ask.join('t');
    await one.ask.forget(monitor);
    await one.ask.part('t');
    expect(kept(app)).toBe(0);
  });
});
