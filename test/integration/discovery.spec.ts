import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { Actor, Handle, InvalidActorClassError, SideEffect, State } from '#core';
import { explore } from './explore';

@Injectable()
class Rates {
  today(): number {
    return 3;
  }
}

@Actor({ type: 'counter' })
class Counter {
  static made = 0;
  @State() value = 0;
  constructor(readonly rates: Rates) {
    Counter.made++;
  }
  @Handle() current(): number {
    return this.value;
  }
}

describe('discovery', () => {
  beforeEach(() => (Counter.made = 0));

  it('finds any provider with @Actor(), in any module, sorted by type', async () => {
    @Actor({ type: 'alpha' })
    class Zulu {
      @Handle() ping(): void {}
    }
    @Module({ providers: [Zulu] })
    class Feature {}
    const { definitions } = await explore({ imports: [Feature], providers: [Counter, Rates] });
    expect([...definitions.keys()]).toEqual(['alpha', 'counter']);
  });

  it('makes no instance at start', async () => {
    await explore({ providers: [Counter, Rates] });
    expect(Counter.made).toBe(0);
  });

  it('refuses two classes of one type, whatever the order of their modules', async () => {
    @Actor({ type: 'counter' })
    class Other {
      @Handle() ping(): void {}
    }
    const refused = explore({ providers: [Other, Counter, Rates] });
    await expect(refused).rejects.toThrow(InvalidActorClassError);
    await expect(refused).rejects.toThrow(/its type "counter" is also that of/);
  });

  it('takes a class that two modules provide as one', async () => {
    @Module({ providers: [Counter, Rates] })
    class A {}
    @Module({ providers: [Counter, Rates] })
    class B {}
    const { definitions } = await explore({ imports: [A, B] });
    expect(definitions.size).toBe(1);
  });

  it.each([
    ['directly', () => [requestScoped(), 'direct'] as const],
    ['further down', () => [requestScoped(), 'deep'] as const],
  ])('refuses a request-scoped dependency, %s', async (_, make) => {
    const [Scoped, how] = make();
    @Injectable()
    class Between {
      constructor(@Inject(Scoped) readonly scoped: unknown) {}
    }
    @Actor({ type: 'bad' })
    class Bad {
      constructor(@Inject(how === 'direct' ? Scoped : Between) readonly dependency: unknown) {}
      @Handle() ping(): void {}
    }
    await expect(explore({ providers: [Bad, Between, Scoped] })).rejects.toThrow(/request-scoped/);
  });

  it('refuses a value or a factory in place of the class', async () => {
    const value = explore({ providers: [{ provide: Counter, useValue: {} }] });
    await expect(value).rejects.toThrow('Counter cannot be an actor: it is provided by a value or a factory');
    const factory = explore({ providers: [{ provide: Counter, useFactory: () => ({}) }] });
    await expect(factory).rejects.toThrow(/by a value or a factory/);
  });

  it('refuses a dependency that is not there', async () => {
    await expect(explore({ providers: [Counter] })).rejects.toThrow(/Nest can't resolve dependencies of the Counter/);
  });

  it('sees the class that a test puts in its place', async () => {
    class Fake extends Counter {
      @Handle() override current(): number {
        return -1;
      }
    }
    const { definitions } = await explore({ providers: [Counter, Rates] }, {}, (builder) =>
      builder.overrideProvider(Counter).useClass(Fake),
    );
    const instance = await definitions.get('counter')?.create();
    expect((instance as Fake).current()).toBe(-1);
  });
});

describe('creation', () => {
  it('injects what the module of the actor sees, and nothing is shared but the singletons', async () => {
    @Module({ providers: [Counter, Rates] })
    class Feature {}
    const { definitions, container } = await explore({ imports: [Feature] });
    const create = () => definitions.get('counter')?.create() as Promise<Counter>;
    const [a, b] = [await create(), await create()];
    expect(a).not.toBe(b);
    expect(a).toBeInstanceOf(Counter);
    expect(a.rates).toBe(container.get(Rates, { strict: false }));
    expect(b.rates).toBe(a.rates);
    expect(a.value).toBe(0);
  });

  it('gives each instance its own transient dependency, also behind an alias', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Scratch {}
    @Actor({ type: 'direct' })
    class Direct {
      constructor(readonly scratch: Scratch) {}
      @Handle() ping(): void {}
    }
    @Actor({ type: 'alias' })
    class Aliased {
      constructor(@Inject('scratch') readonly scratch: Scratch) {}
      @Handle() ping(): void {}
    }
    const { definitions } = await explore({
      providers: [Direct, Aliased, Scratch, { provide: 'scratch', useExisting: Scratch }],
    });
    for (const type of ['direct', 'alias']) {
      const create = () => definitions.get(type)?.create() as Promise<Direct>;
      const [a, b] = [await create(), await create()];
      expect(a.scratch).toBeInstanceOf(Scratch);
      expect(a.scratch).not.toBe(b.scratch);
    }
  });

  it('injects properties, inherited constructors and optional values as Nest does', async () => {
    class Base {
      constructor(
        readonly rates: Rates,
        @Inject('name') readonly name: string,
      ) {}
    }
    @Actor({ type: 'derived' })
    class Derived extends Base {
      @Inject('limit') readonly limit!: number;
      @Handle() ping(): void {}
    }
    const { definitions } = await explore({
      providers: [Derived, Rates, { provide: 'name', useValue: 'n' }, { provide: 'limit', useValue: 9 }],
    });
    const instance = (await definitions.get('derived')?.create()) as Derived;
    expect(instance).toMatchObject({ name: 'n', limit: 9, rates: expect.any(Rates) as unknown });
    expect((await definitions.get('derived')?.create()) as Derived).toMatchObject({ name: 'n', limit: 9 });
  });

  it('rejects when the constructor throws, every time', async () => {
    @Actor({ type: 'broken' })
    class Broken {
      constructor() {
        throw new Error('out of order');
      }
      @Handle() ping(): void {}
    }
    const { definitions } = await explore({ providers: [Broken] });
    await expect(definitions.get('broken')?.create()).rejects.toThrow('out of order');
    await expect(definitions.get('broken')?.create()).rejects.toThrow('out of order');
  });

  it('keeps a side effect plain outside actors', async () => {
    @Actor({ type: 'effect' })
    class Effect {
      constructor(readonly rates: Rates) {}
      @Handle() async rate(): Promise<number> {
        return this.load();
      }
      @SideEffect() protected async load(): Promise<number> {
        return this.rates.today();
      }
    }
    const { definitions } = await explore({ providers: [Effect, Rates] });
    const instance = (await definitions.get('effect')?.create()) as Effect;
    await expect(instance.rate()).resolves.toBe(3);
  });
});

function requestScoped(): new () => object {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {}
  return Scoped;
}
