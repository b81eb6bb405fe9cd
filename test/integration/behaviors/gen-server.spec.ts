import { Actor, type AskPort, Handle, type NoReply, State } from 'plexspaces';
import { Call, Cast, GenServer, Info } from 'plexspaces/behaviors';
import { closeApps, startApp } from '../../support/app';
import { KINDS, type Kind, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

@GenServer()
class Stock {
  @State() count = 0;
  @State() seen: unknown[] = [];

  @Call() take(amount: number): number {
    if (amount > this.count) throw new Error('not enough');
    return (this.count -= amount);
  }
  @Cast() add(amount: number): NoReply {
    this.count += amount;
  }
  @Info() async tick(at: string): Promise<NoReply> {
    this.seen.push(at);
  }
  @Info({ unknown: true }) other(name: string, args: readonly unknown[]): NoReply {
    this.seen.push([name, args]);
  }
  @Handle({ readOnly: true }) all(): unknown[] {
    return this.seen;
  }
}

/** Never called: what the compiler says of it is the test. */
export function compiles(ask: AskPort<Stock>): unknown {
  const left: Promise<number> = ask.take(1);
  void left;
  // @ts-expect-error -- [BH02] a wrong argument
  void ask.take('1');
  // @ts-expect-error -- [BH02] a wrong reply
  const wrong: Promise<string> = ask.take(1);
  void wrong;
  // @ts-expect-error -- a cast is not asked
  void ask.add(1);
  // @ts-expect-error -- nor is an info, asynchronous or not
  void ask.tick('now');
  class Wrong {
    // @ts-expect-error -- a cast gives no answer
    @Cast() add(): number {
      return 1;
    }
    // @ts-expect-error -- a call gives one
    @Call() take(): NoReply {
      return;
    }
  }
  return Wrong;
}

describe.each(KINDS)('a GenServer as $name', (kind: Kind) => {
  async function open() {
    const cls = kind.virtual(Stock);
    const app = await startApp({ actors: [cls], storage: kind.storage() });
    return { app, ref: app.client(cls).ref('a') };
  }

  it('[BH01] [BH04] [FC15] a call is answered through plain ask, without code for the reply', async () => {
    const { ref } = await open();
    await ref.tell.add(3);
    expect(await ref.ask.take(1)).toBe(2);
  });

  it('[BH03] a call that throws: the caller gets the error, and the next one is answered', async () => {
    const { ref } = await open();
    await ref.tell.add(3);
    await expect(ref.ask.take(9)).rejects.toThrow('not enough');
    expect(await ref.ask.take(3)).toBe(0);
  });

  it('[BH02] a cast is never asked, at run time either; nothing is stored of it', async () => {
    const { ref, app } = await open();
    const asked = (ref.ask as unknown as { add(n: number): Promise<unknown> }).add(1);
    await expect(asked).rejects.toMatchObject({ code: 'PS_MESSAGE_KIND', only: 'tell' });
    await expect(app.system.ref('subject', 'a').ask('tick', 'x')).rejects.toMatchObject({ code: 'PS_MESSAGE_KIND' });
    expect(await ref.ask.take(0)).toBe(0);
  });

  it('what it does not know comes to its catch-all, when told; an ask of it is refused by name', async () => {
    const { ref, app } = await open();
    const untyped = app.system.ref('subject', 'a');
    await ref.tell.tick('now');
    await untyped.tell('DOWN', 'worker', { reason: 1 });
    await expect(untyped.ask('DOWN')).rejects.toMatchObject({ code: 'PS_UNKNOWN_METHOD' });
    await ref.ask.take(0);
    expect(await ref.ask.all()).toContainEqual(['DOWN', ['worker', { reason: 1 }]]);
  });
});

it('a GenServer without a message of its kind is refused at start', async () => {
  @Actor({ type: 'empty' })
  @GenServer()
  class Empty {
    @Handle() nothing(): void {
      return;
    }
  }
  await expect(startApp({ actors: [Empty] })).rejects.toMatchObject({ code: 'PS_INVALID_BEHAVIOR' });
});
