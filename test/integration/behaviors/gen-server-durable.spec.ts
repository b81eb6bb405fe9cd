import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  Handle,
  type NoReply,
  type ReplyToken,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { Call, Cast, GenServer, Info } from 'plexspaces/behaviors';
import { ManualClock } from 'plexspaces/testing';
import { closeApps, startApp } from '../../support/app';
import { settle } from '../../support/gate';
import { World } from '../durable/world';

afterEach(closeApps);

/** Bookings wait for a table; who leaves, told or by what the system sends, gives one to the first in line. */
@Actor({ type: 'tables' })
@UseFacets(durability({ checkpointEvery: 2 }), virtualActor())
@GenServer()
class Tables {
  @State() waiting: { readonly name: string; readonly token: ReplyToken<string> }[] = [];
  @State() seated: string[] = [];

  @Call() book(name: string, @Ctx() ctx: ActorContext): ReplyToken<string> {
    const token = ctx.deferReply<string>();
    this.waiting = [...this.waiting, { name, token }];
    return token;
  }
  @Cast() leave(by: string, @Ctx() ctx: ActorContext): NoReply {
    this.seatNext(ctx, by);
  }
  @Info() closing(@Ctx() ctx: ActorContext): NoReply {
    for (const { token } of this.waiting) ctx.replyError(token, new Error('we close'));
    this.waiting = [];
  }
  @Info({ unknown: true }) other(name: string, args: readonly unknown[], @Ctx() ctx: ActorContext): NoReply {
    if (name === 'expelled') this.seatNext(ctx, String(args[0]));
  }
  @Handle({ readOnly: true }) look(): { waiting: string[]; seated: string[] } {
    return { waiting: this.waiting.map(({ name }) => name), seated: this.seated };
  }
  private seatNext(ctx: ActorContext, by: string): void {
    const [next, ...others] = this.waiting;
    if (next === undefined) return;
    this.waiting = others;
    this.seated = [...this.seated, next.name];
    ctx.reply(next.token, `after ${by}`);
  }
}

describe('a durable GenServer whose process dies', () => {
  const world = new World(new ManualClock());
  afterAll(() => world.end());
  const book = (tables: ActorRef<Tables>, name: string) => tables.with({ idempotencyKey: name }).ask.book(name);
  const ignored = (asked: Promise<unknown>): void => void asked.catch(() => undefined);

  it('owes its calls an answer still; a cast, an info and an unknown one give it, once each', async () => {
    const first = await world.start([Tables]);
    for (const name of ['ann', 'bob', 'cy', 'dee']) ignored(book(first.ref(Tables), name));
    await first.ref(Tables).ask.look();
    await settle();
    expect((await first.ref(Tables).ask.look()).waiting).toEqual(['ann', 'bob', 'cy', 'dee']);
    first.crash();

    const second = await world.start([Tables]);
    const again = ['ann', 'bob', 'cy', 'dee'].map((name) => book(second.ref(Tables), name));
    for (const asked of again) ignored(asked);
    await second.ref(Tables).tell.leave('eve');
    await second.system.ref('tables', 'a').tell('expelled', 'fay');
    expect(await Promise.all(again.slice(0, 2))).toEqual(['after eve', 'after fay']);
    second.crash();

    const third = await world.start([Tables]);
    const rest = ['ann', 'bob', 'cy', 'dee'].map((name) => book(third.ref(Tables), name));
    for (const asked of rest) ignored(asked);
    expect(await Promise.all(rest.slice(0, 2))).toEqual(['after eve', 'after fay']);
    await third.ref(Tables).tell.closing();
    await expect(rest[2]).rejects.toThrow('we close');
    await expect(rest[3]).rejects.toThrow('we close');
    expect(await third.ref(Tables).ask.look()).toEqual({ waiting: [], seated: ['ann', 'bob'] });
  });
});

describe('a GenServer that is declared wrong is refused at start', () => {
  const refused = async (cls: abstract new () => object): Promise<unknown> => {
    Actor({ type: 'wrong' })(cls);
    return startApp({ actors: [cls as new () => object] }).catch((error: unknown) => error);
  };

  it('two catch-alls', async () => {
    @GenServer()
    class Wrong {
      @Info({ unknown: true }) one(): NoReply {
        return;
      }
      @Info({ unknown: true }) two(): NoReply {
        return;
      }
    }
    expect(await refused(Wrong)).toMatchObject({ code: 'PS_INVALID_ACTOR_CLASS' });
  });

  it.each([
    ['a cast that is only asked', Cast({ only: 'ask' } as never)],
    ['a cast that is read-only', Cast({ readOnly: true } as never)],
    ['a call of unknown names', Call({ unknown: true } as never)],
    ['an info with an option nobody reads', Info({ unknwon: true } as never)],
    ['a call with a retry that is none', Call({ retry: { maxAttempts: 0 } })],
    ['a cast of a reserved name', Cast({ name: 'then' })],
    ['a call of an empty name', Call({ name: '' })],
  ])('%s', async (_, decorator) => {
    @GenServer()
    class Wrong {
      @Call() fine(): number {
        return 1;
      }
      odd(): void {
        return;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Wrong.prototype, 'odd') as TypedPropertyDescriptor<never>;
    (decorator as MethodDecorator)(Wrong.prototype, 'odd', descriptor);
    expect(((await refused(Wrong)) as { code: string }).code).toMatch(/^PS_INVALID_(ACTOR_CLASS|BEHAVIOR)$/);
  });
});
