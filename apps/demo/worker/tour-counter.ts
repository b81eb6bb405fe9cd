import {
  Actor,
  Handle,
  SideEffect,
  State,
  UseFacets,
  actorContext,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import { isPlanted } from '../planted';
import { type CallContext, RatesClient } from './rates-client';
import { TOUR_DURABILITY } from './tour-durability';
import { TurnWatch } from './turn-watch';

/** Planted: a call that nobody records. */
const NOT_AN_EFFECT: CallContext = { idempotencyKey: 'none', signal: new AbortController().signal };

/** Counts in units of today's rate, and gets a receipt for each change: two calls to a service, both recorded. */
@Actor({ type: 'counter' })
@UseFacets(durability(TOUR_DURABILITY), virtualActor())
export class TourCounter {
  @State() private value = 0;
  @State() receipt = 0;

  constructor(
    private readonly rates: RatesClient,
    private readonly watch: TurnWatch,
  ) {}

  @Handle()
  increment(by: number): Promise<number> {
    return this.change(by);
  }

  @Handle()
  decrement(by: number): Promise<number> {
    return this.change(-by);
  }

  @Handle({ readOnly: true })
  current(): number {
    return this.value;
  }

  private async change(by: number): Promise<number> {
    const ctx = actorContext();
    const rate = await this.todaysRate();
    this.watch.stumble(ctx);
    this.value += by * (isPlanted('effect-outside-record') ? await this.rates.rate(NOT_AN_EFFECT) : rate);
    this.receipt = await this.fetchReceipt();
    this.watch.ran(ctx);
    return this.value;
  }

  @SideEffect({ timeout: '5s' })
  protected todaysRate(): Promise<number> {
    return this.rates.rate(currentEffect());
  }

  @SideEffect({ timeout: '5s' })
  protected fetchReceipt(): Promise<number> {
    return this.rates.receipt(currentEffect());
  }
}
