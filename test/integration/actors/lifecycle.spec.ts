import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type ActorId,
  type ActorRef,
  ActorTerminatedError,
  Handle,
  type LifecycleEvent,
  MemoryStorage,
  SideEffect,
  State,
  actorContext,
  durability,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate, settle } from '../../support/gate';
import { DURABLE, KINDS, type Kind, ON_SQLITE, PLAIN, actorOf, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

const calls: string[] = [];
let gate = new Gate();
let failActivation = false;
let failDeactivation = false;
beforeEach(() => {
  calls.length = 0;
  gate = new Gate();
  failActivation = failDeactivation = false;
});

class Worker {
  @State() count = 0;

  constructor() {
    calls.push('constructor');
  }
  onCreate(): void {
    calls.push('onCreate');
  }
  onActivate({ key }: ActorId): void {
    calls.push(`onActivate ${key} ${this.count}`);
    if (failActivation) throw new Error('no connection');
  }
  onDeactivate({ key }: ActorId): void {
    calls.push(`onDeactivate ${key} ${this.count}`);
    if (failDeactivation) throw new Error('no goodbye');
  }
  onTerminate(): void {
    calls.push(`onTerminate ${actorContext().self.key} ${this.count}`);
  }
  @Handle() add(): number {
    return ++this.count;
  }
  @Handle() async hold(): Promise<number> {
    await gate.pass();
    return ++this.count;
  }
  @Handle() async effectThenHold(): Promise<number> {
    await this.effect();
    await gate.pass();
    return ++this.count;
  }
  @Handle({ retry: { maxAttempts: 9, initialDelay: '30s', jitter: 'none' } }) failSoon(): void {
    throw new Error('not yet');
  }
  @Handle({ retry: { maxAttempts: 9, initialDelay: '30s', jitter: 'none' } }) async effectThenFail(): Promise<void> {
    await this.effect();
    throw new Error('not yet');
  }
  @SideEffect() protected async effect(): Promise<number> {
    return 1;
  }
  @Handle() crash(): void {
    throw new Error('crash');
  }
  @Handle({ readOnly: true }) current(): number {
    return this.count;
  }
}

async function open(kind: Kind, life: 'regular' | 'virtual', env?: ManualClock) {
  const cls = kind[life](Worker);
  const app = await startApp({ actors: [cls], storage: kind.storage(), env });
  return { app, workers: app.client(cls) };
}

const transitions = (app: App): string[] => app.events.map(({ from, to, reason }) => `${from ?? ''}>${to} ${reason}`);
const stateOf = async (ref: ActorRef<Worker>): Promise<string> => (await ref.info()).state;
const byInstance = (): string[] => calls.filter((call) => call !== 'constructor');

describe.each(KINDS)('the life of $name', (kind) => {
  it('[AX09] a lazy virtual actor is Inactive until its first message; nothing of it runs before', async () => {
    const { app, workers } = await open(kind, 'virtual');
    const worker = workers.ref('a');
    expect(await worker.info()).toEqual({ state: 'Inactive', activationCount: 0, lastAccessed: null, waiting: 0 });
    expect(calls).toEqual([]);
    expect(app.events).toEqual([]);
  });

  it('[AX11] the first message activates it, once', async () => {
    const { app, workers } = await open(kind, 'virtual');
    expect(await Promise.all([workers.ref('a').ask.add(), workers.ref('a').ask.add()])).toEqual([1, 2]);
    expect(await workers.ref('a').info()).toMatchObject({ state: 'Active', activationCount: 1, waiting: 0 });
    expect(transitions(app)).toEqual(['>Creating message', 'Creating>Active message']);
  });

  it('[AX13] a graceful stop handles what waits, runs the hooks once and ends in Terminated', async () => {
    const { app, workers } = await open(kind, 'regular');
    const worker = await workers.spawn('a');
    const held = worker.ask.hold();
    await gate.reached;
    const waiting = [worker.ask.add(), worker.ask.add(), worker.ask.add()];
    const stopped = worker.stop();
    gate.open();
    expect(await Promise.all([held, ...waiting])).toEqual([1, 2, 3, 4]);
    await stopped;
    expect(await stateOf(worker)).toBe('Terminated');
    expect(byInstance().slice(-2)).toEqual(['onTerminate a 4', 'onDeactivate a 4']);
    expect(transitions(app)).toEqual(['>Creating spawn', 'Creating>Active spawn', 'Active>Terminated stop']);
  });

  it('[AX16] a stopped regular actor answers by name, and does not come back', async () => {
    const { workers } = await open(kind, 'regular');
    const worker = await workers.spawn('a');
    await workers.stop('a');
    for (const attempt of [
      worker.ask.add(),
      worker.tell.add(),
      worker.ask.current(),
      workers.spawn('a'),
      worker.orCreate(),
    ])
      await expect(attempt).rejects.toThrow(ActorTerminatedError);
    expect(await stateOf(worker)).toBe('Terminated');
  });

  it('messages that were sent behind a stop are refused, and none is left waiting', async () => {
    const { workers } = await open(kind, 'regular');
    const worker = await workers.spawn('a');
    const held = worker.ask.hold();
    await gate.reached;
    const stopped = worker.stop();
    const late = worker.ask.add();
    gate.open();
    await expect(late).rejects.toThrow(ActorTerminatedError);
    expect(await held).toBe(1);
    await stopped;
  });

  it('a virtual actor takes messages behind its stop in a new activation', async () => {
    const { workers } = await open(kind, 'virtual');
    const worker = workers.ref('a');
    const held = worker.ask.hold();
    await gate.reached;
    const stopped = worker.stop();
    const late = [worker.ask.add(), worker.tell.add().then(() => 0)];
    gate.open();
    expect(await held).toBe(1);
    await stopped;
    expect(await Promise.all(late)).toEqual([2, 0]);
    expect(await worker.ask.current()).toBe(3);
  });

  it('a brutal stop aborts the running turn and fails those who wait', async () => {
    const { workers } = await open(kind, 'regular');
    const worker = await workers.spawn('a');
    await worker.ask.add();
    const asks = [worker.ask.hold(), worker.ask.add()];
    await gate.reached;
    const outcomes = Promise.allSettled(asks);
    await worker.stop('brutal');
    const terminated = { reason: { code: 'PS_ACTOR_TERMINATED' } };
    expect(await outcomes).toMatchObject([terminated, terminated]);
    expect(byInstance()).toContain('onTerminate a 1');
    gate.open();
    await settle();
    expect(await stateOf(worker)).toBe('Terminated');
  });

  it('a brutal stop while it is still being loaded stops it', async () => {
    const { workers } = await open(kind, 'virtual');
    const worker = workers.ref('a');
    const asked = worker.ask.add();
    const outcome = Promise.allSettled([asked]);
    await worker.stop('brutal');
    expect(await outcome).toMatchObject([{ reason: { code: 'PS_ACTOR_TERMINATED' } }]);
    expect(await worker.ask.add()).toBe(1);
  });

  it('[AX14] a crash is Failed with its error, then Active again from the state before', async () => {
    const { app, workers } = await open(kind, 'virtual');
    const worker = workers.ref('a');
    await worker.ask.add();
    await expect(worker.ask.crash()).rejects.toThrow('crash');
    expect(await worker.ask.add()).toBe(2);
    expect(transitions(app)).toEqual([
      '>Creating message',
      'Creating>Active message',
      'Active>Failed error',
      'Failed>Active restart',
    ]);
    expect(app.events[2]?.error).toMatchObject({ message: 'crash' });
    expect(byInstance()).not.toContain('onDeactivate a 1');
  });

  it('a failing onActivate fails the activation and loses no state; the next message tries again', async () => {
    const env = new ManualClock();
    const { app, workers } = await open(kind, 'virtual', env);
    const worker = workers.ref('a');
    await worker.ask.add();
    await env.advance('5m');
    expect(await stateOf(worker)).toBe('Inactive');
    failActivation = true;
    await expect(worker.ask.add()).rejects.toMatchObject({ code: 'PS_ACTOR_FAILED', retryable: true });
    expect(app.events.at(-1)).toMatchObject({ to: 'Failed', error: { message: 'no connection' } });
    failActivation = false;
    expect(await worker.ask.add()).toBe(2);
  });

  it('a failing onDeactivate is logged, and stops nothing', async () => {
    const { app, workers } = await open(kind, 'regular');
    const worker = await workers.spawn('a');
    failDeactivation = true;
    await worker.stop();
    expect(app.complaints).toEqual([expect.stringContaining('no goodbye')]);
    expect(await stateOf(worker)).toBe('Terminated');
  });

  it('[AX17] shows the five states in legal order, on events$ and on the diagnostics channel', async () => {
    const published: string[] = [];
    const listen = (event: unknown): void => void published.push((event as LifecycleEvent).to);
    subscribe('plexspaces:lifecycle', listen);
    const env = new ManualClock();
    const { app, workers } = await open(kind, 'virtual', env);
    const worker = workers.ref('a');
    await worker.ask.add();
    await expect(worker.ask.crash()).rejects.toThrow('crash');
    await env.advance('5m');
    await worker.ask.add();
    await worker.stop();
    unsubscribe('plexspaces:lifecycle', listen);
    const expected = ['Creating', 'Active', 'Failed', 'Active', 'Inactive', 'Creating', 'Active', 'Terminated'];
    expect(app.events.map(({ to }) => to)).toEqual(expected);
    expect(published).toEqual(expected);
    for (const event of app.events) expect(event.actor).toEqual(worker.id);
  });
});

describe.each([PLAIN, DURABLE])('idle time of $name', (kind) => {
  it('[AX12] deactivates a virtual actor after its idle timeout, not a tick before', async () => {
    const env = new ManualClock();
    const { app, workers } = await open(kind, 'virtual', env);
    const worker = workers.ref('a');
    await worker.ask.add();
    await env.advance(299_999);
    expect(await stateOf(worker)).toBe('Active');
    await env.advance(1);
    expect(await stateOf(worker)).toBe('Inactive');
    expect(byInstance().at(-1)).toBe('onDeactivate a 1');
    expect(transitions(app).at(-1)).toBe('Active>Inactive idle');
    expect(await worker.ask.add()).toBe(2);
    expect((await worker.info()).activationCount).toBe(2);
  });

  it('each message, read-only ones included, starts the idle time anew; a running one holds it', async () => {
    const env = new ManualClock();
    const { workers } = await open(kind, 'virtual', env);
    const worker = workers.ref('a');
    await worker.ask.add();
    await env.advance('4m');
    await worker.ask.current();
    await env.advance('4m');
    expect(await stateOf(worker)).toBe('Active');
    const held = worker.with({ timeout: '1h' }).ask.hold();
    await gate.reached;
    await env.advance('4m');
    expect(await stateOf(worker)).toBe('Active');
    gate.open();
    await held;
    await env.advance('5m');
    expect(await stateOf(worker)).toBe('Inactive');
  });

  it('a regular actor stays', async () => {
    const env = new ManualClock();
    const { workers } = await open(kind, 'regular', env);
    const worker = await workers.spawn('a');
    await env.advance('1d');
    expect(await stateOf(worker)).toBe('Active');
  });
});

describe.each([DURABLE, ON_SQLITE])('stopping $name brutally', (kind) => {
  it('in the middle of a turn with records leaves a journal that can be read and gone on from', async () => {
    const { workers } = await open(kind, 'virtual');
    const worker = workers.ref('a');
    const asked = Promise.allSettled([worker.ask.effectThenHold()]);
    await gate.reached;
    await worker.stop('brutal');
    await asked;
    gate.open();
    expect(await worker.ask.add()).toBe(1);
    const verified = await worker.history.verify();
    expect(verified.ok).toBe(true);
  });
});

describe.each([PLAIN, DURABLE])('stopping $name while a message waits for its next attempt', (kind) => {
  it.each(['failSoon', 'effectThenFail'] as const)('brutally, stops at once (%s)', async (method) => {
    const env = new ManualClock();
    const { workers } = await open(kind, 'virtual', env);
    const worker = workers.ref('a');
    await worker.ask.add();
    await worker.tell[method]();
    await env.settle();
    await worker.stop('brutal');
    await env.advance('1m');
    expect(await worker.ask.add()).toBe(2);
    expect(await worker.history.verify()).toMatchObject({ ok: true });
  });
});

describe('a durable actor', () => {
  it('counts its activations over restarts, and eager ones are activated at start', async () => {
    const Eager = actorOf(Worker, { type: 'eager' }, durability(), virtualActor({ activationStrategy: 'eager' }));
    const { tables } = new MemoryStorage();
    const first = await startApp({ actors: [Eager], storage: new MemoryStorage(tables) });
    await first.client(Eager).ref('a').ask.add();
    await first.close();
    expect(byInstance().at(-1)).toBe('onDeactivate a 1');
    const second = await startApp({ actors: [Eager], storage: new MemoryStorage(tables) });
    const info = await second.client(Eager).ref('a').info();
    expect(info).toMatchObject({ state: 'Active', activationCount: 2 });
  });
});
