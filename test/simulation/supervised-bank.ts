import { Supervisor, child } from 'plexspaces';
import type { SimulateOptions } from 'plexspaces/testing';
import { Account } from './bank';
import { bankWorkload } from './workload';

/** Accounts that go down together: each failure of one cuts off, or lets end, what the others do. */
@Supervisor({
  strategy: 'oneForAll',
  maxRestarts: 1_000_000,
  backoff: { kind: 'constant', delay: 5, jitter: 'full' },
  children: [
    child(Account, 'a', { shutdown: 'brutal', startTimeout: '10m' }),
    child(Account, 'b', { shutdown: 20, startTimeout: '10m' }),
    child(Account, 'c', { shutdown: 'infinity', startTimeout: '10m' }),
  ],
})
export class Bankers {}

/** The bank, its accounts supervised: every promise of the history checker has to hold through restarts as well. */
export const supervisedBank: Pick<SimulateOptions, 'actors' | 'providers' | 'scenario' | 'invariant'> = {
  ...bankWorkload,
  providers: [Bankers],
};
