import {
  type ArgumentMetadata,
  type CallHandler,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Module,
  type NestInterceptor,
  ParseIntPipe,
  type PipeTransform,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { map, type Observable, of, throwError } from 'rxjs';
import {
  Actor,
  type ActorContext,
  type Admission,
  type AdmittedCall,
  Ctx,
  getActorCall,
  Handle,
  isActorContext,
} from '#core';
import { explore } from './explore';

const call: AdmittedCall = {
  actor: { tenant: 't', namespace: 'n', type: 'x', key: 'k/1' },
  method: 'act',
  headers: { role: 'admin' },
  principal: 'alice',
  sender: '',
};

@Injectable()
class Roles {
  readonly allowed = ['admin'];
}

@Injectable()
class RoleGuard implements CanActivate {
  static seen: ExecutionContext[] = [];
  constructor(
    private readonly roles: Roles,
    private readonly reflector: Reflector,
  ) {}
  async canActivate(context: ExecutionContext): Promise<boolean> {
    RoleGuard.seen.push(context);
    const needed = this.reflector.getAllAndOverride<string>('role', [context.getHandler(), context.getClass()]);
    return this.roles.allowed.includes(needed) && getActorCall(context).headers['role'] === needed;
  }
}

const Principal = createParamDecorator(
  (prefix: string, context: ExecutionContext) => prefix + getActorCall(context).principal,
);

class Amount {
  @IsInt() value!: number;
}

/** Runs the admission of `type.act` and says what reached the actor. */
async function admissionOf(
  cls: new (...args: never[]) => object,
  providers: never[] | unknown[] = [],
  options: object = {},
): Promise<{
  admission: Admission | null;
  stored: (readonly unknown[])[];
  run: (args?: readonly unknown[], over?: Partial<AdmittedCall>, answer?: () => unknown) => Promise<unknown>;
}> {
  @Module({ providers: [cls, Roles] })
  class Feature {}
  const { definitions } = await explore({ imports: [Feature], providers: providers as never[] }, options);
  const handler = [...definitions.values()][0]?.handlers.get('act');
  const admission = handler?.admission ?? null;
  const stored: (readonly unknown[])[] = [];
  const run = (
    args: readonly unknown[] = [],
    over: Partial<AdmittedCall> = {},
    answer: () => unknown = () => 'answer',
  ) =>
    (admission as Admission).run({ ...call, ...over }, args, async (values) => {
      stored.push(values);
      return answer();
    });
  return { admission, stored, run };
}

describe('guards', () => {
  beforeEach(() => (RoleGuard.seen = []));

  @Actor({ type: 'guarded' })
  class Guarded {
    @Handle() @UseGuards(RoleGuard) @SetMetadata('role', 'admin') act(_value: number): void {}
  }

  it('let pass with their dependencies injected, and see class, handler and call', async () => {
    const { run, stored } = await admissionOf(Guarded);
    await expect(run([1])).resolves.toBe('answer');
    expect(stored).toEqual([[1]]);
    const [context] = RoleGuard.seen as [ExecutionContext];
    expect(context.getType()).toBe('actor');
    expect(isActorContext(context)).toBe(true);
    expect(context.getClass()).toBe(Guarded);
    expect(context.getHandler().name).toBe('act');
    expect(getActorCall(context)).toMatchObject({ ...call, actorId: 't/n/x/k%2f1', args: [1] });
  });

  it('deny with ForbiddenException, and nothing is stored', async () => {
    const { run, stored } = await admissionOf(Guarded);
    await expect(run([1], { headers: { role: 'guest' } })).rejects.toThrow(ForbiddenException);
    expect(stored).toEqual([]);
  });

  it('on the class stand before every handler, and their error is the caller’s', async () => {
    const deny = { canActivate: () => Promise.reject(new RangeError('not today')) };
    @Actor({ type: 'guarded' })
    @UseGuards(deny)
    class Closed {
      @Handle() act(): void {}
    }
    const { run } = await admissionOf(Closed);
    await expect(run()).rejects.toThrow(new RangeError('not today'));
  });

  it('must be singletons', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Each implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Each {}
    @Actor({ type: 'a' })
    class A {
      @Handle() @UseGuards(Each) act(): void {}
    }
    @Actor({ type: 'b' })
    class B {
      @Handle() @UseGuards(PerRequest) act(): void {}
    }
    await expect(admissionOf(A)).rejects.toThrow(/its Each is transient/);
    await expect(admissionOf(B)).rejects.toThrow(/request-scoped/);
  });

  it('are told a message from a request', () => {
    const host = { getType: () => 'http' } as unknown as ExecutionContext;
    expect(isActorContext(host)).toBe(false);
    expect(() => getActorCall(host)).toThrow(/http context/);
  });
});

describe('pipes and parameter decorators', () => {
  it('change the arguments before they are stored, @Ctx() left out', async () => {
    @Actor({ type: 'piped' })
    class Piped {
      @Handle()
      @UsePipes(ParseIntPipe)
      act(_a: number, @Ctx() _ctx: ActorContext, _b: number): void {}
    }
    const { run, stored } = await admissionOf(Piped);
    await run(['1', '2']);
    expect(stored).toEqual([[1, 2]]);
    await expect(run(['x', '2'])).rejects.toThrow(/numeric string is expected/);
    expect(stored).toHaveLength(1);
  });

  it('validate and make DTOs by the declared type of the parameter', async () => {
    @Actor({ type: 'piped' })
    class Piped {
      @Handle() @UsePipes(new ValidationPipe({ transform: true })) act(_amount: Amount): void {}
    }
    const { run, stored } = await admissionOf(Piped);
    await run([{ value: 3 }]);
    expect(stored[0]?.[0]).toBeInstanceOf(Amount);
    await expect(run([{ value: 'x' }])).rejects.toMatchObject({ status: 400 });
  });

  it('of the class run before those of the method, with injected dependencies', async () => {
    @Injectable()
    class Tag implements PipeTransform {
      constructor(private readonly roles: Roles) {}
      transform(value: unknown, metadata: ArgumentMetadata): string {
        return `${String(value)}-${this.roles.allowed.join()}-${metadata.type}`;
      }
    }
    @Actor({ type: 'piped' })
    @UsePipes(Tag)
    class Piped {
      @Handle() @UsePipes({ transform: (value: string) => `${value}!` }) act(_a: string): void {}
    }
    const { run, stored } = await admissionOf(Piped);
    await run(['a']);
    expect(stored).toEqual([['a-admin-body!']]);
  });

  it('give a parameter the decorator’s value, whatever the sender put there', async () => {
    @Actor({ type: 'who' })
    class Who {
      @Handle() act(_amount: number, @Principal('user:') _who?: string): void {}
    }
    const { run, stored } = await admissionOf(Who);
    await run([5]);
    await run([5, 'user:root']);
    expect(stored).toEqual([
      [5, 'user:alice'],
      [5, 'user:alice'],
    ]);
  });

  it('leave out what was left out, and pass on what exceeds the parameters', async () => {
    @Actor({ type: 'piped' })
    class Piped {
      @Handle() @UsePipes({ transform: (value: unknown) => value }) act(_a: number, _b = 2, ..._rest: number[]): void {}
    }
    const { run, stored } = await admissionOf(Piped);
    await run([1]);
    await run([]);
    await run([1, 2, 3, 4, 5]);
    expect(stored).toEqual([[1], [], [1, 2, 3, 4, 5]]);
  });
});

describe('interceptors and filters', () => {
  it('wrap accept and answer', async () => {
    const log: string[] = [];
    const around: NestInterceptor = {
      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        log.push(`before ${getActorCall(context).method}`);
        return next.handle().pipe(map((answer) => (log.push('after'), `<${String(answer)}>`)));
      },
    };
    @Actor({ type: 'wrapped' })
    class Wrapped {
      @Handle() @UseInterceptors(around) act(): void {}
    }
    const { run, stored } = await admissionOf(Wrapped);
    await expect(run([1])).resolves.toBe('<answer>');
    expect(log).toEqual(['before act', 'after']);
    expect(stored).toEqual([[1]]);
  });

  it('an interceptor may answer by itself; nothing is stored then', async () => {
    const cached: NestInterceptor = { intercept: () => of('cached') };
    @Actor({ type: 'wrapped' })
    class Wrapped {
      @Handle()
      @UseInterceptors(cached)
      act(): void {}
    }
    const { run, stored } = await admissionOf(Wrapped);
    await expect(run()).resolves.toBe('cached');
    expect(stored).toEqual([]);
  });

  it('map the errors of the answer, those of guards too, and leave others as they are', async () => {
    @Catch(RangeError)
    class Mapper implements ExceptionFilter {
      catch(error: RangeError): Promise<string> {
        return Promise.resolve(`mapped ${error.message}`);
      }
    }
    @Catch(TypeError)
    class Thrower implements ExceptionFilter {
      catch(error: TypeError): Observable<never> {
        return throwError(() => new Error(`rpc ${error.message}`));
      }
    }
    @Actor({ type: 'filtered' })
    @UseFilters(Thrower)
    class Filtered {
      @Handle() @UseFilters(Mapper) act(): void {}
    }
    const { run } = await admissionOf(Filtered);
    const fail = (error: Error) => run([], {}, () => Promise.reject(error));
    await expect(fail(new RangeError('r'))).resolves.toBe('mapped r');
    await expect(fail(new TypeError('t'))).rejects.toThrow('rpc t');
    const other = new SyntaxError('s');
    await expect(fail(other)).rejects.toBe(other);
  });
});

describe('handlers without enhancers', () => {
  @Actor({ type: 'bare' })
  class Bare {
    @Handle() act(_value: string): void {}
  }

  const count = { guards: 0 };
  const global = [
    { provide: APP_GUARD, useValue: { canActivate: () => ++count.guards > 0 } },
    { provide: APP_PIPE, useValue: { transform: (value: unknown) => `${String(value)}|piped` } },
    {
      provide: APP_INTERCEPTOR,
      useValue: {
        intercept: (_: unknown, next: CallHandler) => next.handle().pipe(map((value) => `${String(value)}|wrapped`)),
      },
    },
  ];

  it('have no admission at all', async () => {
    expect((await admissionOf(Bare)).admission).toBeNull();
  });

  it('are not touched by the application’s global enhancers, nor are others', async () => {
    @Actor({ type: 'other' })
    class Other {
      @Handle() @UseGuards({ canActivate: () => true }) act(_value: string): void {}
    }
    count.guards = 0;
    expect((await admissionOf(Bare, global)).admission).toBeNull();
    const { run, stored } = await admissionOf(Other, global);
    await expect(run(['a'])).resolves.toBe('answer');
    expect(stored).toEqual([['a']]);
    expect(count.guards).toBe(0);
  });

  it('are, with enhancers: { global: true }', async () => {
    count.guards = 0;
    const { run, stored } = await admissionOf(Bare, global, { enhancers: { global: true } });
    await expect(run(['a'])).resolves.toBe('answer|wrapped');
    expect(stored).toEqual([['a|piped']]);
    expect(count.guards).toBe(1);
  });
});
