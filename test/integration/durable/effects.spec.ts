import { HttpException, NotFoundException } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  actorContext,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, ofKind } from './world';

interface Call {
  readonly name: string;
  readonly key: string;
  readonly attempt: number;
  readonly epoch: number;
}

const calls: Call[] = [];
const aborted: string[] = [];
let gate: Gate;
let failing: number;
let failWith: () => Error;
let crashes: number;

function note(name: string): void {
  const { idempotencyKey: key, attempt, epoch, signal } = currentEffect();
  calls.push({ name, key, attempt, epoch });
  signal.addEventListener('abort', () => aborted.push(`${name} ${attempt}`));
}

@Actor({ type: 'lab' })
@UseFacets(durability(), virtualActor())
class Lab {
  @State() log: unknown[] = [];

  @Handle() async two(): Promise<string> {
    return `${await this.plain('x')} ${await this.plain('x')}`;
  }
  @Handle() async retrying(): Promise<number> {
    return this.flaky();
  }
  @Handle() async timing(): Promise<string> {
    try {
      return await this.slow();
    } catch (error) {
      return `${(error as Error).name} ${(error as { code: string }).code}`;
    }
  }
  @Handle() async large(): Promise<string> {
    try {
      await this.big();
      return 'kept';
    } catch (error) {
      this.log.push((error as { code: string }).code);
      return (error as Error).name;
    }
  }
  @Handle() async largeUncaught(): Promise<void> {
    await this.big();
  }
  @Handle() async odd(): Promise<string> {
    return this.unencodable().then(
      () => 'kept',
      (error: unknown) => (error as { code: string }).code,
    );
  }
  @Handle() async missing(): Promise<void> {
    await this.http();
  }
  @Handle() async nested(@Ctx() ctx: ActorContext): Promise<string> {
    const outer = await ctx.sideEffect('outer', async () => {
      note('outer');
      const inner = await actorContext().sideEffect('inner', () => 'inner');
      return `outer(${inner}, ${await this.plain('n')})`;
    });
    const after = await this.plain('after');
    if (crashes-- > 0) throw new Error('again');
    return `${outer} ${after}`;
  }
  @Handle() async named(@Ctx() ctx: ActorContext): Promise<unknown[]> {
    const first = await ctx.sideEffect('a', ({ idempotencyKey }) => idempotencyKey);
    const second = await ctx.sideEffect('b', () => ({ when: new Date(0), big: 10n, map: new Map([['k', 1]]) }));
    const third = await ctx.sideEffect('c', () => undefined);
    return [first, second, third];
  }
  @Handle() async unawaited(): Promise<string> {
    for (const name of ['1', '2', '3']) void this.plain(name).then((value) => this.log.push(value));
    return 'done';
  }
  @Handle({ readOnly: true }) seen(): unknown[] {
    return this.log;
  }
  @Handle() async keep(): Promise<void> {
    this.log.push(await this.plain('kept'));
    await this.hold();
  }

  @SideEffect() protected async plain(name: string): Promise<string> {
    if (currentEffect().attempt > 0) note(name);
    return `${name}${calls.length}`;
  }
  @SideEffect({ retry: { maxAttempts: 4, initialDelay: 100, jitter: 'none' } })
  protected async flaky(): Promise<number> {
    note('flaky');
    if (failing-- > 0) throw failWith();
    return calls.length;
  }
  @SideEffect({ timeout: '2s', retry: { maxAttempts: 2, initialDelay: 100, jitter: 'none' } })
  protected async slow(): Promise<string> {
    note('slow');
    await gate.pass();
    return 'done';
  }
  @SideEffect() protected async big(): Promise<string> {
    note('big');
    return 'x'.repeat(2_000);
  }
  @SideEffect() protected async unencodable(): Promise<unknown> {
    return () => 1;
  }
  @SideEffect() protected async http(): Promise<void> {
    note('http');
    throw new NotFoundException({ message: 'no such order', order: 7 });
  }
  @SideEffect() protected async hold(): Promise<void> {
    note('hold');
    await gate.pass();
  }
}

describe('side effects of a durable actor', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    calls.length = aborted.length = 0;
    gate = new Gate();
    failing = crashes = 0;
    failWith = () => new Error('flaky');
  });
  afterEach(() => world.end());

  const start = (): Promise<Node> => world.start([Lab], { payload: { maxBytes: 1_000 } });

  it('[JR20] each call has a rank of its own: two calls of one name keep two results and two keys', async () => {
    const node = await start();
    expect(await node.ref(Lab).with({ idempotencyKey: 'k' }).ask.two()).toBe('x1 x2');
    const id = ofKind(await node.ref(Lab).history.entries(), 'MessageReceived')[0]!.messageId;
    expect(calls.map(({ key }) => key)).toEqual([0, 1].map((rank) => `default/default/lab/a/${id}/handler/${rank}`));
    expect(ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted').map(({ ordinal }) => ordinal)).toEqual([
      0, 1,
    ]);
  });

  it('is tried again as its policy says, each time under the same key; what is recorded is the end', async () => {
    const node = await start();
    failing = 2;
    const asked = node.ref(Lab).ask.retrying();
    await env.advance(300);
    expect(await asked).toBe(3);
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted')[0]).toMatchObject({
      attempts: 3,
      error: null,
    });
  });

  it('waits as long as its policy says between two attempts, and gives up after the last', async () => {
    const node = await start();
    failing = 99;
    const failure = failureOf(node.ref(Lab).ask.retrying());
    for (const [ms, expected] of [
      [99, 1],
      [1, 2],
      [199, 2],
      [1, 3],
      [400, 4],
      [10_000, 4],
    ] as const) {
      await env.advance(ms);
      expect(calls.length).toBe(expected);
    }
    for (let i = 0; i < 5; i++) await env.advance(10_000);
    expect(await failure).toMatchObject({ code: 'PS_MESSAGE_PARKED' });
    expect(calls).toHaveLength(4);
    expect(ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted')[0]).toMatchObject({
      attempts: 4,
      error: { message: 'flaky' },
    });
  });

  it('that fails with a final answer is not tried again', async () => {
    const node = await start();
    failing = 99;
    failWith = () => new HttpException('gone', 410);
    expect(await failureOf(node.ref(Lab).ask.retrying())).toMatchObject({ message: 'gone' });
    expect(calls).toHaveLength(1);
  });

  it('an HTTP error of an effect is the answer, live and from the record, and still an HttpException', async () => {
    const node = await start();
    const first = await failureOf(node.ref(Lab).with({ idempotencyKey: 'k' }).ask.missing());
    await node.close();
    const later = await start();
    const again = await failureOf(later.ref(Lab).with({ idempotencyKey: 'k' }).ask.missing());
    for (const error of [first, again]) {
      expect(error).toBeInstanceOf(HttpException);
      expect((error as HttpException).getStatus()).toBe(404);
      expect((error as HttpException).getResponse()).toMatchObject({ message: 'no such order', order: 7 });
      expect(error).toMatchObject({ name: 'NotFoundException', message: 'no such order' });
    }
    expect(calls).toHaveLength(1);
  });

  it('that takes longer than its timeout is aborted by signal, tried again, and recorded as timed out', async () => {
    const node = await start();
    const asked = node.ref(Lab).ask.timing();
    await gate.reached(1);
    await env.advance(1_999);
    expect(aborted).toEqual([]);
    await env.advance(1);
    expect(aborted).toEqual(['slow 1']);
    await env.advance(100);
    await gate.reached(2);
    await env.advance(2_000);
    expect(await asked).toBe('EffectTimeoutError PS_EFFECT_TIMEOUT');
    expect(aborted).toEqual(['slow 1', 'slow 2']);
    gate.open();
    await settle();
    expect(ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted')).toHaveLength(1);
    expect(await node.ref(Lab).history.verify()).toMatchObject({ ok: true });
  });

  it('whose result is too large is recorded as that error and never run again', async () => {
    const node = await start();
    expect(await node.ref(Lab).ask.large()).toBe('PayloadTooLargeError');
    const [record] = ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted');
    expect(record).toMatchObject({ result: null, error: { code: 'PS_PAYLOAD_TOO_LARGE' } });
    expect(await node.ref(Lab).history.verify()).toMatchObject({ ok: true });
    expect(calls).toHaveLength(1);
  });

  it('whose result is too large, uncaught, is a final answer: no retry could change it', async () => {
    const node = await start();
    const failure = failureOf(node.ref(Lab).ask.largeUncaught());
    await settle();
    expect(env.waits.filter((ms) => ms <= 10_000)).toEqual([]);
    expect(await failure).toMatchObject({ code: 'PS_PAYLOAD_TOO_LARGE' });
    expect(calls).toHaveLength(1);
  });

  it('whose result cannot be encoded is recorded as that error', async () => {
    const node = await start();
    expect(await node.ref(Lab).ask.odd()).toBe('PS_INVALID_PAYLOAD');
  });

  it('by name: keys, values of every kind and undefined come back as they were', async () => {
    const node = await start();
    const answer = await node.ref(Lab).ask.named();
    expect(answer[0]).toMatch(/^default\/default\/lab\/a\/.+\/handler\/0$/);
    expect(answer[1]).toEqual({ when: new Date(0), big: 10n, map: new Map([['k', 1]]) });
    expect(answer[2]).toBeUndefined();
  });

  it('inside another one is part of it: plain, without a record of its own, and the message can be run again', async () => {
    const node = await start();
    crashes = 2;
    const asked = node.ref(Lab).ask.nested();
    for (let i = 0; i < 3; i++) await env.advance(10_000);
    expect(await asked).toMatch(/^outer\(inner, n\d\) after\d$/);
    expect(calls.filter(({ name }) => name === 'outer')).toHaveLength(1);
    expect(ofKind(await node.ref(Lab).history.entries(), 'SideEffectExecuted').map(({ name }) => name)).toEqual([
      'outer',
      'plain',
    ]);
  });

  it('may use the context: what it draws there shifts nothing for the handler, and what would be a record is refused', async () => {
    const drawn: string[] = [];
    @Actor({ type: 'drawing' })
    @UseFacets(durability(), virtualActor())
    class Drawing {
      @Handle({ retry: { maxAttempts: 2, initialDelay: 0 } }) async draw(@Ctx() ctx: ActorContext): Promise<string> {
        const inside = await ctx.sideEffect('draw', () => `${ctx.uuid()} ${ctx.uuid()}`);
        drawn.push(ctx.uuid());
        if (crashes-- > 0) throw new Error('again');
        return inside;
      }
      @Handle() async misuse(@Ctx() ctx: ActorContext): Promise<string[]> {
        const codeOf = (act: () => unknown): string => {
          try {
            void act();
            return 'done';
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        return ctx.sideEffect('misuse', () => [
          codeOf(() => ctx.sleep(1)),
          codeOf(() => ctx.patched('p')),
          codeOf(() => ctx.spawn(Drawing, 'x')),
        ]);
      }
    }
    const node = await world.start([Drawing]);
    crashes = 1;
    const asked = node.ref(Drawing).ask.draw();
    await env.advance(10);
    const [first, second] = (await asked).split(' ');
    expect(first).not.toBe(second);
    expect(drawn[0]).toBe(drawn[1]);
    expect(await node.ref(Drawing).ask.misuse()).toEqual(Array(3).fill('PS_NO_ACTOR_CONTEXT'));
  });

  it('that nobody awaits is recorded, and its branch runs to its end before the turn does, live and again', async () => {
    const node = await start();
    expect(await node.ref(Lab).ask.unawaited()).toBe('done');
    expect(await node.ref(Lab).ask.seen()).toEqual(['11', '22', '33']);
    expect(await node.ref(Lab).history.verify()).toEqual({ ok: true, turns: 1, unverifiable: 0, divergences: [] });
  });

  it('carries the fencing token of its activation, which rises with each', async () => {
    const first = await start();
    abandoned(first.ref(Lab).with({ idempotencyKey: 'k' }).ask.keep());
    await gate.reached(1);
    first.crash();
    const second = await start();
    const asked = second.ref(Lab).with({ idempotencyKey: 'k' }).ask.keep();
    await gate.reached(2);
    gate.open();
    await asked;
    expect(calls.map(({ name, epoch }) => [name, epoch])).toEqual([
      ['kept', 1],
      ['hold', 1],
      ['hold', 2],
    ]);
    expect(calls[1]!.key).toBe(calls[2]!.key);
  });

  it('an effect whose turn was ended aborts, and what it brings later changes nothing', async () => {
    const node = await start();
    const failure = failureOf(node.ref(Lab).ask.keep());
    await gate.reached();
    await node.ref(Lab).stop('brutal');
    expect((await failure).code).toMatch(/^PS_/);
    expect(aborted).toEqual(['hold 1']);
    gate.open();
    await settle();
    expect(await node.ref(Lab).ask.seen()).toEqual([]);
  });

  describe('many at once', () => {
    const finished: string[] = [];
    const traces: string[] = [];
    let release: (name: string) => Promise<void>;

    @Actor({ type: 'crowd' })
    @UseFacets(durability(), virtualActor())
    class Crowd {
      @State() trace: string[] = [];

      @Handle({ retry: { maxAttempts: 2, initialDelay: 0 } })
      async run(): Promise<string[]> {
        const branch = async (name: string): Promise<string> => {
          const first = await this.step(`${name}.1`);
          this.trace.push(first);
          const second = await this.step(`${name}.2`);
          this.trace.push(second);
          return second;
        };
        const all = Promise.all(['a', 'b', 'c', 'd'].map(branch));
        const raced = await Promise.race(['e', 'f', 'g'].map(branch));
        this.trace.push(`won ${raced}`);
        const any = await Promise.any(['h', 'i'].map(branch));
        this.trace.push(`any ${any}`);
        await all;
        const ctx = actorContext();
        this.trace.push(`${ctx.uuid()} ${ctx.random()} ${ctx.now()}`);
        traces.push(this.trace.join());
        if (crashes-- > 0) throw new Error('once more');
        return this.trace;
      }

      @SideEffect() protected async step(name: string): Promise<string> {
        await release(name);
        finished.push(name);
        return name;
      }
    }

    it('are seen in one order, live, on a retry and on every re-run (50 random schedules)', async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      let state = seed;
      const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const node = await world.start([Crowd]);
      try {
        for (let run = 0; run < 50; run++) {
          const before = finished.length;
          traces.length = 0;
          crashes = run % 2;
          release = async () => {
            for (let left = Math.floor(random() * 12); left > 0; left--)
              await (random() < 0.5 ? Promise.resolve() : settle(1));
          };
          const ref = node.ref(Crowd, `run${run}`);
          let live: string[] | null = null;
          void ref.ask.run().then((trace) => (live = trace));
          await until(async () => {
            if (live === null) await env.advance(10);
            return live !== null;
          });
          expect(await ref.history.verify()).toEqual({ ok: true, turns: 1, unverifiable: 0, divergences: [] });
          expect(traces).toHaveLength(run % 2 === 0 ? 2 : 3);
          expect(new Set(traces).size).toBe(1);
          expect(finished.length - before).toBe(18);
        }
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    });
  });
});
