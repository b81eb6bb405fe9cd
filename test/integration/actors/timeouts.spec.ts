import { type ActorRef, Handle, State, actorContext } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, type AppParts, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(async () => {
  gate.open(); // an application waits for its running turns, on its own clock
  await closeApps();
});

let gate = new Gate();
beforeEach(() => {
  gate = new Gate();
});

class Desk {
  @State() served: string[] = [];

  @Handle() async hold(name: string): Promise<string> {
    await gate.pass();
    this.served.push(name);
    return name;
  }
  @Handle() async holdForEver(): Promise<void> {
    await new Promise<void>(() => undefined);
  }
  @Handle() serve(name: string): string {
    this.served.push(name);
    return name;
  }
  @Handle() async nap(): Promise<number> {
    const { now, sleep } = { now: () => actorContext().now(), sleep: () => actorContext().sleep('10s') };
    const before = now();
    await sleep();
    return now() - before;
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.served;
  }
}

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly desk: ActorRef<Desk>;
}

async function open(kind: Kind, options: Partial<AppParts> = {}): Promise<Opened> {
  const cls = kind.virtual(Desk, { maxTurnAge: '2m' });
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage(), ...options });
  const desk = app.client(cls).ref('a');
  await desk.ask.serve('first');
  return { app, env, desk };
}

function watch(env: ManualClock, ask: Promise<unknown>): { outcome: string } {
  const seen = { outcome: 'waiting' };
  ask.then(
    (answer) => (seen.outcome = `answer ${String(answer)}`),
    (error: unknown) => (seen.outcome = `${(error as { code: string }).code} at ${env.monotonic()}`),
  );
  return seen;
}

describe.each([PLAIN, DURABLE])('asks of $name', (kind) => {
  it('[AX26] time out after exactly the time given; the late answer is dropped, its effect is not', async () => {
    const { env, desk } = await open(kind);
    const asked = watch(env, desk.with({ timeout: '5s' }).ask.hold('late'));
    await gate.reached;
    await env.advance(4_999);
    expect(asked.outcome).toBe('waiting');
    await env.advance(1);
    expect(asked.outcome).toBe('PS_ASK_TIMEOUT at 5000');
    gate.open();
    await env.settle();
    expect(asked.outcome).toBe('PS_ASK_TIMEOUT at 5000');
    expect(await desk.ask.all()).toEqual(['first', 'late']);
  });

  it.each([
    ['30 seconds', {}, 30_000],
    ['what forRoot says', { askTimeout: '7s' }, 7_000],
  ] as const)('wait %s by default', async (_, options, ms) => {
    const { env, desk } = await open(kind, options);
    const asked = watch(env, desk.ask.hold('x'));
    await env.advance(ms - 1);
    expect(asked.outcome).toBe('waiting');
    await env.advance(1);
    expect(asked.outcome).toBe(`PS_ASK_TIMEOUT at ${ms}`);
  });

  it('that timed out before they started do not start', async () => {
    const { env, desk } = await open(kind);
    const held = watch(env, desk.with({ timeout: '1m' }).ask.hold('held'));
    const late = watch(env, desk.with({ timeout: '1s' }).ask.serve('never'));
    await gate.reached;
    await env.advance('1s');
    expect(late.outcome).toMatch('PS_ASK_TIMEOUT');
    gate.open();
    await env.settle();
    expect(held.outcome).toBe('answer held');
    expect(await desk.ask.all()).toEqual(['first', 'held']);
  });

  it('of different patience end each at its own time', async () => {
    const { env, desk } = await open(kind);
    const asks = [3_000, 1_000, 2_000].map((timeout) => watch(env, desk.with({ timeout }).ask.hold('x')));
    await env.advance('5s');
    expect(asks.map(({ outcome }) => outcome)).toEqual([
      'PS_ASK_TIMEOUT at 3000',
      'PS_ASK_TIMEOUT at 1000',
      'PS_ASK_TIMEOUT at 2000',
    ]);
  });

  it('leave no timer behind when they are answered', async () => {
    const { env, desk } = await open(kind);
    const before = env.pendingTimers;
    for (let i = 0; i < 100; i++) await desk.ask.serve('x');
    expect(env.pendingTimers).toBeLessThanOrEqual(before + 1);
  });

  it('a turn that holds the line longer than maxTurnAge is ended with TurnTimeoutError; the line moves on', async () => {
    const { env, desk } = await open(kind);
    const hung = watch(env, desk.with({ timeout: '1h' }).ask.holdForEver());
    const next = watch(env, desk.with({ timeout: '1h' }).ask.serve('next'));
    await env.advance(119_999);
    expect([hung.outcome, next.outcome]).toEqual(['waiting', 'waiting']);
    await env.advance(1);
    expect([hung.outcome, next.outcome]).toEqual(['PS_TURN_TIMEOUT at 120000', 'answer next']);
  });

  it('ctx.sleep holds the line for its time', async () => {
    const { env, desk } = await open(kind);
    const nap = watch(env, desk.ask.nap());
    const next = watch(env, desk.ask.serve('next'));
    await env.advance(9_999);
    expect([nap.outcome, next.outcome]).toEqual(['waiting', 'waiting']);
    await env.advance(1);
    expect(nap.outcome).toMatch(/^answer/);
    expect(next.outcome).toBe('answer next');
  });

  it('a delayed tell is handled at its time, not a tick before', async () => {
    const { env, desk } = await open(kind);
    await desk.with({ delay: '90s' }).tell.serve('later');
    await env.advance(89_999);
    expect(await desk.ask.all()).toEqual(['first']);
    await env.advance(1);
    expect(await desk.ask.all()).toEqual(['first', 'later']);
  });
});
