import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { World } from '../durable/world';

// What user code may hand back that no sane code does: it fails its own message and nothing else.

@Actor({ type: 'hostile' })
@UseFacets(durability(), virtualActor())
class Hostile {
  @State() count = 0;
  @Handle() bump(): number {
    return ++this.count;
  }
  @Handle() thenable(): unknown {
    return {
      then() {
        throw new TypeError('no then');
      },
    };
  }
  @Handle() async effectThenable(@Ctx() ctx: ActorContext): Promise<string> {
    return ctx
      .sideEffect(
        'odd',
        () =>
          ({
            then() {
              throw new TypeError('no then');
            },
          }) as never,
      )
      .then(
        () => 'kept',
        (e: Error) => e.message,
      );
  }
  @Handle() async ownThen(): Promise<string> {
    return this.odd().then(
      () => 'kept',
      (e: Error) => e.message,
    );
  }
  @Handle() async twice(): Promise<string> {
    const [a, b] = await Promise.all([this.eager(), this.eager()]);
    return `${a} ${b}`;
  }
  @Handle() async brokenError(): Promise<string> {
    return this.broken().then(
      () => 'kept',
      () => 'failed',
    );
  }
  @Handle() plainValue(@Ctx() ctx: ActorContext): Promise<string> {
    return ctx.sideEffect('plain', () => 'plain');
  }
  @SideEffect() protected odd(): Promise<string> {
    return Object.assign(Promise.resolve('x'), {
      then(): never {
        throw new TypeError('no then');
      },
    });
  }
  @SideEffect() protected eager(): Promise<string> {
    const done = Promise.resolve('x');
    return Object.assign(done, {
      then(heard: (value: string) => void): void {
        heard('once');
        heard('twice');
      },
    });
  }
  @SideEffect() protected async broken(): Promise<string> {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the point of it
    throw {
      getResponse: () => 1,
      getStatus: () => {
        throw new TypeError('no status');
      },
    };
  }
}

describe('code that hands back what no sane code does', () => {
  let world: World;
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeEach(() => {
    world = new World();
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    process.off('unhandledRejection', note);
    await world.end();
  });

  it.each([
    ['thenable', 'no then'],
    ['effectThenable', 'no then'],
    ['ownThen', 'kept'],
    ['twice', 'x x'],
    ['brokenError', 'failed'],
    ['plainValue', 'plain'],
  ] as const)('%s', async (method, expected) => {
    const node = await world.start([Hostile]);
    const ref = node.ref(Hostile);
    await ref.ask.bump();
    const outcome = await ref
      .with({ timeout: 2_000 })
      .ask[method]()
      .then(String, (error: Error) => error.message);
    await new Promise((resolve) => setImmediate(resolve));
    expect({ outcome, unhandled }).toEqual({ outcome: expected, unhandled: [] });
    await expect(ref.ask.bump()).resolves.toBe(2);
    expect(node.log.errors).toEqual([]);
  });
});
