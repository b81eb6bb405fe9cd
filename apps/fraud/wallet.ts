import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';

/** What a customer has spent. It knows nothing of fraud. */
@Actor({ type: 'wallet' })
@UseFacets(durability(), virtualActor())
export class Wallet {
  @State() spent = 0;

  @Handle()
  pay(amount: number): number {
    this.spent += amount;
    return this.spent;
  }
}
