import { Actor, Handle, SideEffect, State, UseFacets, currentEffect, durability, virtualActor } from 'plexspaces';
import { RatesClient } from './rates-client';

/** What was ordered of one item. */
export interface StockTotals {
  /** Pieces ordered less pieces sent back. */
  readonly quantity: number;
  readonly lines: number;
  /** Lines whose price the service would not have. */
  readonly questioned: number;
}

/** One item of the shop: each order line is a message, each price is checked outside, once. */
@Actor({ type: 'stock-item' })
@UseFacets(durability(), virtualActor())
export class StockItem {
  @State() private quantity = 0;
  @State() private lines = 0;
  @State() private questioned = 0;

  constructor(private readonly rates: RatesClient) {}

  @Handle()
  async order(quantity: number, unitPrice: number): Promise<StockTotals> {
    if (!(await this.checkPrice(unitPrice))) this.questioned += 1;
    this.quantity += quantity;
    this.lines += 1;
    return this.totals();
  }

  @Handle({ readOnly: true })
  totals(): StockTotals {
    return { quantity: this.quantity, lines: this.lines, questioned: this.questioned };
  }

  @SideEffect({ timeout: '5s' })
  protected checkPrice(unitPrice: number): Promise<boolean> {
    return this.rates.isPrice(unitPrice, currentEffect());
  }
}
