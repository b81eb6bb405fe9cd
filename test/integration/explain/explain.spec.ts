import type { Type } from '@nestjs/common';
import {
  type ActorContext,
  type ActorRef,
  type Cause,
  type Explanation,
  Actor,
  Ctx,
  Handle,
  MemoryStorage,
  SideEffect,
  State,
  StoreFailedError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { ActorTestingModule, ManualClock, type TestApp } from 'plexspaces/testing';
import { Gate } from '../../support/gate';
import { Cluster } from '../ownership/cluster';
import { closeApps, startApp } from '../../support/app';

let gate: Gate;
let broken = false;

abstract class Subject {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() async busy(): Promise<void> {
    await gate.pass();
  }
  @Handle() async pays(): Promise<void> {
    await this.pay();
  }
  @Handle() async naps(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.sleep('1h');
  }
  @Handle() async asks(key: string, @Ctx() ctx: ActorContext): Promise<number> {
    return ctx.actor(Kept, key).ask.asksOn('last');
  }
  @Handle() async asksOn(key: string, @Ctx() ctx: ActorContext): Promise<number> {
    await ctx.actor(Kept, key).ask.busy();
    return 1;
  }
  @Handle({ retry: { maxAttempts: 3, initialDelay: '10s', maxDelay: '10s', jitter: 'none' } }) fails(): void {
    throw new Error('the printer is on fire');
  }
  @SideEffect() protected pay(): Promise<void> {
    return gate.pass();
  }
}

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
class Kept extends Subject {
  async onActivate(): Promise<void> {
    if (broken) await gate.pass();
  }
}

@Actor({ type: 'plain', mailbox: { maxMessages: 2 } })
@UseFacets(virtualActor())
class Plain extends Subject {}

@Actor({ type: 'regular' })
class Regular extends Subject {}

@Actor({ type: 'holding', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Holding extends Subject {}

let app: TestApp;
let clock: ManualClock;
async function start(): Promise<void> {
  clock = new ManualClock({ random: () => 0 });
  app = await ActorTestingModule.create({ actors: [Kept, Plain, Regular, Holding], clock }).start();
}
beforeEach(() => {
  gate = new Gate();
  broken = false;
});
function explain(cls: Type<Subject>, key = 'a'): Promise<Explanation> {
  return clock.runUntil(app.ref(cls, key).explain());
}

async function cause(kind: string, cls: Type<Subject>, key = 'a'): Promise<Cause> {
  const explanation = await explain(cls, key);
  const found = explanation.cause(kind);
  if (found === undefined) throw new Error(`No ${kind} in: ${explanation.toString()}`);
  expect(found.says).toMatch(/.{10,}[.]$/);
  expect(found.remedy).toMatch(/.{10,}[.]$/);
  expect(explanation.toString()).toContain(`${kind}: ${found.says}`);
  return found;
}

const kinds = ({ causes }: Explanation): string[] => causes.map(({ kind }) => kind);

describe('why does this actor not move?', () => {
  afterEach(async () => {
    gate.open();
    if (app.state === 'running') await app.crash(); // some of them hold their line for good
    await app.close();
  });

  it('it does: nothing keeps it', async () => {
    await start();
    await app.ref(Kept, 'a').ask.add(1);
    const explanation = await explain(Kept);
    expect(explanation).toMatchObject({ actor: 'default/default/kept/a', state: 'Active', causes: [] });
    expect(explanation.toString()).toContain('Nothing keeps it');
  });

  it('it is not in memory, and stays so', async () => {
    await start();
    await app.ref(Kept, 'a').ask.add(1);
    await clock.advance('6m');
    expect(kinds(await explain(Kept))).toEqual(['notInMemory']);
    expect((await app.ref(Kept, 'a').info()).state).toBe('Inactive');
  });

  it('it was never created, or was stopped', async () => {
    await start();
    expect(kinds(await explain(Regular))).toEqual(['absent']);
    await (await app.client(Regular).spawn('a')).stop();
    expect(kinds(await explain(Regular))).toEqual(['terminated']);
  });

  it('it is being loaded', async () => {
    await start();
    broken = true;
    void app
      .ref(Kept, 'a')
      .ask.add(1)
      .catch(() => undefined);
    await gate.reached;
    expect((await cause('loading', Kept)).facts).toEqual({ waiting: 1 });
  });

  it.each([Kept, Plain])('a turn runs, since when, and others stand in line', async (cls: Type<Subject>) => {
    await start();
    const ref = app.ref(cls, 'a');
    const asked = [ref.ask.busy(), ref.ask.add(1)];
    await gate.reached;
    await clock.advance('7s');
    const { facts } = await cause('busy', cls);
    expect(facts).toMatchObject({ handler: 'busy', since: clock.now() - 7_000 });
    expect((await cause('queue', cls)).facts).toEqual({ waiting: 1 });
    gate.open();
    await Promise.all(asked);
  });

  it('it waits for another, who waits for a third: the path says for whom', async () => {
    await start();
    const asked = app.ref(Kept, 'a').ask.asks('middle');
    await gate.reached;
    const { facts } = await cause('waitsFor', Kept);
    expect(facts).toMatchObject({
      method: 'asksOn',
      path: ['a', 'middle', 'last'].map((key) => `default/default/kept/${key}`),
    });
    gate.open();
    await asked;
  });

  it('side effects are open', async () => {
    await start();
    const asked = app.ref(Kept, 'a').ask.pays();
    await gate.reached;
    expect((await cause('effects', Kept)).facts).toEqual({ effects: ['pay'] });
    gate.open();
    await asked;
  });

  it('it sleeps', async () => {
    await start();
    void app
      .ref(Kept, 'a')
      .ask.naps()
      .catch(() => undefined);
    await clock.settle();
    expect((await cause('sleeps', Kept)).facts).toEqual({ dueAt: clock.now() + 3_600_000 });
  });

  it.each([Kept, Plain])('it failed, and starts again later', async (cls: Type<Subject>) => {
    await start();
    await app.ref(cls, 'a').tell.fails();
    await clock.settle();
    expect((await cause('retry', cls)).facts).toMatchObject({ handler: 'fails', until: clock.now() + 10_000 });
    await clock.advance('25s');
    expect((await explain(cls)).cause('retry')).toBeUndefined();
  });

  it('messages are parked, each with its reason', async () => {
    await start();
    await app.ref(Kept, 'a').tell.fails();
    await clock.advance('25s');
    const { says, facts } = await cause('parked', Kept);
    expect(facts).toMatchObject({ count: 1, messages: [{ attempts: 3, reason: 'the printer is on fire' }] });
    expect(says).toContain('the printer is on fire');
  });

  it('a parked message closes its line', async () => {
    await start();
    await app.ref(Holding, 'a').tell.fails();
    await clock.advance('25s');
    expect((await cause('held', Holding)).says).toContain('the printer is on fire');
  });

  it('messages wait for their time', async () => {
    await start();
    await app.ref(Kept, 'a').with({ delay: '1h' }).tell.add(1);
    expect((await cause('delayed', Kept)).facts).toMatchObject({ count: 1, dueAt: clock.now() + 3_600_000 });
  });

  it('its mailbox is full', async () => {
    await start();
    const ref = app.ref(Plain, 'a');
    const asked = [ref.ask.busy()];
    await gate.reached;
    asked.push(ref.ask.busy(), ref.ask.busy());
    expect((await cause('mailboxFull', Plain)).facts).toMatchObject({ waiting: 2, maxMessages: 2 });
    gate.open();
    await Promise.all(asked);
  });

  it('the node is shutting down', async () => {
    await start();
    const asked = app.ref(Kept, 'a').ask.busy();
    await gate.reached;
    const ref = app.ref(Kept, 'a');
    const drained = app.system.drain();
    expect(kinds(await ref.explain())).toEqual(['stopping', 'busy']);
    gate.open();
    await asked;
    await drained;
  });

  it('another part of the system has reasons of its own', async () => {
    await start();
    const frozen = { kind: 'frozen', says: 'It is frozen solid.', remedy: 'Wait for the spring.', facts: {} };
    app.system.explainer.add({ name: 'the weather', explain: () => [frozen] });
    expect(await cause('frozen', Kept)).toEqual(frozen);
  });
});

describe('when the store is at fault', () => {
  let storage: MemoryStorage;
  let ref: ActorRef<Kept>;
  beforeEach(async () => {
    clock = new ManualClock();
    storage = new MemoryStorage();
    ref = (await startApp({ actors: [Kept], storage, env: clock })).client(Kept).ref('a');
    await ref.ask.add(1);
  });
  afterEach(() => clock.runUntil(closeApps()));

  it('it fails, or does not answer at all', async () => {
    const { pending } = storage.inbox;
    storage.inbox.pending = () => Promise.reject(new StoreFailedError('inbox', 'the cable is out'));
    expect((await ref.explain()).cause('storeFailing')?.says).toContain('the cable is out');
    storage.inbox.pending = () => new Promise(() => undefined);
    const { says } = (await clock.runUntil(ref.explain())).cause('storeFailing')!;
    expect(says).toContain('no answer within 2000 ms');
    storage.inbox.pending = pending;
  });

  it('what became of a commit is not known', async () => {
    const { flush, head } = storage.journal;
    storage.journal.flush = () => Promise.reject(new Error('the line broke'));
    storage.journal.head = () => Promise.reject(new Error('still broken'));
    const asked = ref.ask.add(1).catch((error: { code: string }) => error.code);
    await clock.settle();
    expect(kinds(await ref.explain())).toEqual(['commitUnknown', 'commit']);
    storage.journal.flush = flush;
    storage.journal.head = head;
    expect(await clock.runUntil(asked)).toBe('PS_STORE_FAILED');
  });
});

describe('on a node that stands by', () => {
  it('it says who owns the store', async () => {
    const cluster = new Cluster([Kept]);
    await cluster.start('one');
    const second = await cluster.start('two');
    const explanation = await cluster.clock.runUntil(second.client(Kept).ref('a').explain());
    expect(explanation.cause('standBy')?.says).toMatch(/one\/.* owns the store/);
    await cluster.clock.runUntil(closeApps());
  });
});
