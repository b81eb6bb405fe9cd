import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from '#core';
import { ActorTestingModule } from '../app/actor-testing-module';
import type { TestApp } from '../app/test-app';

class Opaque {
  readonly kept = 1;
}

const EVIL: Record<string, () => unknown> = {
  'minus zero': () => ({ deep: [-0] }),
  'a class instance': () => ({ deep: [new Opaque()] }),
  'a function': () => ({ deep: [() => 1] }),
  'an invalid Date': () => ({ deep: [new Date(NaN)] }),
  'a symbol key': () => ({ deep: [{ [Symbol('s')]: 1 }] }),
};

@Actor({ type: 'box' })
@UseFacets(durability(), virtualActor())
class Box {
  @State() value: unknown = null;

  @Handle() put(value: unknown): void {
    this.value = value;
  }

  @Handle() keep(name: string): void {
    this.value = EVIL[name]?.();
  }

  @Handle() give(name: string): unknown {
    return EVIL[name]?.();
  }

  @Handle({ readOnly: true }) look(name: string): unknown {
    return EVIL[name]?.();
  }

  @Handle() async fetch(name: string): Promise<unknown> {
    return typeof (await this.load(name));
  }

  @Handle() async inline(name: string, @Ctx() ctx: ActorContext): Promise<unknown> {
    return typeof (await ctx.sideEffect('peek', () => EVIL[name]?.()));
  }

  @Handle() send(name: string, @Ctx() ctx: ActorContext): Promise<void> {
    return ctx.actor(Box, 'other').tell.put(EVIL[name]?.());
  }

  @SideEffect({ retry: { maxAttempts: 3 } })
  protected async load(name: string): Promise<unknown> {
    return EVIL[name]?.();
  }
}

@Actor({ type: 'thing' })
@UseFacets(durability(), virtualActor())
class Snapshotted {
  private total = 0;

  @Handle() break(): void {
    this.total = -0;
  }

  toSnapshot(): { readonly total: number } {
    return { total: this.total };
  }

  fromSnapshot({ total }: { readonly total: number }): void {
    this.total = total;
  }
}

@Actor({ type: 'plain' })
@UseFacets(virtualActor())
class Plain {
  @Handle() async fetch(): Promise<string> {
    return (await this.load()).constructor.name;
  }

  @SideEffect() protected async load(): Promise<object> {
    return new Opaque();
  }
}

let app: TestApp;
afterEach(() => app.close());

describe.each([
  ['minus zero', /was -0 and comes back as 0/],
  ['a class instance', /is an instance of Opaque/],
  ['a function', /is a function/],
  ['an invalid Date', /is an invalid Date/],
  ['a symbol key', /does not come back at all/],
])('the codec check meets %s', (name, change) => {
  beforeEach(async () => {
    app = await ActorTestingModule.create({ actors: [Box] }).start();
  });

  it.each<[string, string, string, (ref: ActorRef<Box>) => Promise<unknown>]>([
    ['an argument', 'put', 'args[0].deep[0]', (ref) => ref.ask.put(EVIL[name]?.())],
    ['the argument of a tell', 'put', 'args[0].deep[0]', (ref) => ref.tell.put(EVIL[name]?.())],
    ['an argument to another actor', 'put', 'args[0].deep[0]', (ref) => ref.ask.send(name)],
    ['an answer', 'give', 'answer.deep[0]', (ref) => ref.ask.give(name)],
    ['a read-only answer', 'look', 'answer.deep[0]', (ref) => ref.ask.look(name)],
    ['state', 'keep', 'state.value.deep[0]', (ref) => ref.ask.keep(name)],
    ['the result of a side effect', 'fetch', 'result of load.deep[0]', (ref) => ref.ask.fetch(name)],
    ['the result of ctx.sideEffect', 'inline', 'result of peek.deep[0]', (ref) => ref.ask.inline(name)],
  ])('in %s, and names actor, method, path and change', async (_, method, path, send) => {
    const error: unknown = await send(box()).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'PS_CODEC_CHECK' });
    const { message } = error as Error;
    expect(message).toContain(`In ${method} of default/default/box/`);
    expect(message).toContain(path);
    expect(message).toMatch(change);
  });
});

function box(): ActorRef<Box> {
  return app.ref(Box, 'a');
}

describe('the codec check', () => {
  it('looks at what toSnapshot() gives', async () => {
    app = await ActorTestingModule.create({ actors: [Snapshotted] }).start();
    await expect(app.ref(Snapshotted, 'a').ask.break()).rejects.toMatchObject({
      code: 'PS_CODEC_CHECK',
      actor: 'default/default/thing/a',
      method: 'break',
      path: 'toSnapshot().total',
    });
  });

  it('does not make an effect run again, whose result will never survive', async () => {
    app = await ActorTestingModule.create({ actors: [Box], fakes: { 'Box.load': () => new Opaque() } }).start();
    await expect(box().ask.fetch('x')).rejects.toMatchObject({ code: 'PS_CODEC_CHECK' });
    expect(app.fakes.effect('Box.load').times).toBe(1);
  });

  it('leaves alone what no journal records: effects of an actor without durability()', async () => {
    app = await ActorTestingModule.create({ actors: [Plain] }).start();
    expect(await app.ref(Plain, 'a').ask.fetch()).toBe('Opaque');
  });

  it('is off with codecCheck: false', async () => {
    app = await ActorTestingModule.create({ actors: [Box], codecCheck: false }).start();
    expect(await box().ask.give('minus zero')).toEqual({ deep: [0] });
    expect(await box().ask.fetch('minus zero')).toBe('object');
    await box().ask.keep('minus zero');
    await box().ask.put(-0);
    await expect(box().ask.give('a function')).rejects.toMatchObject({ code: 'PS_INVALID_PAYLOAD' });
  });
});
