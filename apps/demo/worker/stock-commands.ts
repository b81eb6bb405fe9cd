import { Injectable } from '@nestjs/common';
import { type ActorClient, InjectActor } from 'plexspaces';
import { StockItem, type StockTotals } from './stock-item';

@Injectable()
export class StockCommands {
  constructor(@InjectActor(StockItem) private readonly items: ActorClient<StockItem>) {}

  async order(code: string, id: string, quantity: number, unitPrice: number): Promise<StockTotals> {
    return this.items.ref(code).with({ idempotencyKey: id }).ask.order(quantity, unitPrice);
  }

  async totals(codes: readonly string[]): Promise<readonly StockTotals[]> {
    return Promise.all(codes.map((code) => this.items.ref(code).ask.totals()));
  }
}
