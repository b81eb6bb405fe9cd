import {
  Actor,
  type ActorContext,
  Ctx,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  facet,
  virtualActor,
} from '#core';
import { ActorTestingModule } from '../app/actor-testing-module';
import type { TestApp } from '../app/test-app';
import { ManualClock } from '../clock/manual-clock';
import { expectJournal } from '../journal/expect-journal';

const facets = [durability(), virtualActor()] as const;

@Actor({ type: 'order' })
@UseFacets(...facets)
class Order {
  @State() paid = 0;

  @Handle() async pay(amount: number): Promise<string> {
    const receipt = await this.charge(amount, 'EUR');
    this.paid += amount;
    return receipt;
  }

  @Handle() async audit(@Ctx() ctx: ActorContext): Promise<string> {
    return ctx.sideEffect('audit', () => 'for real');
  }

  @SideEffect({ name: 'charge-card', retry: { maxAttempts: 3, initialDelay: '1s' }, timeout: '5s' })
  protected async charge(_amount: number, _currency: string): Promise<string> {
    return 'for real';
  }
}

@Actor({ type: 'invoice' })
@UseFacets(...facets)
class Invoice extends Order {}

@Actor({ type: 'plain' })
@UseFacets(virtualActor())
class Plain extends Order {}

let app: TestApp;
const start = async (parts: object = {}): Promise<TestApp> =>
  (app = await ActorTestingModule.create({ actors: [Order, Invoice, Plain], ...parts }).start());
afterEach(() => app.close());

describe('a fake side effect', () => {
  it('answers in place of the body, called with its arguments; the record is the real one', async () => {
    await start();
    const charge = app.fakes.effect('Order.charge-card', (amount: number, currency: string) => `${amount} ${currency}`);
    const order = app.ref(Order, 'a');
    expect(await order.with({ idempotencyKey: 'k' }).ask.pay(5)).toBe('5 EUR');
    expect(await order.with({ idempotencyKey: 'k' }).ask.pay(5)).toBe('5 EUR');
    expect(charge.times).toBe(1);
    expect(charge.calls).toEqual([
      {
        actor: 'default/default/order/a',
        messageId: expect.any(String),
        args: [5, 'EUR'],
        attempt: 1,
        idempotencyKey: expect.stringMatching(/^default\/default\/order\/a\/.*\/handler\/0$/),
      },
    ]);
    await expectJournal(order).toContain('SideEffectExecuted', { name: 'charge-card', result: '5 EUR', attempts: 1 });
  });

  it('may be a value, and be changed or taken away later', async () => {
    await start({ fakes: { 'Order.charge-card': 'ok' } });
    expect(await app.ref(Order, 'a').ask.pay(1)).toBe('ok');
    app.fakes.effect('Order.charge-card').returns('changed');
    expect(await app.ref(Order, 'a').ask.pay(1)).toBe('changed');
    app.fakes.restore('Order.charge-card');
    expect(await app.ref(Order, 'a').ask.pay(1)).toBe('for real');
  });

  it('stands for the effect of one class, or of any that has no fake of its own (F1, F2)', async () => {
    await start({ fakes: { 'charge-card': 'any', 'invoice.charge-card': 'of invoices' } });
    expect(await app.ref(Order, 'a').ask.pay(1)).toBe('any');
    expect(await app.ref(Plain, 'a').ask.pay(1)).toBe('any');
    expect(await app.ref(Invoice, 'a').ask.pay(1)).toBe('of invoices');
    expect(app.fakes.effect('charge-card').times).toBe(2);
  });

  it('fails as often as it is told, and is retried as the effect says', async () => {
    const clock = new ManualClock();
    await start({ clock });
    const charge = app.fakes.effect('Order.charge-card', 'ok').failing(2);
    const paid = app.ref(Order, 'a').ask.pay(1);
    await clock.settle();
    expect(charge.times).toBe(1);
    await clock.advance('10s');
    expect(await paid).toBe('ok');
    expect(charge.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    await expectJournal(app.ref(Order, 'a')).toContain('SideEffectExecuted', { attempts: 3, error: null });

    charge.reset().failing(3, new RangeError('card expired'));
    const refused = app.ref(Order, 'a').ask.pay(1);
    refused.catch(() => undefined);
    await clock.runUntil(refused.catch(() => undefined));
    await expect(refused).rejects.toThrow('card expired');
    expect(charge.times).toBe(3);
  });

  it('is subject to the timeout, and may know itself as a real one does', async () => {
    const clock = new ManualClock();
    await start({ clock });
    const keys: string[] = [];
    const charge = app.fakes.effect('Order.charge-card', async () => {
      keys.push(currentEffect().idempotencyKey);
      if (keys.length === 1) await new Promise(() => undefined);
      return 'late';
    });
    const paid = app.ref(Order, 'a').ask.pay(1);
    await clock.advance('8s');
    expect(await paid).toBe('late');
    expect(keys).toEqual(charge.calls.map(({ idempotencyKey }) => idempotencyKey));
  });

  it('keeps its calls over crash and restart, and is not called for what is recorded', async () => {
    await start({ fakes: { 'Order.charge-card': 'ok' } });
    await app.ref(Order, 'a').ask.pay(1);
    await app.crash();
    await app.restart();
    await app.drain();
    expect(app.fakes.effect('Order.charge-card').times).toBe(1);
    await app.ref(Order, 'a').ask.pay(1);
    expect(app.fakes.effect('Order.charge-card').times).toBe(2);
  });

  it('may stand for ctx.sideEffect(name, …)', async () => {
    await start({ inlineFakes: { audit: 'seen' } });
    expect(await app.ref(Order, 'a').ask.audit()).toBe('seen');
    const ofInvoices = app.fakes.inlineEffect('Invoice.audit', 'seen by hand');
    expect(await app.ref(Invoice, 'a').ask.audit()).toBe('seen by hand');
    expect([ofInvoices.times, app.fakes.inlineEffect('audit').times]).toEqual([1, 1]);
    app.fakes.restore('audit');
    expect(await app.ref(Order, 'a').ask.audit()).toBe('for real');
  });

  it('leaves the side effects of facets alone, whatever they are named', async () => {
    const looked: unknown[] = [];
    @Facet({ name: 'lookup', priority: 300, category: 'domain' })
    class Lookup {
      async intercept(turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
        looked.push(await turn.sideEffect('charge-card', () => 'of the facet'));
        return next();
      }
    }
    @Actor({ type: 'guarded' })
    @UseFacets(facet('lookup'), ...facets)
    class Guarded extends Order {}
    await start({ actors: [Guarded], providers: [Lookup], fakes: { 'charge-card': 'ok' } });
    expect(await app.ref(Guarded, 'a').ask.pay(1)).toBe('ok');
    expect(looked).toEqual(['of the facet']);
    expect(app.fakes.effect('charge-card').times).toBe(1);
  });

  it('is refused for an effect that no class has, naming those there are (F3)', async () => {
    await start();
    for (const name of ['charge', 'Order.charge', 'audit', 'Nobody.charge-card'])
      expect(() => app.fakes.effect(name, 1)).toThrow(
        `There is no side effect ${name}. Side effects here: Invoice.charge-card, Order.charge-card, Plain.charge-card.`,
      );
  });
});
