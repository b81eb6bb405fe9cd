import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  type NoReply,
  State,
  TerminalError,
  UseFacets,
  virtualActor,
} from 'plexspaces';
import { Fsm, Info, Transition, postpone } from 'plexspaces/behaviors';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN, actorOf } from '../../support/kinds';

afterEach(closeApps);

let held = new Gate();
beforeEach(() => (held = new Gate()));

/** Counts when it is open. */
@Fsm({ initial: 'a', states: ['a', 'b'] })
class Counting {
  @State() log: string[] = [];

  @Transition({ from: 'a', on: 'count' }) wait() {
    return postpone();
  }
  @Transition({ from: 'b' }) count(name: string): void {
    this.log.push(name);
  }
  @Transition({ from: 'a', to: 'b' }) async go(): Promise<void> {
    await held.pass();
  }
  @Handle() seen(@Ctx() ctx: ActorContext, name = ctx.self.key): string[] {
    this.log.push(`seen ${name}`);
    return this.log;
  }
  @Handle() refuse(): void {
    throw new TerminalError('no', {});
  }
  @Handle() later(@Ctx() ctx: ActorContext): unknown {
    const token = ctx.deferReply<string>();
    ctx.reply(token, 'at once');
    return token;
  }
  @Info({ unknown: true }) other(name: string, args: unknown[]): NoReply {
    this.log.push(`${name} ${args.join()}`);
  }
  @Handle({ readOnly: true }) sizes(): number[] {
    return this.log.map(({ length }) => length);
  }
  @Handle({ readOnly: true }) look(): string[] {
    return this.log;
  }
}

async function start(kind: Kind) {
  const cls = kind.virtual(Counting);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage(), providers: [TimerFacet] });
  const client = app.client(cls);
  const early = client.ref('key');
  for (let i = 0; i < 3; i++) await early.tell.count(`early${i}`);
  return { app, env, early, client, ref: client.ref('key') };
}

/** Of the payload of one message. */
const LIMIT = 1024 * 1024;
const EARLY = ['early0', 'early1', 'early2'];

describe.each([PLAIN, DURABLE])(
  'a message that comes while events are on their way again, to a machine as $name',
  (kind) => {
    it('goes behind them though it is no event: it overtakes nothing its sender sent before (P2)', async () => {
      const { early, ref } = await start(kind);
      const gone = early.ask.go();
      await held.reached;
      await ref.tell.count('mine');
      const seen = (ref.ask as unknown as { seen(): Promise<string[]> }).seen();
      held.open();
      await gone;
      expect(await seen).toEqual([...EARLY, 'mine', 'seen key']);
      expect(await early.ask.look()).toEqual([...EARLY, 'mine', 'seen key']);
    });

    it('does so with arguments of the size that a message may have', async () => {
      const { app, early, ref } = await start(kind);
      const gone = early.ask.go();
      await held.reached;
      const long = 'x'.repeat(LIMIT - 8);
      await ref.tell.count(long);
      held.open();
      await gone;
      await settle();
      expect(await early.ask.sizes()).toEqual([6, 6, 6, long.length]);
      expect(app.complaints).toEqual([]);
    });

    it('is answered as if it had not: with its errors, and where it puts its answer off', async () => {
      const { app, early, ref } = await start(kind);
      const gone = early.ask.go();
      await held.reached;
      const refused = ref.ask.refuse().catch((error: Error) => error);
      const later = ref.ask.later();
      await app.system.ref('subject', 'key').tell('nobody knows', 1, 2);
      held.open();
      await gone;
      expect(await refused).toMatchObject({ name: 'TerminalError', message: 'no' });
      expect(await later).toBe('at once');
      await settle();
      expect(await early.ask.look()).toEqual([...EARLY, 'nobody knows 1,2']);
    });

    it('takes one turn where nothing is on its way', async () => {
      const { early, ref } = await start(kind);
      held.open();
      await early.ask.go();
      await settle();
      await ref.tell.count('mine');
      await ref.ask.refuse().catch(() => undefined);
      expect(await ref.ask.look()).toEqual([...EARLY, 'mine']);
      if (kind !== DURABLE) return;
      const entries = await ref.history.replayFrom(1);
      const received = entries.flatMap((entry) => (entry.kind === 'MessageReceived' ? [entry.method] : []));
      expect(received.filter((method) => method === 'fsmAgain')).toHaveLength(3);
    });

    it('runs at once when nobody sent it: a tick is behind nothing', async () => {
      class Ticking extends Counting {
        @Handle() tick(): void {
          this.log.push('tick');
        }
        @Handle() plan(@Ctx() ctx: ActorContext): void {
          timers<Ticking>(ctx).scheduleOnce('t', '1s', 'tick');
        }
      }
      const cls = actorOf(Ticking, { type: 'ticking' }, ...kind.facets, virtualActor(), timer());
      const env = new ManualClock();
      const app = await startApp({ actors: [cls], env, storage: kind.storage(), providers: [TimerFacet] });
      const ref = app.client(cls).ref('key');
      await ref.ask.plan();
      for (const name of EARLY) await ref.tell.count(name);
      const gone = ref.ask.go();
      await held.reached;
      await env.advance('1s');
      await settle();
      held.open();
      await gone;
      await settle();
      expect(await ref.ask.look()).toEqual(['tick', ...EARLY]);
    });
  },
);

@Fsm({ initial: 'a', states: ['a', 'b'] })
class Asking {
  @State() log: string[] = [];
  @Transition({ from: 'a', on: 'run' }) wait() {
    return postpone();
  }
  @Transition({ from: 'b' }) async run(name: string, @Ctx() ctx: ActorContext): Promise<string> {
    return ctx.actor(Echo, 'a').ask.callBack(name);
  }
  @Transition({ from: 'a', to: 'b' }) go(): void {
    return;
  }
  @Handle({ reentrant: true }) note(name: string): string {
    this.log.push(name);
    return this.log.join();
  }
}

@Actor({ type: 'echo' })
@UseFacets(virtualActor())
class Echo {
  @Handle() async callBack(name: string, @Ctx() ctx: ActorContext): Promise<string> {
    return (await ctx.actorOfType('subject', 'a').ask('note', name)) as string;
  }
}

it('a reentrant call runs in the turn that waits for it, whatever is on its way', async () => {
  const cls = PLAIN.virtual(Asking);
  const app = await startApp({ actors: [cls, Echo] });
  const ref = app.client(cls).ref('a') as unknown as { ask: Record<'run' | 'go', (name?: string) => Promise<string>> };
  const asked = [ref.ask.run('1'), ref.ask.run('2'), ref.ask.run('3')];
  await ref.ask.go();
  expect(await Promise.all(asked)).toEqual(['1', '1,2', '1,2,3']);
});
