import type { Type } from '@nestjs/common';
import { type ActorId, child, virtualActor } from 'plexspaces';
import { setFailpointHook } from 'plexspaces/spi';
import { closeApps } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, PLAIN, actorOf } from '../../support/kinds';
import { Worker, env, gates, resetWorkers, startTree, supervisor, workerOf } from './workers';

beforeEach(resetWorkers);
afterEach(() => {
  setFailpointHook(undefined);
  gates.forEach((gate) => gate.open());
  return closeApps();
});

describe.each([PLAIN, DURABLE])('a virtual child that a limit makes leave as it starts, $name', (kind) => {
  const limited = (maxActive: number): Type<Worker> =>
    actorOf(Worker, { type: 'subject' }, ...kind.facets, virtualActor({ maxActive }));

  it.each(['added', 'restarted'])('runs, and comes back with its next message: of its class, %s', async (how) => {
    const worker = limited(1);
    const top = supervisor('Top', { children: [] });
    const { ref, handle, statuses } = await startTree(worker, [top]);
    if (how === 'restarted') await env.runUntil(handle(top).addChild(child(worker, 'a')));
    const gate = new Gate();
    gates.set('busy', gate);
    const held = ref('busy').ask.hold(1);
    await gate.reached;
    if (how === 'restarted') await env.runUntil(handle(top).restartChild('subject/a'));
    else await env.runUntil(handle(top).addChild(child(worker, 'a')));
    await env.settle();
    expect(await statuses(top)).toEqual({ a: 'running' });
    expect((await ref('a').info()).state).toBe('Inactive');
    expect(await env.runUntil(ref('a').ask.add(5))).toBe(5);
    gate.open();
    expect(await env.runUntil(held)).toBe(1);
  });

  it('runs, and comes back with its next message: of all actors of the process', async () => {
    const worker = kind.virtual(Worker);
    const top = supervisor('Top', { children: [] });
    const { ref, handle } = await startTree(worker, [top], { maxActiveActors: 1 });
    const gate = new Gate();
    gates.set('busy', gate);
    const held = ref('busy').ask.hold(1);
    await gate.reached;
    await env.runUntil(handle(top).addChild(child(worker, 'a')));
    await env.settle();
    expect(await env.runUntil(ref('a').ask.add(5))).toBe(5);
    gate.open();
    await env.runUntil(held);
  });
});

it.each([PLAIN, DURABLE])(
  'a child that is given up right behind its start has failed to start, $name',
  async (kind) => {
    const worker = workerOf(kind);
    const top = supervisor('Top', { backoff: { kind: 'constant', delay: '1m' }, children: [child(worker, 'a')] });
    const { ref, starts, statuses } = await startTree(worker, [top]);
    await env.runUntil(ref('a').stop());
    await env.settle();
    await ref('a').tell.add(5); // its turn is where the runtime has its defect
    let isSound = true;
    setFailpointHook((name) => {
      if (name !== 'mailbox.beforeDispatch' || !isSound) return;
      isSound = false;
      throw new Error('a defect');
    });
    await env.advance('1m');
    expect(isSound).toBe(false);
    expect(await statuses(top)).toEqual({ a: 'halted' });
    await env.advance('1m');
    expect(await statuses(top)).toEqual({ a: 'running' });
    expect(await starts(top)).toEqual({ a: 3 });
    await env.runUntil(ref('a').ask.add(1));
  },
);

describe.each([PLAIN, DURABLE])('a start that was given up says nothing about the next, $name', (kind) => {
  class Slow extends Worker {
    override async onActivate(self: ActorId): Promise<void> {
      await super.onActivate(self);
      const gate = gates.get('once');
      if (!gates.delete('once')) return;
      await gate?.pass();
      throw new Error('too late');
    }
  }

  it('its hook fails when another life has begun', async () => {
    const worker = kind.virtual(Slow);
    const top = supervisor('Top', {
      strategy: 'oneForAll',
      children: [child(worker, 'a', { startTimeout: '5s' }), child(worker, 'b')],
    });
    const { app, ref, starts, statuses } = await startTree(worker, [top]);
    const gate = new Gate();
    gates.set('once', gate);
    await env.runUntil(ref('a').stop()); // a new activation, and with it a new opening
    await gate.reached;
    await env.advance('10s');
    const before = await starts(top);
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running' });
    expect(await env.runUntil(ref('a').ask.add(1))).toBe(1);
    const told = app.events.length;
    gate.open();
    await env.settle();
    await env.advance('10s');
    expect(await starts(top)).toEqual(before);
    expect(await statuses(top)).toEqual({ a: 'running', b: 'running' });
    expect(app.events.slice(told)).toEqual([]);
    expect(await env.runUntil(ref('a').ask.add(1))).toBe(2);
  });
});
