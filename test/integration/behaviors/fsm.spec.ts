import type { Type } from '@nestjs/common';
import { Actor, type ActorRef, Handle, State } from 'plexspaces';
import { Fsm, OnEntry, OnExit, Transition, keepState, moveTo, stateOf, toMermaid } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

@Fsm({
  initial: 'connecting',
  states: {
    connecting: { postpone: ['send'] },
    ready: { timeout: { after: '30s', event: 'expire' }, eventTimeout: { after: '10s', event: 'idle' } },
    closed: {},
  },
})
class Line {
  @State() log: unknown[] = [];
  @State() budget = 5;

  @Transition({ from: 'connecting', to: ['ready', 'closed'] })
  connected(ok: boolean) {
    return ok ? moveTo('ready', 'hello') : 'closed';
  }
  @Transition({ from: 'ready', guard: 'hasBudget' })
  send(text: string): string {
    if (text === 'bad') throw new Error('bad text');
    this.log.push(text);
    this.budget--;
    return `sent ${text}`;
  }
  @Transition({ from: 'ready', on: 'send', to: 'closed' })
  spend(text: string): string {
    return `${text} was too much`;
  }
  @Transition({ from: 'ready', to: 'closed' })
  close(keeps: boolean) {
    return keeps ? keepState('kept') : undefined;
  }
  @Transition({ from: 'ready', to: 'ready' })
  again(): void {
    return;
  }
  @Transition({ from: 'ready', to: ['connecting'] })
  astray() {
    return moveTo('nowhere');
  }
  @Transition({ from: 'ready', to: 'closed' })
  expire(): void {
    this.log.push('expired');
  }
  @Transition({ from: 'ready' })
  idle(): void {
    this.log.push('idle');
  }
  @OnEntry('ready') greet(): void {
    this.log.push('entry');
  }
  @OnExit('ready') leave(): void {
    this.log.push('exit');
  }
  hasBudget(): boolean {
    return this.budget > 0;
  }
  @Handle({ readOnly: true }) look(): { state: string | undefined; log: unknown[] } {
    return { state: stateOf(this), log: this.log };
  }
}

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly line: ActorRef<Line>;
}

async function open(kind: Kind): Promise<Opened> {
  const cls = kind.virtual(Line);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage() });
  return { app, env, line: app.client(cls).ref('a') };
}

describe.each([PLAIN, DURABLE])('a machine as $name', (kind) => {
  it('[BH05] [BH06] goes where its transitions lead, and reports what the handler said', async () => {
    const { line } = await open(kind);
    expect(await line.ask.connected(true)).toBe('hello');
    expect(await line.ask.look()).toEqual({ state: 'ready', log: ['entry'] });
    expect(await line.ask.send('a')).toBe('sent a');
    expect(await line.ask.close(true)).toBe('kept');
    await line.ask.again();
    await line.ask.close(false);
    expect(await line.ask.look()).toEqual({ state: 'closed', log: ['entry', 'a', 'exit', 'entry', 'exit'] });
  });

  it('[BH07] N events make N runs in order; a guard says which transition it is', async () => {
    const { line } = await open(kind);
    await line.ask.connected(true);
    for (let i = 0; i < 5; i++) await line.tell.send(String(i));
    expect(await line.ask.send('6')).toBe('6 was too much');
    expect((await line.ask.look()).log).toEqual(['entry', '0', '1', '2', '3', '4', 'exit']);
  });

  it('[BH08] what a state does not take, and where a transition does not lead: a named error, nothing changed', async () => {
    const { line } = await open(kind);
    await expect(line.ask.close(false)).rejects.toMatchObject({ code: 'PS_FSM_UNEXPECTED_EVENT' });
    await line.ask.connected(true);
    const before = await line.ask.look();
    await expect(line.ask.connected(true)).rejects.toMatchObject({ code: 'PS_FSM_UNEXPECTED_EVENT', state: 'ready' });
    await expect(line.ask.astray()).rejects.toMatchObject({ code: 'PS_FSM_INVALID_TRANSITION' });
    expect(await line.ask.look()).toEqual(before);
    if (kind === DURABLE) {
      const entries = await line.history.replayFrom(1);
      const ended = entries.filter(({ kind }) => kind === 'MessageProcessed' || kind === 'StateChanged');
      expect(ended.slice(-2).map(({ kind }) => kind)).toEqual(['MessageProcessed', 'MessageProcessed']);
    }
  });

  it('what is postponed comes again in order, before what came later; its askers are answered then', async () => {
    const { line } = await open(kind);
    const [a, b] = [line.ask.send('a'), line.ask.send('b')];
    const [connected, c] = [line.ask.connected(true), line.ask.send('c')];
    expect(await Promise.all([a, b, connected, c])).toEqual(['sent a', 'sent b', 'hello', 'sent c']);
    expect((await line.ask.look()).log).toEqual(['entry', 'a', 'b', 'c']);
    expect(await line.ask.send('d')).toBe('sent d');
  });

  it('the timeout of a state fires once, unless the state was left; that of events begins anew with each', async () => {
    const { line, env } = await open(kind);
    await line.ask.connected(true);
    await env.advance('9s');
    await line.ask.send('a');
    await env.advance('9s');
    expect((await line.ask.look()).log).toEqual(['entry', 'a']);
    await env.advance('2s');
    await settle();
    expect((await line.ask.look()).log).toEqual(['entry', 'a', 'idle']);
    await line.ask.again(); // enters anew: 30 s from here
    await env.advance('9s');
    await line.ask.send('b');
    await env.advance('9s');
    await line.ask.send('c');
    await env.advance('9s');
    await line.ask.send('d');
    await env.advance('4s');
    await settle();
    expect(await line.ask.look()).toEqual({
      state: 'closed',
      log: ['entry', 'a', 'idle', 'exit', 'entry', 'b', 'c', 'd', 'expired', 'exit'],
    });
  });
});

function machine(options: Parameters<typeof Fsm>[0], ...transitions: Parameters<typeof Transition>[0][]): Type<object> {
  class Wrong {}
  transitions.forEach((transition, i) => {
    const property = `t${i}`;
    const descriptor = { value: () => undefined, configurable: true, writable: true };
    Object.defineProperty(Wrong.prototype, property, descriptor);
    Transition(transition)(Wrong.prototype, property, descriptor);
  });
  Fsm(options)(Wrong);
  Actor({ type: 'wrong' })(Wrong);
  return Wrong;
}

describe('[BH08] an invalid machine is refused at start, with what is wrong and where', () => {
  const ab = ['a', 'b'];
  it.each([
    ['no initial state', machine({ initial: 'x', states: ab }, { from: 'a', on: 'e', to: 'b' }), 'initial state x'],
    ['an unknown source', machine({ initial: 'a', states: ab }, { from: 'x', on: 'e', to: 'b' }), 'unknown state x'],
    ['an unknown target', machine({ initial: 'a', states: ab }, { from: 'a', on: 'e', to: 'x' }), 'unknown state x'],
    ['unreachable', machine({ initial: 'b', states: ab }, { from: 'a', on: 'e', to: 'b' }), 'no event leads to a'],
    ['a state twice', machine({ initial: 'a', states: ['a', 'a'] }, { from: 'a', on: 'e' }), 'named twice'],
    [
      'two without guards',
      machine({ initial: 'a', states: ab }, { from: 'a', on: 'e', to: 'b' }, { from: 'a', on: 'e', to: 'a' }),
      'behind one without guard, t0, t1',
    ],
    ['no guard of the name', machine({ initial: 'a', states: ['a'] }, { from: 'a', on: 'e', guard: 'g' }), 'guard g'],
    ['no states', machine({ initial: 'a' } as never, { from: 'a', on: 'e' }), 'its states are neither'],
    ['a state of no name', machine({ initial: 'a', states: ['a', 7] as never }, { from: 'a', on: 'e' }), 'no name'],
    [
      'no options',
      machine({ initial: 'a', states: { a: null as never } }, { from: 'a', on: 'e' }),
      'state a are no object',
    ],
    [
      'no timeout',
      machine({ initial: 'a', states: { a: { timeout: null as never } } }, { from: 'a', on: 'e' }),
      'a timeout of state a',
    ],
    [
      'no list of what is postponed',
      machine({ initial: 'a', states: { a: { postpone: 'e' as never } } }, { from: 'a', on: 'e' }),
      'is no list',
    ],
    ['no transitions', machine({ initial: 'a', states: ['a'] }), 'no @Transition()'],
    [
      'a timeout nobody takes',
      machine({ initial: 'a', states: { a: { timeout: { after: '1s', event: 'z' } } } }, { from: 'a', on: 'e' }),
      'is the event z',
    ],
    [
      'a timeout that is none',
      machine({ initial: 'a', states: { a: { timeout: { after: 'soon', event: 'e' } } } }, { from: 'a', on: 'e' }),
      'no duration',
    ],
  ])('%s', async (_, cls, problem) => {
    const error: unknown = await startApp({ actors: [cls] }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'PS_INVALID_BEHAVIOR', className: 'Wrong' });
    expect((error as Error).message).toContain(problem);
  });
});

it('a machine can be drawn', () => {
  const drawing = toMermaid(Line);
  expect(drawing).toContain('    [*] --> connecting\n');
  expect(drawing).toContain('    ready --> ready : send [hasBudget] (internal)\n');
  expect(drawing).toContain('    note right of connecting : postpones send\n');
});
