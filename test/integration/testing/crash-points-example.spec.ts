import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { currentEffect } from 'plexspaces';
// #region example
import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { type CrashScenario, everyCrashPoint } from 'plexspaces/testing';

/** The bank and the parcel service: outside, so no crash of ours touches them. */
@Injectable()
class Outside {
  readonly charged: number[] = [];
  readonly parcels: string[] = [];
}

@Actor({ type: 'order' })
@UseFacets(durability(), virtualActor())
class Order {
  @State() status = 'open';

  constructor(private readonly outside: Outside) {}

  @Handle()
  async pay(amount: number): Promise<string> {
    this.outside.charged.push(amount); // the bug: a call to the outside that is no side effect
    await this.ship();
    return (this.status = 'paid');
  }

  @SideEffect()
  protected async ship(): Promise<void> {
    this.outside.parcels.push('parcel');
  }
}

const payment: CrashScenario<Outside> = {
  world: () => new Outside(),
  app: (outside) => ({ actors: [Order], providers: [{ provide: Outside, useValue: outside }] }),
  run: (app) => app.ref(Order, 'o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(10),
};

it.failing('charges an order once, wherever the process dies', async () => {
  await everyCrashPoint(payment, (_, { world }) => expect(world.charged).toEqual([10]));
});
// #endregion

const README = readFileSync(join(__dirname, '../../../libs/testing/src/crash-points/README.md'), 'utf8');

describe('the example of the README', () => {
  it('is this one', () => {
    const source = readFileSync(__filename, 'utf8');
    const region = /\/\/ #region example\n([^]*?)\/\/ #endregion/.exec(source)?.[1]?.replace('it.failing(', 'it(');
    expect(blockOf('ts')).toBe(region);
  });

  it('prints what the README shows', async () => {
    const search = everyCrashPoint(payment, (_, { world }) => expect(world.charged).toEqual([10]));
    const error = await search.then(
      () => new Error('nothing was found'),
      (failure: Error) => failure,
    );
    expect(`${error.message}\n`).toBe(blockOf('text'));
  });

  it('is found no more when the call is a side effect that hands on its key', async () => {
    const charges = new Map<string, number>();
    @Actor({ type: 'order' })
    @UseFacets(durability(), virtualActor())
    class RightOrder {
      @State() status = 'open';
      @Handle()
      async pay(amount: number): Promise<string> {
        await this.charge(amount);
        return (this.status = 'paid');
      }
      @SideEffect()
      protected async charge(amount: number): Promise<void> {
        charges.set(currentEffect().idempotencyKey, amount);
      }
    }
    const { boundaries } = await everyCrashPoint(
      {
        world: () => charges.clear(),
        app: () => ({ actors: [RightOrder] }),
        run: (app) => app.ref(RightOrder, 'o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(10),
      },
      () => expect([...charges.values()]).toEqual([10]),
    );
    expect(boundaries).toHaveLength(5);
  });
});

function blockOf(language: string): string | undefined {
  return new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(README)?.[1];
}
