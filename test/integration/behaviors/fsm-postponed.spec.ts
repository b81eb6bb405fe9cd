import { type ActorContext, type ActorRef, Ctx, Handle, State } from 'plexspaces';
import { Fsm, Transition, moveTo, postpone, stateOf } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate as Barrier, settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

/** Keeps `work` until it is open; `late` until it is closed. */
@Fsm({
  initial: 'shut',
  states: { shut: { postpone: ['work', 'late', 'finish'] }, open: { postpone: ['late'] }, closed: {} },
  maxPostponed: 4,
})
class Gate {
  @State() log: string[] = [];

  @Transition({ from: 'shut', to: 'open' }) open(): void {
    return;
  }
  @Transition({ from: 'open' }) work(text: string): string {
    this.log.push(`work ${text}`.slice(0, 20));
    return 'worked';
  }
  @Transition({ from: 'open', to: 'closed' }) finish(): void {
    return;
  }
  @Transition({ from: 'closed' }) late(text: string): string {
    this.log.push(`late ${text}`);
    return 'at last';
  }
  @Transition({ from: 'closed', on: 'work' }) tooLate(text: string): string {
    this.log.push(`missed ${text}`);
    return 'missed';
  }
  @Handle({ readOnly: true }) look(): { state: string | undefined; log: string[] } {
    return { state: stateOf(this), log: this.log };
  }
}

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly gate: ActorRef<Gate>;
}

async function start(kind: Kind): Promise<Opened> {
  const cls = kind.virtual(Gate);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage() });
  return { app, env, gate: app.client(cls).ref('a') };
}

async function outcome(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: unknown) => (error as { code?: string }).code ?? String(error));
}

describe.each([PLAIN, DURABLE])('events postponed by a machine as $name', (kind) => {
  it('are run when the state changes, also those whose askers nobody can answer any more', async () => {
    const { gate, env } = await start(kind);
    void outcome(gate.with({ timeout: '60h' }).ask.work('old'));
    await gate.ask.look();
    await settle();
    await env.advance('25h'); // an answer may be owed for 24 h
    const young = gate.with({ timeout: '60h' }).ask.work('young');
    await settle();
    await gate.ask.open();
    expect(await young).toBe('worked');
    expect(await gate.ask.look()).toEqual({ state: 'open', log: ['work old', 'work young'] });
    await gate.ask.finish();
    expect((await gate.ask.look()).state).toBe('closed');
  });

  it('come in the order in which they came first, though one of them is postponed again (gen_statem)', async () => {
    const { gate } = await start(kind);
    const asked = [gate.ask.late('1'), gate.ask.finish(), gate.ask.work('3')];
    await gate.ask.open(); // late: again; finish: closed; so work comes behind late
    expect(await Promise.all(asked)).toEqual(['at last', undefined, 'missed']);
    expect((await gate.ask.look()).log).toEqual(['late 1', 'missed 3']);
    expect(await gate.ask.work('4')).toBe('missed');
  });

  it('are as many as the machine says: one more is refused by name, and the machine goes on (P12)', async () => {
    const { gate } = await start(kind);
    const kept = ['1', '2', '3', '4'].map((text) => gate.ask.work(text));
    await expect(gate.ask.work('5')).rejects.toMatchObject({
      code: 'PS_FSM_POSTPONE_LIMIT',
      state: 'shut',
      event: 'work',
      limit: '4 events',
    });
    await gate.ask.open();
    expect(await Promise.all(kept)).toEqual(['worked', 'worked', 'worked', 'worked']);
    expect((await gate.ask.look()).log).toEqual(['work 1', 'work 2', 'work 3', 'work 4']);
  });

  it('are of a bounded size together, so that one turn can send them all again (P12)', async () => {
    const { gate } = await start(kind);
    const big = 'x'.repeat(600_000);
    const kept = gate.ask.work(big);
    await expect(gate.ask.work(big)).rejects.toMatchObject({
      code: 'PS_FSM_POSTPONE_LIMIT',
      limit: '1048576 bytes',
    });
    await gate.ask.open();
    expect(await kept).toBe('worked');
  });

  it('that fit a message, but not one sent again, are refused when they come, not when the state changes', async () => {
    const { gate } = await start(kind);
    const biggest = 'x'.repeat(1_048_576 - 6); // as an argument list: one byte, and five for the length
    expect(await outcome(gate.ask.work(biggest))).toBe('PS_FSM_POSTPONE_LIMIT');
    await gate.ask.open();
    expect(await gate.ask.work(biggest)).toBe('worked');
  });
});

/** Keeps what is to be run until it is up, which it is for a second. */
@Fsm({
  initial: 'starting',
  states: { starting: { postpone: ['run'] }, up: { timeout: { after: '1s', event: 'expire' } }, down: {} },
})
class Hasty {
  @State() log: string[] = [];
  @Transition({ from: 'starting', to: 'up' }) start(): void {
    return;
  }
  @Transition({ from: 'up' }) run(name: string): void {
    this.log.push(name);
  }
  @Handle() async hold(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.sideEffect('hold', () => held.pass());
  }
  @Transition({ from: 'up', to: 'down' }) expire(): void {
    this.log.push('expired');
  }
  @Handle({ readOnly: true }) look(): string[] {
    return this.log;
  }
}

let held = new Barrier();

describe.each([PLAIN, DURABLE])('the timeout of a state of a machine as $name', (kind) => {
  it('comes behind the events that came before it, though they are still on their way', async () => {
    held = new Barrier();
    const cls = kind.virtual(Hasty);
    const env = new ManualClock();
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    const hasty = app.client(cls).ref('a');
    // The second one stands in line before the first, which is sent again; so it goes behind that, and behind the timeout.
    const ran = [hasty.ask.run('first'), hasty.ask.start(), hasty.ask.hold(), hasty.ask.run('second')];
    await held.reached;
    await env.advance('2s');
    await settle();
    held.open();
    await Promise.all(ran);
    while ((await hasty.ask.look()).length < 3) await settle(1);
    expect(await hasty.ask.look()).toEqual(['first', 'second', 'expired']);
  });
});

@Fsm({ initial: 'a', states: ['a', 'b'], maxPostponed: 1_000 })
class Crowded {
  @State() ran = 0;
  @Transition({ from: 'a', on: 'count' }) wait() {
    return postpone();
  }
  @Transition({ from: 'b' }) count(): number {
    return ++this.ran;
  }
  @Transition({ from: ['a', 'b'], to: ['a', 'b'] }) go(to: string) {
    return moveTo(to, this.ran);
  }
}

it('as many postponed events as a machine may have fit into one turn', async () => {
  const cls = DURABLE.virtual(Crowded);
  const app = await startApp({ actors: [cls] });
  const ref = app.client(cls).ref('a');
  for (let i = 0; i < 1_000; i++) await ref.tell.count();
  expect(await ref.ask.go('b')).toBe(0);
  expect(await ref.ask.count()).toBe(1_001);
}, 120_000);

it('an event that comes while earlier ones are on their way takes a second turn, and no later one of its sender does', async () => {
  const cls = DURABLE.virtual(Crowded);
  const app = await startApp({ actors: [cls] });
  const refs = Array.from({ length: 5 }, () => app.client(cls).ref('a'));
  const early = refs.map((ref) => ref.ask.count());
  await refs[0]?.ask.go('b');
  await Promise.all(early);
  await Promise.all(
    refs.map(async (ref) => {
      for (let i = 0; i < 20; i++) await ref.ask.count();
    }),
  );
  const entries = await (refs[0] as (typeof refs)[0]).history.replayFrom(1);
  const again = entries.filter((entry) => entry.kind === 'MessageReceived' && entry.method === 'fsmAgain');
  expect(again.length).toBeLessThanOrEqual(2 * refs.length);
});

it.each([0, -1, 1.5, 1_001, '7', NaN])('maxPostponed: %p is refused at start', async (maxPostponed) => {
  class Odd {
    @Transition({ from: 'a' }) go(): void {
      return;
    }
  }
  Fsm({ initial: 'a', states: ['a'], maxPostponed: maxPostponed as number })(Odd);
  const cls = PLAIN.virtual(Odd);
  await expect(startApp({ actors: [cls] })).rejects.toMatchObject({ code: 'PS_INVALID_BEHAVIOR' });
});
