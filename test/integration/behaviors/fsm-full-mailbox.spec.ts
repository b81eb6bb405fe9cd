import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, virtualActor } from 'plexspaces';
import { Fsm, Transition, postpone, stateOf } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, PLAIN } from '../../support/kinds';

afterEach(closeApps);

let held = new Gate();
const SMALL = { mailbox: { maxMessages: 5 } };

/** Counts what came before it was opened when it is; open for 10 s. */
@Fsm({ initial: 'a', states: { a: {}, b: { timeout: { after: '10s', event: 'expire' } }, c: {} } })
class Busy {
  @State() ran: string[] = [];
  @Transition({ from: 'a', on: 'count' }) wait() {
    return postpone();
  }
  @Transition({ from: 'b' }) count(name: string): string {
    this.ran.push(name);
    return name;
  }
  @Transition({ from: 'a', to: 'b' }) go(): void {
    return;
  }
  @Transition({ from: 'b', to: 'c' }) expire(): void {
    return;
  }
  @Handle() async hold(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.sideEffect('hold', () => held.pass());
  }
  @Handle() noop(): void {
    return;
  }
  @Handle({ readOnly: true }) look(): { state: string | undefined; ran: string[] } {
    return { state: stateOf(this), ran: this.ran };
  }
}

beforeEach(() => (held = new Gate()));

describe.each([PLAIN, DURABLE])('a machine with a full mailbox as $name', (kind) => {
  async function start() {
    const cls = kind.virtual(Busy, SMALL);
    const env = new ManualClock();
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    return { app, env, busy: app.client(cls).ref('a') };
  }

  it('loses none of the events it has postponed: they were accepted once', async () => {
    const { app, busy } = await start();
    const asked: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      asked.push(busy.ask.count(`ask ${i}`).catch((error: { code: string }) => error.code));
      await settle(2);
    }
    for (let i = 0; i < 5; i++) {
      await busy.tell.count(`tell ${i}`);
      await settle(2);
    }
    await busy.ask.go();
    const names = [
      ...Array.from({ length: 20 }, (_, i) => `ask ${i}`),
      ...Array.from({ length: 5 }, (_, i) => `tell ${i}`),
    ];
    expect(await Promise.all(asked)).toEqual(names.slice(0, 20));
    await settle();
    expect((await busy.ask.look()).ran).toEqual(names);
    expect(app.complaints).toEqual([]);
  });

  it('is told by its timeout all the same, and by nobody else (P12)', async () => {
    const { env, busy } = await start();
    await busy.ask.go();
    void busy.ask.hold();
    await held.reached;
    const waiting = Array.from({ length: 5 }, () => busy.ask.noop());
    await expect(busy.ask.noop()).rejects.toMatchObject({ code: 'PS_MAILBOX_FULL' });
    await env.advance('11s');
    await settle();
    held.open();
    await Promise.all(waiting);
    await settle();
    expect((await busy.ask.look()).state).toBe('c');
  });
});

/** Sends itself more than it can handle. */
@Actor({ type: 'echo', ...SMALL })
@UseFacets(virtualActor())
class Echo {
  @Handle() async shout(times: number, @Ctx() ctx: ActorContext): Promise<void> {
    for (let i = 0; i < times; i++) await ctx.actorOfType('echo', ctx.self.key).tell('hear');
  }
  @Handle() async answerLater(@Ctx() ctx: ActorContext): Promise<unknown> {
    for (let i = 0; i < 6; i++) await ctx.actorOfType('echo', ctx.self.key).tell('noop');
    const token = ctx.deferReply();
    await ctx.actorOfType('echo', ctx.self.key).with({ replyTo: token }).tell('noop');
    return token;
  }
  @Handle() noop(): void {
    return;
  }
  @Handle({ only: 'self' }) hear(): void {
    return;
  }
}

describe('what an actor sends to itself', () => {
  it('has room of its own, which ends too (P12); what is lost then is logged', async () => {
    const app = await startApp({ actors: [Echo] });
    await app.client(Echo).ref('a').ask.shout(10_010);
    await settle();
    expect(app.complaints).toHaveLength(5);
    expect(app.complaints[0]).toContain('hear from default/default/echo/a is lost');
  });

  it('is logged when it is lost, also where its end was to be the answer to a tell', async () => {
    const app = await startApp({ actors: [Echo] });
    await app.client(Echo).ref('a').tell.answerLater();
    await settle();
    expect(app.complaints.filter((line) => line.includes('noop from default/default/echo/a is lost'))).toHaveLength(2);
  });
});
