import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { Actor, type ActorContext, type ActorRef, Ctx, Handle, State, getActorCall } from 'plexspaces';
import { Fsm, Transition, stateOf } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { DURABLE, type Kind, PLAIN } from '../../support/kinds';

afterEach(closeApps);

const guarded: string[] = [];

@Injectable()
class MemberGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext): boolean {
    const call = getActorCall(context);
    const role = this.reflector.get<string | undefined>('role', context.getHandler());
    guarded.push(`${call.method} ${String(role)}`);
    return call.args[0] !== 'stranger';
  }
}

@Injectable()
class Shout implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value) => `${String(value)}!`));
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError): string {
    return `filtered ${error.message}`;
  }
}

@Fsm({ initial: 'out', states: { out: { postpone: ['order'] }, in: {} } })
class Club {
  @State() log: unknown[] = [];

  @UseGuards(MemberGuard)
  @SetMetadata('role', 'member')
  @UseInterceptors(Shout)
  @Transition({ from: 'out', to: 'in' })
  enter(name: string): string {
    return `hello ${name}`;
  }
  @Transition({ from: 'in', on: 'pay' })
  @UsePipes(ParseIntPipe)
  take(amount: number): number {
    this.log.push(amount);
    return amount + 1;
  }
  @UseFilters(RangeFilter)
  @Transition({ from: 'in' })
  fail(): void {
    throw new RangeError('out of range');
  }
  @Transition({ from: 'in' })
  order(@Ctx() ctx: ActorContext, drink: string): string {
    this.log.push(drink);
    return `${drink} for ${ctx.self.key}`;
  }
  @Handle({ readOnly: true }) look(): { state: string | undefined; log: unknown[] } {
    return { state: stateOf(this), log: this.log };
  }
}

type Sent = Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>;

async function openClub(kind: Kind) {
  guarded.length = 0;
  const cls = kind.virtual(Club);
  const app = await startApp({ actors: [cls], storage: kind.storage(), providers: [MemberGuard, Shout] });
  const club = app.client(cls).ref('a');
  return { app, club, ask: club.ask as unknown as Sent };
}

describe.each([PLAIN, DURABLE])('what stands beside a @Transition of $name works as beside a @Handle', (kind) => {
  it('guards: once, before the message is one; with the metadata of the method', async () => {
    const { ask, club } = await openClub(kind);
    await expect(ask['enter']?.('stranger')).rejects.toMatchObject({ status: 403 });
    expect((await club.ask.look()).state).toBeUndefined();
    expect(await ask['enter']?.('ann')).toBe('hello ann!');
    expect(guarded).toEqual(['enter member', 'enter member']);
  });

  it('pipes, also of an event with a name of its own', async () => {
    const { ask, club } = await openClub(kind);
    await ask['enter']?.('ann');
    await expect(ask['pay']?.('a lot')).rejects.toMatchObject({ status: 400 });
    expect(await ask['pay']?.('41')).toBe(42);
    expect((await club.ask.look()).log).toEqual([41]);
  });

  it('filters', async () => {
    const { ask } = await openClub(kind);
    await ask['enter']?.('ann');
    expect(await ask['fail']?.()).toBe('filtered out of range');
  });

  it('@Ctx(), also where the event is postponed', async () => {
    const { ask, club } = await openClub(kind);
    const early = ask['order']?.('tea');
    await ask['enter']?.('ann');
    expect(await early).toBe('tea for a');
    expect(await ask['order']?.('milk')).toBe('milk for a');
    expect((await club.ask.look()).log).toEqual(['tea', 'milk']);
  });
});

function refusal(cls: Type<object>): Promise<unknown> {
  Actor({ type: 'wrong' })(cls);
  return startApp({ actors: [cls], providers: [MemberGuard] }).catch((error: unknown) => error);
}

describe('a machine is refused at start', () => {
  it('when transitions of one event are guarded differently', async () => {
    @Fsm({ initial: 'a', states: ['a', 'b'] })
    class Wrong {
      @UseGuards(MemberGuard) @Transition({ from: 'a', on: 'go', to: 'b' }) first(): void {
        return;
      }
      @Transition({ from: 'b', on: 'go', to: 'a' }) second(): void {
        return;
      }
    }
    const error = await refusal(Wrong);
    expect(error).toMatchObject({ code: 'PS_INVALID_BEHAVIOR' });
    expect(String(error)).toContain('the event go has other guards at first and second');
  });

  it('when pipes would have to see the same argument as two types', async () => {
    @Fsm({ initial: 'a', states: ['a', 'b'] })
    class Wrong {
      @UsePipes(ParseIntPipe) @Transition({ from: 'a', on: 'go', to: 'b' }) first(_by: number): void {
        return;
      }
      @UsePipes(ParseIntPipe) @Transition({ from: 'b', on: 'go', to: 'a' }) second(_by: string): void {
        return;
      }
    }
    expect(String(await refusal(Wrong))).toContain('the event go has parameters of other types at first and second');
  });

  it('when a method has the name of an event, which would take its place', async () => {
    @Fsm({ initial: 'a', states: ['a'] })
    class Wrong {
      @Transition({ from: 'a', on: 'open' }) doOpen(): void {
        return;
      }
      open(): string {
        return 'mine';
      }
    }
    const error = await refusal(Wrong);
    expect(error).toMatchObject({ code: 'PS_INVALID_BEHAVIOR' });
    expect(String(error)).toContain('its event open, of @Transition doOpen, has the name of the member open');
  });

  it('when a handler, an inherited method or an accessor has it', async () => {
    class Base {
      inherited(): void {
        return;
      }
    }
    @Fsm({ initial: 'a', states: ['a'] })
    class Wrong extends Base {
      @Transition({ from: 'a', on: 'handled' }) one(): void {
        return;
      }
      @Transition({ from: 'a', on: 'inherited' }) two(): void {
        return;
      }
      @Transition({ from: 'a', on: 'read' }) three(): void {
        return;
      }
      @Handle() handled(): void {
        return;
      }
      get read(): number {
        return 1;
      }
      fsmAgain(): void {
        return;
      }
    }
    const error = String(await refusal(Wrong));
    for (const name of ['handled', 'inherited', 'read']) expect(error).toContain(`the name of the member ${name}`);
    expect(error).toContain("its member fsmAgain has the name of a message of the machine's own");
  });
});

describe.each([PLAIN, DURABLE])('the messages of a machine as $name to itself', (kind) => {
  it.each([
    ['fsmAgain', 'enter', ['mallory'], { rank: 1, arrival: 0 }],
    ['fsmTimeout', 'state', 1],
  ])('%s is refused from everybody else, and nothing is stored of it', async (name, ...args) => {
    const { app, ask, club } = await openClub(kind);
    await ask['enter']?.('ann');
    const before = await club.ask.look();
    const untyped = app.system.ref('subject', 'a');
    const refused = { code: 'PS_MESSAGE_KIND', only: 'self', method: name };
    await expect(untyped.tell(name, ...args)).rejects.toMatchObject(refused);
    await expect(untyped.ask(name, ...args)).rejects.toMatchObject(refused);
    await expect((club.tell as unknown as Sent)[name]?.(...args)).rejects.toMatchObject(refused);
    await expect((club.ask as unknown as Sent)[name]?.(...args)).rejects.toMatchObject(refused);
    expect(await club.ask.look()).toEqual(before);
    if (kind === DURABLE) {
      const entries = await club.history.replayFrom(1);
      expect(entries.filter((entry) => entry.kind === 'MessageReceived' && entry.method === name)).toEqual([]);
    }
  });

  it('is refused from another actor', async () => {
    class Stranger {
      @Handle() async push(@Ctx() ctx: ActorContext): Promise<string> {
        return ctx
          .actorOfType('subject', 'a')
          .tell('fsmTimeout', 'state', 1)
          .then(
            () => 'taken',
            (error: { code: string }) => error.code,
          );
      }
    }
    const [machine, stranger] = [kind.virtual(Club), kind.virtual(Stranger, { type: 'stranger' })];
    const app = await startApp({
      actors: [machine, stranger],
      storage: kind.storage(),
      providers: [MemberGuard, Shout],
    });
    expect(await app.client(stranger).ref('a').ask.push()).toBe('PS_MESSAGE_KIND');
  });
});

@Fsm({
  initial: 'asleep',
  states: { asleep: { eventTimeout: { after: '10s', event: 'bored' }, postpone: ['later'] }, awake: {} },
})
class Sleeper {
  @State() bores = 0;
  @Transition({ from: 'asleep' }) bored(): void {
    this.bores++;
  }
  @Transition({ from: 'asleep' }) poke(): void {
    return;
  }
  @Transition({ from: 'asleep', to: 'awake' }) wake(): void {
    return;
  }
  @Transition({ from: 'awake' }) later(): void {
    return;
  }
  @Handle({ readOnly: true }) count(): number {
    return this.bores;
  }
}

describe.each([PLAIN, DURABLE])('the timeout of events of a machine as $name', (kind) => {
  async function start(): Promise<{ env: ManualClock; sleeper: ActorRef<Sleeper> }> {
    const cls = kind.regular(Sleeper);
    const env = new ManualClock();
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    return { env, sleeper: await app.client(cls).spawn('a') };
  }

  async function pass(env: ManualClock, time: string): Promise<void> {
    await env.advance(time);
    await settle();
  }

  it('begins when the machine is created, and anew with each event', async () => {
    const { env, sleeper } = await start();
    await pass(env, '9s');
    expect(await sleeper.ask.count()).toBe(0);
    await pass(env, '2s');
    expect(await sleeper.ask.count()).toBe(1);
    await pass(env, '8s');
    await sleeper.ask.poke();
    await pass(env, '9s');
    expect(await sleeper.ask.count()).toBe(1);
    await pass(env, '2s');
    expect(await sleeper.ask.count()).toBe(2);
  });

  it('begins anew when an event is postponed', async () => {
    const { env, sleeper } = await start();
    await pass(env, '9s');
    await sleeper.tell.later();
    await pass(env, '9s');
    expect(await sleeper.ask.count()).toBe(0);
    await pass(env, '2s');
    expect(await sleeper.ask.count()).toBe(1);
  });

  it('is over when the state is left', async () => {
    const { env, sleeper } = await start();
    await pass(env, '9s');
    await sleeper.ask.wake();
    await pass(env, '20s');
    expect(await sleeper.ask.count()).toBe(0);
  });
});
