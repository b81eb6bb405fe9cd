import { InvalidActorClassError } from '../errors';
import { durability } from '../facet/durability.facet';
import { FacetRegistry } from '../facet/facet.registry';
import { virtualActor } from '../facet/virtual-actor.facet';
import type { ActorContext } from './actor-context';
import { Actor } from './actor.decorator';
import { Ctx } from './ctx.decorator';
import { defineActor } from './define-actor';
import { Handle } from './handle.decorator';
import { SideEffect } from './side-effect.decorator';
import { State, Transient } from './state.decorator';
import { UseFacets } from './use-facets.decorator';

const facets = new FacetRegistry();
const storage = { tryRead: async () => null, tryWrite: async () => undefined };
const define = (cls: new (...args: never[]) => object, snapshots: typeof storage | null = null) =>
  defineActor(cls as never, facets, snapshots);

/** Puts a decorator on a member that TypeScript itself would not let it stand on. */
const put = (decorator: unknown, target: object, property: string | symbol, descriptor?: PropertyDescriptor) =>
  (decorator as (t: object, p: string | symbol, d?: PropertyDescriptor) => void)(target, property, descriptor);

@Actor({
  type: 'counter',
  version: '7',
  schema: 3,
  onPoison: 'hold',
  maxTurnAge: '10s',
  mailbox: { maxMessages: 5 },
})
@UseFacets(durability({ checkpointEvery: 10 }), virtualActor({ idleTimeout: '1m' }))
class Counter {
  @State() value = 0;
  @Transient() cache = new Map<string, number>();

  @Handle({ retry: { maxAttempts: 2 } })
  async increment(by: number, @Ctx() _ctx?: ActorContext): Promise<number> {
    this.value += by * (await this.rate());
    return this.value;
  }

  @Handle({ name: 'read', readOnly: true })
  current(): number {
    return this.value;
  }

  onCreate(@Ctx() _ctx: ActorContext, value: number): void {
    this.value = value;
  }

  onActivate(): void {
    this.cache.clear();
  }

  @SideEffect({ name: 'fetchRate', retry: { maxAttempts: 3 }, timeout: '3s' })
  protected rate(): Promise<number> {
    return Promise.resolve(2);
  }
}

describe('a decorated class', () => {
  const definition = define(Counter);

  it('becomes one definition with everything it declares', () => {
    expect(definition).toMatchObject({
      type: 'counter',
      className: 'Counter',
      version: '7',
      schema: 3,
      onPoison: 'hold',
      maxTurnAgeMs: 10_000,
      mailbox: { maxMessages: 5, maxBytes: 16 * 1024 * 1024 },
      snapshot: null,
      durability: { checkpointEvery: 10, keepCheckpoints: 2 },
      virtual: { idleTimeoutMs: 60_000, eager: false, maxActive: null },
    });
    expect(definition.facets.map((facet) => facet.name)).toEqual(['durability', 'virtual_actor']);
    expect(definition.state).toEqual({ fields: ['value'], custom: false, transient: new Set(['cache']) });
  });

  it('keeps handlers by name, with the positions of @Ctx()', () => {
    expect([...definition.handlers.keys()]).toEqual(['increment', 'read']);
    expect(definition.handlers.get('increment')).toMatchObject({
      property: 'increment',
      contextAt: [1],
      retry: { maxAttempts: 2, initialMs: 100 },
    });
    expect(definition.handlers.get('read')).toMatchObject({
      property: 'current',
      readOnly: true,
      retry: null,
    });
  });

  it('keeps side effects by method and hooks by name', () => {
    expect(definition.effects.get('rate')).toMatchObject({ name: 'fetchRate', timeoutMs: 3_000 });
    expect(definition.hooks).toEqual(
      new Map([
        ['onCreate', [0]],
        ['onActivate', []],
      ]),
    );
  });

  it('stays a plain class: outside an actor a side effect just runs', async () => {
    await expect(new Counter().increment(4)).resolves.toBe(8);
    const rate = Object.getOwnPropertyDescriptor(Counter.prototype, 'rate')?.value as { name: string };
    expect(rate.name).toBe('rate');
  });

  it('has defaults for all but its type', () => {
    @Actor({ type: 'plain' })
    class Plain {
      @Handle() ping(): string {
        return 'pong';
      }
    }
    expect(define(Plain)).toMatchObject({
      version: '1',
      schema: 1,
      onPoison: 'park',
      maxTurnAgeMs: 300_000,
      mailbox: { maxMessages: 10_000 },
      durability: null,
      virtual: null,
      snapshot: null,
      facets: [],
    });
  });

  it('saves snapshots where it says, or where the application does', () => {
    @Actor({ type: 'a', snapshot: true })
    class Auto {
      @Handle() ping(): void {}
    }
    @Actor({ type: 'b', snapshot: { storage, every: 3 } })
    class Own {
      @Handle() ping(): void {}
    }
    expect(define(Auto, storage).snapshot).toEqual({ storage, every: 10 });
    expect(define(Own).snapshot).toEqual({ storage, every: 3 });
    expect(() => define(Auto)).toThrow(/snapshots but no storage/);
  });
});

describe('a class that extends another', () => {
  class Base {
    @State() first = 1;
    @Handle() base(): number {
      return this.first;
    }
    @SideEffect() protected async load(): Promise<number> {
      return 1;
    }
  }

  it('inherits handlers, state, effects and facets', () => {
    @UseFacets(durability({ checkpointEvery: 5 }), virtualActor())
    class Middle extends Base {}
    @Actor({ type: 'derived' })
    @UseFacets(durability({ checkpointEvery: 9 }))
    class Derived extends Middle {
      @State() second = 2;
      @Handle() own(): void {}
    }
    const definition = define(Derived);
    expect([...definition.handlers.keys()]).toEqual(['base', 'own']);
    expect(definition.state.fields).toEqual(['first', 'second']);
    expect([...definition.effects.keys()]).toEqual(['load']);
    expect(definition.facets.map((facet) => facet.name)).toEqual(['durability', 'virtual_actor']);
    expect(definition.durability).toMatchObject({ checkpointEvery: 9 });
  });

  it('must repeat the decorator on an override, lest guards or records get lost', () => {
    @Actor({ type: 'a' })
    class Silent extends Base {
      override base(): number {
        return 3;
      }
    }
    @Actor({ type: 'b' })
    class Unrecorded extends Base {
      protected override async load(): Promise<number> {
        return 3;
      }
    }
    @Actor({ type: 'c' })
    class Loud extends Base {
      @Handle({ readOnly: true }) override base(): number {
        return 3;
      }
    }
    expect(() => define(Silent)).toThrow('base overrides a @Handle() method without @Handle()');
    expect(() => define(Unrecorded)).toThrow('load overrides a @SideEffect() method without @SideEffect()');
    expect(define(Loud).handlers.get('base')).toMatchObject({ readOnly: true });
  });
});

describe('a class that cannot be an actor is refused with a remedy', () => {
  const actor = (options: object = {}) => Actor({ type: 'bad', ...options });
  const cases: [why: string, make: () => new () => object, reason: RegExp][] = [
    ['no @Actor()', () => class None {}, /it has no @Actor/],
    [
      'no handler',
      () => {
        @actor()
        class None {}
        return None;
      },
      /handles no message/,
    ],
    [
      'a side effect that is not async',
      () => {
        @actor()
        class Sync {
          @Handle() ping(): void {}
          @SideEffect() effect(): number {
            return 1;
          }
        }
        return Sync;
      },
      /side effect effect does not return a Promise/,
    ],
    [
      'two handlers of one name',
      () => {
        @actor()
        class Two {
          @Handle({ name: 'x' }) one(): void {}
          @Handle({ name: 'x' }) two(): void {}
        }
        return Two;
      },
      /two handlers are named "x"/,
    ],
    [
      'a handler named as another one’s method',
      () => {
        @actor()
        class Crossed {
          @Handle({ name: 'two' }) one(): void {}
          @Handle({ name: 'three' }) two(): void {}
        }
        return Crossed;
      },
      /one is named "two", which is also the method of another handler/,
    ],
    [
      'two side effects of one name',
      () => {
        @actor()
        class Two {
          @Handle() ping(): void {}
          @SideEffect({ name: 'x' }) async one(): Promise<void> {}
          @SideEffect({ name: 'x' }) async two(): Promise<void> {}
        }
        return Two;
      },
      /one and two are both side effects named x/,
    ],
    [
      'handler and side effect in one',
      () => {
        @actor()
        class Both {
          @Handle() @SideEffect() async pay(): Promise<void> {}
        }
        return Both;
      },
      /pay is both @Handle\(\) and @SideEffect\(\)/,
    ],
    [
      '@State() beside toSnapshot()',
      () => {
        @actor()
        class Both {
          @State() value = 0;
          @Handle() ping(): void {}
          toSnapshot(): number {
            return 1;
          }
          fromSnapshot(): void {}
        }
        return Both;
      },
      /it has toSnapshot\(\) and @State\(\) on value/,
    ],
    [
      'toSnapshot() alone',
      () => {
        @actor()
        class Half {
          @Handle() ping(): void {}
          toSnapshot(): number {
            return 1;
          }
        }
        return Half;
      },
      /toSnapshot\(\) but no fromSnapshot\(\)/,
    ],
    [
      'fromSnapshot() alone',
      () => {
        @actor()
        class Half {
          @Handle() ping(): void {}
          fromSnapshot(): void {}
        }
        return Half;
      },
      /fromSnapshot\(\) but no toSnapshot\(\)/,
    ],
    [
      'readOnly with retry',
      () => {
        @actor()
        class Reader {
          @Handle({ readOnly: true, retry: { maxAttempts: 2 } }) read(): void {}
        }
        return Reader;
      },
      /readOnly and has retry/,
    ],
    [
      'a static handler',
      () => {
        @actor()
        class Static {
          @Handle() ping(): void {}
          @Handle() static all(): void {}
        }
        return Static;
      },
      /all has @Handle\(\) but is static/,
    ],
    [
      'a handler that is an accessor',
      () => {
        @actor()
        class Getter {
          private readonly held = 1;
          get value(): number {
            return this.held;
          }
        }
        put(Handle(), Getter.prototype, 'value', Object.getOwnPropertyDescriptor(Getter.prototype, 'value'));
        return Getter;
      },
      /value has @Handle\(\) but is an accessor/,
    ],
    [
      'a handler that is a field',
      () => {
        @actor()
        class Field {
          run = (): void => undefined;
        }
        put(Handle(), Field.prototype, 'run');
        return Field;
      },
      /run has @Handle\(\) but is a field/,
    ],
    [
      'a handler that is a generator',
      () => {
        @actor()
        class Many {
          @Handle() *all(): Generator<number> {
            yield 1;
          }
        }
        return Many;
      },
      /handler all is a generator/,
    ],
    [
      'a handler that is also a hook',
      () => {
        @actor()
        class Hook {
          @Handle({ name: 'create' }) onCreate(): void {}
        }
        return Hook;
      },
      /the handler name "onCreate" is reserved/,
    ],
    [
      'a schema that is none',
      () => {
        @actor()
        class Schema {
          @Handle({ schema: { parse: () => 1 } as never }) ping(): void {}
        }
        return Schema;
      },
      /schema is no Standard Schema/,
    ],
    [
      '@Ctx() where nobody fills it in',
      () => {
        @actor()
        class Lost {
          @Handle() ping(): void {}
          private helper(@Ctx() _ctx: unknown): void {}
          call(): void {
            this.helper(1);
          }
        }
        return Lost;
      },
      /a parameter of helper has @Ctx\(\)/,
    ],
    [
      'a facet twice',
      () => {
        @actor()
        @UseFacets(durability(), durability())
        class Twice {
          @Handle() ping(): void {}
        }
        return Twice;
      },
      /facet durability is declared twice/,
    ],
    [
      'durability and snapshots',
      () => {
        @actor({ snapshot: { storage } })
        @UseFacets(durability())
        class Both {
          @Handle() ping(): void {}
        }
        return Both;
      },
      /it has durability\(\) and @Actor\(\{ snapshot \}\)/,
    ],
    [
      '@State() on a method',
      () => {
        @actor()
        class Odd {
          @State() @Handle() ping(): void {}
        }
        return Odd;
      },
      /@State\(\) is on ping, which is no field/,
    ],
    [
      'a field that is state and not',
      () => {
        @actor()
        class Odd {
          @State() @Transient() value = 1;
          @Handle() ping(): void {}
        }
        return Odd;
      },
      /value is both @State\(\) and @Transient\(\)/,
    ],
    [
      'a field named like a slot of the journal',
      () => {
        @actor()
        class Odd {
          @State() $snapshot = 1;
          @Handle() ping(): void {}
        }
        return Odd;
      },
      /@State\(\) is on \$snapshot/,
    ],
  ];

  it.each(cases)('%s', (_, make, reason) => {
    const refused = () => define(make());
    expect(refused).toThrow(InvalidActorClassError);
    expect(refused).toThrow(reason);
  });

  it.each([
    ['constructor'],
    ['__proto__'],
    ['then'],
    ['toString'],
    ['onCreate'],
    ['onActivate'],
    ['toSnapshot'],
    ['hasOwnProperty'],
    ['$stop'],
    ['a/b'],
    [''],
    ['x'.repeat(513)],
    ['\ud800'],
  ])('a handler named %j', (name) => {
    @actor()
    class Named {
      @Handle({ name }) ping(): void {}
    }
    expect(() => define(Named)).toThrow(InvalidActorClassError);
  });

  it.each([[''], ['a/b'], ['$system'], ['x'.repeat(513)], [7], [undefined], ['a\u0000b']])('type %j', (type) => {
    @actor({ type })
    class Typed {
      @Handle() ping(): void {}
    }
    expect(() => define(Typed)).toThrow(/@Actor\(\) type: /);
  });

  it.each([
    ['version', ''],
    ['schema', 0],
    ['schema', 1.5],
    ['schema', NaN],
    ['onPoison', 'drop'],
    ['maxTurnAge', 'soon'],
    ['maxTurnAge', -1],
    ['maxTurnAge', 0],
    ['mailbox', { maxMessages: -1 }],
    ['mailbox', { maxMessages: NaN }],
    ['mailbox', { maxBytes: 0 }],
    ['mailbox', { maxMessage: 1 }],
    ['snapshot', { storage, every: 0 }],
    ['snapshot', { storage, often: 1 }],
    ['maxTurnAges', 1],
  ])('option %s: %j', (option, value) => {
    @actor({ [option]: value })
    class Opted {
      @Handle() ping(): void {}
    }
    expect(() => define(Opted, storage)).toThrow(InvalidActorClassError);
    expect(() => define(Opted, storage)).toThrow(new RegExp(option));
  });

  it.each([
    ['maxAttempts', { maxAttempts: 0 }],
    ['maxAttempts', { maxAttempts: NaN }],
    ['factor', { factor: 0 }],
    ['duration', { initialDelay: 'x' }],
    ['duration', { maxDelay: -1 }],
  ])('retry with a bad %s', (what, retry) => {
    @actor()
    class Retried {
      @Handle({ retry }) ping(): void {}
    }
    @actor()
    class Effect {
      @Handle() ping(): void {}
      @SideEffect({ retry }) async effect(): Promise<void> {}
    }
    expect(() => define(Retried)).toThrow(new RegExp(`@Handle\\(\\) ping retry: .*${what}`));
    expect(() => define(Effect)).toThrow(new RegExp(`@SideEffect\\(\\) effect retry: .*${what}`));
  });

  it.each([['-1'], ['later'], [0], [NaN]])('a side effect timeout of %p', (timeout) => {
    @actor()
    class Timed {
      @Handle() ping(): void {}
      @SideEffect({ timeout }) async effect(): Promise<void> {}
    }
    expect(() => define(Timed)).toThrow(/@SideEffect\(\) effect timeout: /);
  });

  it('an unknown facet, or a bad option of a known one', () => {
    @actor()
    @UseFacets({ name: 'nonsense', config: {} })
    class Unknown {
      @Handle() ping(): void {}
    }
    @actor()
    @UseFacets(durability({ checkpointEvery: -1 }))
    class Negative {
      @Handle() ping(): void {}
    }
    expect(() => define(Unknown)).toThrow(/nonsense/);
    expect(() => define(Negative)).toThrow(/checkpointEvery/);
  });
});
