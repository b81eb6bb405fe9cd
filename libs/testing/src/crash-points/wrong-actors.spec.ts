import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import {
  Actor,
  Handle,
  SideEffect,
  State,
  TerminalError,
  UseFacets,
  actorContext,
  currentEffect,
  durability,
  virtualActor,
} from '#core';
import type { TestApp } from '../app/test-app';
import { CrashPointsFailedError } from '../errors';
import { type CrashFacts, type CrashPointOptions, everyCrashPoint } from './index';

/** A service outside that heeds idempotency keys, and one that counts what it is told. */
class Outside {
  readonly charges = new Map<string, number>();
  readonly totals = new Map<string, number>();

  charge(key: string, amount: number): string {
    this.charges.set(key, amount);
    return 'receipt';
  }
}

interface Shop {
  pay(amount: number): Promise<string>;
  paid(): number;
}

async function findIn(
  cls: Type<Shop>,
  invariant: (app: TestApp, facts: CrashFacts<Outside>) => unknown,
  options?: CrashPointOptions,
): Promise<CrashPointsFailedError> {
  const search = everyCrashPoint<Outside>(
    {
      world: () => new Outside(),
      app: (outside) => ({ actors: [cls], providers: [{ provide: Outside, useValue: outside }] }),
      run: async (app) => {
        await app.ref(cls, 'o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(10).catch(refusedByTheShop);
      },
    },
    invariant,
    options,
  );
  const error = await search.then(
    () => new Error('nothing was found'),
    (failure: Error) => failure,
  );
  if (!(error instanceof CrashPointsFailedError)) throw error;
  return error;
}

function refusedByTheShop(error: Error): void {
  if (error.message !== 'declined') throw error;
}

function idsOf({ failures }: CrashPointsFailedError): string[] {
  return failures.map(({ boundary }) => boundary.id);
}

const chargedOnce = (_: TestApp, { world }: CrashFacts<Outside>): void =>
  expect([...world.charges.values()]).toEqual([10]);
const knowsWhatWasPaid =
  (cls: Type<Shop>) =>
  async (app: TestApp): Promise<void> =>
    expect(await app.ref(cls, 'o-1').ask.paid()).toBe(10);

describe('everyCrashPoint, on actors that are wrong, finds', () => {
  it('a service called outside of @SideEffect, before an effect', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class ChargesInTheHandler implements Shop {
      @State() total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        this.outside.charge(randomUUID(), amount);
        const parcel = await this.ship();
        this.total += amount;
        return parcel;
      }
      @Handle({ readOnly: true }) paid(): number {
        return this.total;
      }
      @SideEffect() protected async ship(): Promise<string> {
        return 'parcel-1';
      }
    }
    const error = await findIn(ChargesInTheHandler, chargedOnce);
    expect(idsOf(error)).toEqual(['flush#1.beforeApply', 'flush#1.afterApply', 'flush#2.beforeApply']);
    expect(error.failures.map(({ during }) => during)).toEqual(['invariant', 'invariant', 'invariant']);
    expect(error.failures[1]?.boundary.words).toBe(
      'after the commit of shop/o-1 seq 1–2 [ActivationStarted epoch 1, MessageReceived pay key/0//pay-1], before its answer',
    );
    expect(error.failures[2]?.boundary.words).toMatch(
      /^before the commit of shop\/o-1 seq 3–5 \[SideEffectExecuted ship,/,
    );
    expect(error.failures[2]?.journal).toEqual([
      'shop/o-1 1 ActivationStarted epoch 1',
      'shop/o-1 2 MessageReceived pay key/0//pay-1',
    ]);
    expect(error.message).not.toContain('Without a crash');
  });

  it('state in a static field', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class CountsInAStatic implements Shop {
      static total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        CountsInAStatic.total += amount;
        return this.charge(amount);
      }
      @Handle({ readOnly: true }) paid(): number {
        return CountsInAStatic.total;
      }
      @SideEffect() protected async charge(amount: number): Promise<string> {
        return this.outside.charge(currentEffect().idempotencyKey, amount);
      }
    }
    const error = await findIn(CountsInAStatic, knowsWhatWasPaid(CountsInAStatic));
    expect(idsOf(error)).toContain('flush#2.beforeApply');
    expect(error.message).toContain('Without a crash the scenario now fails as well, though it passed at first:');
    expect(error.message).toContain('a static field, a module variable');
  });

  it('state in a field that is not declared', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class ForgetsToDeclare implements Shop {
      @State() payments = 0;
      total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        this.payments++;
        this.total += amount;
        return this.charge(amount);
      }
      @Handle() paid(): number {
        return this.total;
      }
      @SideEffect() protected async charge(amount: number): Promise<string> {
        return this.outside.charge(currentEffect().idempotencyKey, amount);
      }
    }
    const error = await findIn(ForgetsToDeclare, knowsWhatWasPaid(ForgetsToDeclare));
    expect(idsOf(error)).toEqual(['flush#2.afterApply', 'scenario.ended']);
    expect(error.failures[1]?.boundary.words).toBe('after the scenario had ended');
  });

  it.each(['argument', 'key'])('an idempotency key made anew in each attempt, as %s of the effect', async (place) => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class MakesItsOwnKey implements Shop {
      @State() total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        const receipt = place === 'argument' ? await this.chargeUnder(randomUUID(), amount) : await this.charge(amount);
        await this.ship();
        this.total += amount;
        return receipt;
      }
      @Handle({ readOnly: true }) paid(): number {
        return this.total;
      }
      @SideEffect() protected async charge(amount: number): Promise<string> {
        return this.outside.charge(randomUUID(), amount);
      }
      @SideEffect() protected async chargeUnder(key: string, amount: number): Promise<string> {
        return this.outside.charge(key, amount);
      }
      @SideEffect() protected async ship(): Promise<string> {
        return 'parcel-1';
      }
    }
    const error = await findIn(MakesItsOwnKey, chargedOnce);
    const [first, ...others] = error.failures;
    expect(first?.boundary.words).toMatch(/^before the commit of shop\/o-1 seq 3 \[SideEffectExecuted charge/);
    expect(first?.during).toBe('invariant');
    if (place === 'key') return expect(others).toEqual([]);
    // The argument does not fit its record when the message runs again, which parks it.
    expect(others.map(({ boundary }) => boundary.id)).toEqual(['flush#2.afterApply', 'flush#3.beforeApply']);
    for (const { during, error: cause } of others) {
      expect(during).toBe('resumption');
      expect(cause).toMatchObject({ code: 'PS_PARKED_BY_CRASH', actor: 'shop/o-1', messageId: 'key/0//pay-1' });
      expect((cause as Error).message).toContain('its record says handler act 0: chargeUnder');
    }
  });

  it('a map outside that a handler writes to before it throws', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class CountsOutside implements Shop {
      @State() total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        const { totals } = this.outside;
        totals.set('o-1', (totals.get('o-1') ?? 0) + amount);
        await this.check();
        throw new TerminalError('declined');
      }
      @Handle({ readOnly: true }) paid(): number {
        return this.total;
      }
      @SideEffect() protected async check(): Promise<boolean> {
        return false;
      }
    }
    const error = await findIn(CountsOutside, (_, { world }) => expect(world.totals.get('o-1')).toBe(10));
    expect(idsOf(error)).toEqual(['flush#1.beforeApply', 'flush#1.afterApply', 'flush#2.beforeApply']);
    expect(error.message).toContain('Expected: 10\n     Received: 20\n');
  });

  it('depth 2: what only a crash during recovery breaks', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class Persistent implements Shop {
      @State() total = 0;
      constructor(private readonly outside: Outside) {}
      @Handle() async pay(amount: number): Promise<string> {
        this.total += amount;
        return this.charge(amount);
      }
      @Handle({ readOnly: true }) paid(): number {
        return this.total;
      }
      @SideEffect() protected async charge(amount: number): Promise<string> {
        const key = currentEffect().idempotencyKey;
        this.outside.totals.set(key, (this.outside.totals.get(key) ?? 0) + 1);
        return this.outside.charge(key, amount);
      }
    }
    /** The service forgives one repetition. */
    const calledTwiceAtMost = (_: TestApp, { effects }: CrashFacts<Outside>): void =>
      expect(effects.length).toBeLessThanOrEqual(2);
    await expect(findIn(Persistent, calledTwiceAtMost)).rejects.toThrow('nothing was found');
    const error = await findIn(Persistent, calledTwiceAtMost, { depth: 2 });
    expect(idsOf(error)).toEqual(['flush#2.beforeApply > flush#2.beforeApply']);
    expect(error.failures[0]?.boundary.words).toMatch(
      /^before the commit of .+, and then during recovery before the commit of /,
    );
    const again = await findIn(Persistent, calledTwiceAtMost, { only: 'flush#2.beforeApply > flush#2.beforeApply' });
    expect(idsOf(again)).toEqual(idsOf(error));
  });

  it('an effect that was called in either life, in what the invariant is told', async () => {
    @Actor({ type: 'shop' })
    @UseFacets(durability(), virtualActor())
    class Inline implements Shop {
      @State() total = 0;
      @Handle() async pay(amount: number): Promise<string> {
        this.total += amount;
        return actorContext().sideEffect('charge', () => 'receipt');
      }
      @Handle({ readOnly: true }) paid(): number {
        return this.total;
      }
    }
    let told: CrashFacts<Outside>['effects'] = [];
    const error = await findIn(
      Inline,
      (_, { effects, boundary }) => {
        if (boundary.id === 'none') return;
        told = effects;
        expect(effects).toHaveLength(1);
      },
      { only: 'flush#2.beforeApply' },
    );
    expect(idsOf(error)).toEqual(['flush#2.beforeApply']);
    expect(told).toEqual([
      expect.objectContaining({ life: 1, name: 'charge', scope: 'handler', attempt: 1 }),
      expect.objectContaining({ life: 2, name: 'charge', scope: 'handler', attempt: 1 }),
    ]);
    expect(told[0]?.idempotencyKey).toBe(told[1]?.idempotencyKey);
  });
});
