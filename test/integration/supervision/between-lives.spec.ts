import {
  type ActorRef,
  Handle,
  MemoryStorage,
  type ReplyToken,
  State,
  type SupervisorHandle,
  actorContext,
  child,
  getSupervisorToken,
} from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, PLAIN } from '../../support/kinds';
import { Worker, env, gates, hanging, life, refusals, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(closeApps);

const backoff = { kind: 'constant', delay: '1m' } as const;

describe.each([PLAIN, DURABLE])('between two lives of a child, $name', (kind) => {
  it('removeChild ends, and what waited for the next start is told', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, handle } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    const waiting = ref('a').ask.add(1);
    const told = expect(waiting).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    await env.settle();
    let isRemoved = false;
    void handle(top)
      .removeChild('subject/a')
      .then(() => (isRemoved = true));
    await env.advance('5s');
    expect(isRemoved).toBe(true);
    await told;
    await expect(ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
  });

  it.each(['stopped', 'crashed'])('removeChild ends, also of a virtual actor: what waited goes on, %s', async (how) => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, crash, handle } = await startTree(worker, [top]);
    if (how === 'crashed') await crash('a');
    else await env.runUntil(ref('a').stop());
    await ref('a').tell.add(5);
    const waiting = ref('a').ask.add(1);
    const told = expect(waiting).resolves.toBe(6); // it is nobody's child any more, and was never terminated (P1)
    await env.settle();
    let isRemoved = false;
    void handle(top)
      .removeChild('subject/a')
      .then(() => (isRemoved = true));
    await env.advance('5s');
    expect(isRemoved).toBe(true);
    await told;
    expect(await env.runUntil(ref('a').ask.add(1))).toBe(7);
  });

  it.each(['with others behind it', 'alone'])(
    'removeChild of a virtual actor: a tell that was to run again does so, %s',
    async (how) => {
      class Patient extends Worker {
        @Handle() override crashOnce(by: number): number {
          return super.crashOnce(by); // a start more, since one that was decided on counts
        }
      }
      const worker = kind.virtual(Patient);
      const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
      const { ref, handle, statuses } = await startTree(worker, [top]);
      await ref('a').tell.crashOnce(5);
      const behind = how === 'alone' ? [] : ['ran a 1'];
      if (how !== 'alone') await ref('a').tell.add(1);
      await env.settle();
      expect(await statuses(top)).toEqual({ a: 'halted' });
      await env.runUntil(handle(top).removeChild('subject/a'));
      await env.advance('10s');
      expect(life.filter((what) => what.startsWith('ran'))).toEqual(['ran a 5', ...behind]);
      expect(await env.runUntil(ref('a').ask.add(0))).toBe(5 + behind.length);
    },
  );

  it('removeChild: the actor was stopped for good', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, handle } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await env.settle();
    await env.runUntil(handle(top).removeChild('subject/a'));
    await expect(ref('a').ask.add(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
  });

  it('a stop does not make a permanent child any less permanent', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, statuses } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await env.settle();
    const again = ref('a').stop();
    const behind = ref('a').tell.add(5);
    await env.advance('2m');
    await again;
    await behind;
    expect(await statuses(top)).toEqual({ a: 'running' });
    expect(await env.runUntil(ref('a').ask.add(0))).toBe(5);
  });

  it('what waits goes on waiting where the next start does not end', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a', { startTimeout: '5s' })] });
    const { ref, statuses } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await env.runUntil(ref('a').tell.add(5));
    const asked = ref('a').with({ timeout: '10m' }).ask.add(1);
    hanging.add('a');
    await env.advance('65s');
    hanging.delete('a');
    expect(await statuses(top)).toEqual({ a: 'halted' });
    await env.advance('1m');
    expect(await env.runUntil(asked)).toBe(6);
  });

  it('what waits goes on waiting where the next start fails', async () => {
    const worker = kind.regular(Worker);
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, starts, statuses } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await env.runUntil(ref('a').tell.add(5));
    const asked = ref('a').with({ timeout: '10m' }).ask.add(1);
    refusals.set('a', 1);
    await env.settle();
    await env.advance('1m');
    expect(await starts(top)).toEqual({ a: 2 });
    await env.advance('1m');
    expect(await statuses(top)).toEqual({ a: 'running' });
    expect(await env.runUntil(asked)).toBe(6);
  });

  it('what stood behind its stop waits, also when its neighbour crashes before that has ended', async () => {
    class Slow extends Worker {
      override onDeactivate(): void | Promise<void> {
        return gates.get('leave')?.pass();
      }
    }
    const worker = kind.regular(Slow);
    const top = supervisor('Top', { strategy: 'oneForAll', children: [child(worker, 'a'), child(worker, 'b')] });
    const { ref, crash, statuses } = await startTree(worker, [top]);
    const gate = new Gate();
    gates.set('leave', gate);
    const stopped = ref('a').stop();
    await gate.reached;
    await ref('a').tell.add(5);
    await crash('b');
    gate.open();
    gates.delete('leave');
    await env.runUntil(stopped);
    await env.settle();
    await env.advance('1s');
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running' });
    expect(await env.runUntil(ref('a').ask.add(0))).toBe(5);
  });
});

it('a stop in line when the node ends: the next process starts the permanent child', async () => {
  const { tables } = new MemoryStorage();
  const worker = DURABLE.regular(Worker);
  const top = supervisor('Top', { children: [child(worker, 'a')] });
  const first = await startTree(worker, [top], { storage: new MemoryStorage(tables) });
  const gate = new Gate();
  gates.set('a', gate);
  const held = first.ref('a').ask.hold(1);
  await gate.reached;
  const stopped = first.ref('a').stop();
  stopped.catch(() => undefined);
  const closing = first.app.close();
  await env.settle();
  gate.open();
  expect(await held).toBe(1);
  await env.runUntil(closing);
  const second = await startTree(worker, [top], { storage: new MemoryStorage(tables) });
  expect(await second.statuses(top)).toEqual({ a: 'running' });
});

describe('tells to a durable child without virtualActor()', () => {
  const worker = DURABLE.regular(Worker);

  it('are taken between two lives, and refused while it is kept down', async () => {
    const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
    const { ref, handle } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await ref('a').tell.add(5);
    await handle(top).terminateChild('subject/a');
    await expect(ref('a').tell.add(10)).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await handle(top).restartChild('subject/a');
    expect(await env.runUntil(ref('a').ask.add(0))).toBe(5);
  });
});

it('who waits for an actor to be there is told when its supervisor keeps it down', async () => {
  const worker = workerOf(PLAIN);
  const top = supervisor('Top', { backoff, children: [child(worker, 'a')] });
  const { ref, handle } = await startTree(worker, [top]);
  await env.runUntil(ref('a').stop());
  const told = expect(ref('a').activate()).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
  await handle(top).terminateChild('subject/a');
  await told;
});

/** Puts off its answers. */
class Desk {
  @State() token: ReplyToken<string> | null = null;
  @Handle() request(): ReplyToken<string> {
    return (this.token = actorContext().deferReply<string>());
  }
}

describe('a child without virtualActor() and a journal', () => {
  const desk = PLAIN.regular(Desk, { mailbox: { maxMessages: 2 } });
  const open = async (): Promise<{ app: App; top: SupervisorHandle; ref: ActorRef<Desk> }> => {
    const top = supervisor('Top', { backoff, children: [child(desk, 'a')] });
    const app = await startApp({ actors: [desk, top], env });
    return { app, top: app.module.get(getSupervisorToken(top)), ref: app.client(desk).ref('a') };
  };

  it('owes nothing any more when it is kept down: who waits for that is told', async () => {
    const { ref, top } = await open();
    const told = expect(ref.ask.request()).rejects.toMatchObject({ code: 'PS_CHILD_DOWN' });
    await env.settle();
    await top.terminateChild('subject/a');
    await told;
  });

  it('takes no more than its line may hold before its next start, creations included', async () => {
    const { ref } = await open();
    await env.runUntil(ref.stop());
    const codes: string[] = [];
    const note = ({ code }: { code: string }): void => void codes.push(code);
    for (let i = 0; i < 5; i++) ref.orCreate().catch(note);
    await env.settle();
    expect(codes).toEqual(['PS_MAILBOX_FULL', 'PS_MAILBOX_FULL', 'PS_MAILBOX_FULL']);
    await env.advance('1m');
    expect((await ref.info()).state).toBe('Active');
    expect(codes).toHaveLength(3);
  });
});
