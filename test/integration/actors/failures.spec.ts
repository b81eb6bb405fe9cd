import { HttpException, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { type ActorRef, Handle, SideEffect, State, TerminalError, actorContext } from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../../support/app';
import { Gate } from '../../support/gate';
import { DURABLE, KINDS, type Kind, PLAIN, removeFiles } from '../../support/kinds';

afterEach(closeApps);
afterAll(removeFiles);

let gate = new Gate();
let starts = 0;
let effects = 0;
let failures = 0;
beforeEach(() => {
  gate = new Gate();
  starts = effects = 0;
  failures = Infinity;
});

const ERRORS: Record<string, () => unknown> = {
  terminal: () => new TerminalError('no money', { missing: 5 }, { code: 'NO_MONEY' }),
  notFound: () => new NotFoundException('no such thing'),
  teapot: () => new HttpException('teapot', 418),
  rpc: () => new RpcException('refused'),
  unavailable: () => new ServiceUnavailableException('later'),
  tooMany: () => new HttpException('slow down', 429),
  plain: () => new Error('crash'),
  text: () => 'just a string',
  nothing: () => undefined,
};

class Account {
  @State() balance = 0;
  @State() lines: string[] = [];

  @Handle() add(by: number): number {
    return (this.balance += by);
  }
  @Handle() async fail(kind: string): Promise<void> {
    starts++;
    this.balance = 99;
    this.lines.push('half');
    if (starts <= failures) throw ERRORS[kind]!();
  }
  @Handle({ retry: { maxAttempts: 3, initialDelay: 100, maxDelay: '1s', factor: 2, jitter: 'none' } })
  async failThrice(): Promise<number> {
    starts++;
    this.balance += 10;
    if (starts <= failures) throw new Error(`attempt ${starts}`);
    return this.balance;
  }
  @Handle() async failWithEffect(): Promise<number> {
    starts++;
    this.balance += await this.effect();
    if (starts <= failures) throw new Error('after the effect');
    return this.balance;
  }
  @Handle({ retry: { maxAttempts: 3, initialDelay: 10, jitter: 'none' } })
  async sortThenFail(words: string[]): Promise<string[]> {
    starts++;
    words.push('seen');
    if (starts <= failures) throw new Error('again');
    return words;
  }
  @Handle() async branches(): Promise<void> {
    const survivor = async (): Promise<void> => {
      await gate.pass();
      this.balance = 1_000;
      this.lines.push('survivor');
    };
    await Promise.all([survivor(), Promise.reject(new Error('one branch'))]);
  }
  @Handle() watchSignal(): Promise<void> {
    actorContext().signal.addEventListener('abort', () => gate.open());
    return Promise.reject(new Error('aborted'));
  }
  @SideEffect() protected async effect(): Promise<number> {
    effects++;
    return 7;
  }
  @Handle({ readOnly: true }) current(): { balance: number; lines: string[] } {
    return { balance: this.balance, lines: this.lines };
  }
}

interface Opened {
  readonly app: App;
  readonly env: ManualClock;
  readonly account: ActorRef<Account>;
}

async function open(kind: Kind): Promise<Opened> {
  const cls = kind.virtual(Account);
  const env = new ManualClock();
  const app = await startApp({ actors: [cls], env, storage: kind.storage() });
  const account = app.client(cls).ref('a');
  await account.ask.add(1);
  return { app, env, account };
}

const failed = (app: App): number => app.events.filter(({ to }) => to === 'Failed').length;
const unchanged = { balance: 1, lines: [] };

describe.each(KINDS)('failures of $name', (kind) => {
  it.each([
    ['terminal', { code: 'NO_MONEY', message: 'no money', details: { missing: 5 } }],
    ['notFound', { status: 404, message: 'no such thing' }],
    ['teapot', { status: 418 }],
    ['rpc', { message: 'refused' }],
  ])('%s is the answer: no trace, no crash, no second start', async (name, expected) => {
    const { app, account } = await open(kind);
    await expect(account.ask.fail(name)).rejects.toMatchObject(expected);
    expect(await account.ask.current()).toEqual(unchanged);
    expect(failed(app)).toBe(0);
    expect(starts).toBe(1);
    if (kind.isDurable) {
      const kinds = (await account.history.entries()).map((entry) => entry.kind);
      expect(kinds.slice(-2)).toEqual(['MessageReceived', 'MessageProcessed']);
    }
  });

  it.each(['unavailable', 'tooMany', 'plain', 'text', 'nothing'])(
    '%s is a crash: an ask is tried once, its caller gets the error, nothing is kept',
    async (name) => {
      const { app, account } = await open(kind);
      const outcome = await account.ask.fail(name).then(
        () => 'answered',
        () => 'refused',
      );
      expect(outcome).toBe('refused');
      expect(await account.ask.current()).toEqual(unchanged);
      expect(failed(app)).toBeGreaterThan(0);
      if (kind.isDurable) expect(await account.history.entries()).toHaveLength(4);
    },
  );

  it('a surviving branch of Promise.all changes nothing afterwards', async () => {
    const { account } = await open(kind);
    await expect(account.ask.branches()).rejects.toThrow('one branch');
    await gate.reached;
    expect(await account.ask.add(1)).toBe(2);
    gate.open();
    expect(await account.ask.add(1)).toBe(3);
    expect(await account.ask.current()).toEqual({ balance: 3, lines: [] });
  });

  it('a failure aborts the signal', async () => {
    const { account } = await open(kind);
    const aborted = gate.pass();
    await expect(account.ask.watchSignal()).rejects.toThrow('aborted');
    await aborted;
  });

  it('[BH03] the actor still answers after a failure', async () => {
    const { account } = await open(kind);
    await expect(account.ask.fail('plain')).rejects.toThrow('crash');
    expect(await account.ask.add(1)).toBe(2);
  });
});

describe.each([PLAIN, DURABLE])('retries of $name', (kind) => {
  it('a tell is started 5 times, 100 ms doubling with full jitter, then given up; the line was held', async () => {
    const { app, env, account } = await open(kind);
    await account.tell.fail('plain');
    const next = account.with({ timeout: '1h' }).ask.add(1);
    const at: number[] = [];
    const begun = env.now();
    for (let seen = 0; env.now() < begun + 2_000;) {
      if (starts > seen) at.push(env.now() - begun);
      seen = starts;
      await env.advance(1);
    }
    expect(starts).toBe(5);
    const gaps = at.slice(1).map((time, i) => time - at[i]!);
    gaps.forEach((gap, i) => expect(gap).toBeLessThanOrEqual(100 * 2 ** i + 1));
    expect(await next).toBe(2);
    expect(await account.ask.current()).toEqual({ balance: 2, lines: [] });
    expect(failed(app)).toBe(5);
    if (kind.isDurable) {
      expect((await account.history.entries()).map((entry) => entry.kind)).toContain('MessageParked');
      expect(await app.system.storage.inbox.parked(account.actorId)).toHaveLength(1);
    } else {
      expect(app.complaints).toEqual([expect.stringMatching(/gave up fail after 5 attempts: Error: crash/)]);
    }
  });

  it('a tell that succeeds at last counts once', async () => {
    const { env, account } = await open(kind);
    failures = 3;
    await account.tell.fail('plain');
    await env.advance('1m');
    expect(starts).toBe(4);
    expect(await account.ask.current()).toEqual({ balance: 99, lines: ['half'] });
  });

  it('@Handle({ retry }) rules asks too: its waits, its number, and MessageParkedError with the cause at the end', async () => {
    const { env, account } = await open(kind);
    const asked = Promise.allSettled([account.ask.failThrice()]);
    await env.settle();
    expect(starts).toBe(1);
    await env.advance(99);
    expect(starts).toBe(1);
    await env.advance(1);
    expect(starts).toBe(2);
    await env.advance(199);
    expect(starts).toBe(2);
    await env.advance(1);
    expect(starts).toBe(3);
    expect(await asked).toMatchObject([
      { reason: { code: 'PS_MESSAGE_PARKED', attempts: 3, cause: { message: 'attempt 3' } } },
    ]);
    expect(await account.ask.current()).toEqual(unchanged);
  });

  it('@Handle({ retry }) an ask that succeeds at the second start has its answer', async () => {
    const { env, account } = await open(kind);
    failures = 1;
    const asked = account.ask.failThrice();
    await env.advance('1s');
    expect(await asked).toBe(11);
  });

  it('each start gets the arguments as they were sent', async () => {
    const { env, account } = await open(kind);
    failures = 2;
    const asked = account.ask.sortThenFail(['b', 'a']);
    await env.advance('1s');
    expect(await asked).toEqual(['b', 'a', 'seen']);
    expect(starts).toBe(3);
  });

  it('a crash after the asker has given up is not tried again', async () => {
    const { env, account } = await open(kind);
    class Late {
      @Handle() async holdThenFail(): Promise<void> {
        starts++;
        await gate.pass();
        throw new Error('too late');
      }
    }
    const cls = kind.virtual(Late, { type: 'late' });
    const app = await startApp({ actors: [cls], env, storage: kind.storage() });
    const asked = Promise.allSettled([app.client(cls).ref('a').with({ timeout: '1s' }).ask.holdThenFail()]);
    await gate.reached;
    await env.advance('1s');
    expect(await asked).toMatchObject([{ reason: { code: 'PS_ASK_TIMEOUT' } }]);
    gate.open();
    await env.advance('1m');
    expect(starts).toBe(1);
    expect(await account.ask.add(0)).toBe(1);
  });
});

describe('an ask with a recorded effect', () => {
  it('is retried on its record: the effect runs once', async () => {
    const { env, account } = await open(DURABLE);
    failures = 2;
    const asked = account.ask.failWithEffect();
    await env.advance('1m');
    expect(await asked).toBe(8);
    expect([starts, effects]).toEqual([3, 1]);
  });

  it('is parked after 5 starts, and its caller hears why', async () => {
    const { env, account } = await open(DURABLE);
    const asked = Promise.allSettled([account.with({ timeout: '1h' }).ask.failWithEffect()]);
    await env.advance('1m');
    expect(await asked).toMatchObject([
      { reason: { code: 'PS_MESSAGE_PARKED', cause: { message: 'after the effect' } } },
    ]);
    expect([starts, effects]).toEqual([5, 1]);
    expect(await account.ask.current()).toEqual(unchanged);
  });
});
