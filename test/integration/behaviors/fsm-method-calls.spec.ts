import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, virtualActor } from 'plexspaces';
import { Fsm, OnEntry, OnExit, Transition, stateOf } from 'plexspaces/behaviors';
import { closeApps, startApp } from '../../support/app';
import { DURABLE, PLAIN } from '../../support/kinds';

afterEach(closeApps);

@Fsm({ initial: 'a', states: ['a', 'b', 'c'] })
class Nested {
  @State() log: string[] = [];
  @Transition({ from: 'a', to: 'b' }) inner(by: string): string {
    this.log.push(`inner ${by}`);
    return `inner ${by}`;
  }
  @Transition({ from: 'a', to: 'c' }) outer(): string {
    return `outer, ${this.inner('outer')}`;
  }
  @Handle() borrow(): string {
    return this.inner('borrow');
  }
  @OnEntry('b') inB(): void {
    this.log.push('entry b');
  }
  @OnEntry('c') inC(): void {
    this.log.push('entry c');
  }
  @OnExit('a') outOfA(): void {
    this.log.push('exit a');
  }
  @Handle({ readOnly: true }) look(): { state: string | undefined; log: string[] } {
    return { state: stateOf(this), log: this.log };
  }
}

@Fsm({ initial: 'a', states: ['a', 'b'] })
class Parent {
  @Transition({ from: 'a', to: 'b' }) step(by: number): number {
    return by + 1;
  }
}

describe.each([PLAIN, DURABLE])('a transition that the class itself calls, as $name', (kind) => {
  async function start() {
    const cls = kind.virtual(Nested);
    return (await startApp({ actors: [cls], storage: kind.storage() })).client(cls).ref('a');
  }

  it('is an ordinary method: the transition it is called in is the only one', async () => {
    const ref = await start();
    expect(await ref.ask.outer()).toBe('outer, inner outer');
    expect(await ref.ask.look()).toEqual({ state: 'c', log: ['inner outer', 'exit a', 'entry c'] });
  });

  it('is one also in a handler that is no transition', async () => {
    const ref = await start();
    expect(await ref.ask.borrow()).toBe('inner borrow');
    expect(await ref.ask.look()).toEqual({ state: undefined, log: ['inner borrow'] });
    expect(await ref.ask.inner('me')).toBe('inner me');
    expect((await ref.ask.look()).state).toBe('b');
  });
});

describe('the class of a machine may be used with `new`', () => {
  it('outside every turn', () => {
    const nested = new Nested();
    expect(nested.outer()).toBe('outer, inner outer');
    expect(nested.log).toEqual(['inner outer']);
    expect(stateOf(nested)).toBeUndefined();
  });

  it('inside a turn of another actor', async () => {
    @Actor({ type: 'stranger' })
    @UseFacets(virtualActor())
    class Stranger {
      @Handle() run(): string {
        return new Nested().outer();
      }
    }
    const app = await startApp({ actors: [Stranger] });
    expect(await app.client(Stranger).ref('a').ask.run()).toBe('outer, inner outer');
  });

  it('and by a class that extends it, with a machine of its own or without', async () => {
    class Heir extends Parent {
      override step(by: number): number {
        return super.step(by) * 10;
      }
      twice(): number {
        return this.step(1) + this.step(2);
      }
    }
    expect(new Heir().twice()).toBe(50);
    @Fsm({ initial: 'a', states: ['a', 'b'] })
    class Own extends Parent {
      @Transition({ from: 'b', to: 'a' }) back(@Ctx() ctx: ActorContext, by: number): string {
        return `${ctx.self.key} ${super.step(by)}`;
      }
    }
    const cls = PLAIN.virtual(Own);
    const own = (await startApp({ actors: [cls] })).client(cls).ref('a');
    expect(await own.ask.step(1)).toBe(2);
    expect(await (own.ask as unknown as { back(by: number): Promise<string> }).back(5)).toBe('a 6');
    expect(new Own().step(1)).toBe(2);
  });
});
