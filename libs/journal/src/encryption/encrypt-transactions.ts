import type { CallerTransactions, TurnTransaction, TurnTransactions } from '#spi';
import type { Keyring } from './keyring';
import { sealAppend, sealNewRow, unsealOutcome, unsealRow } from './sealed-writes';

/** Messages that the application's own transactions accept, sealed as those of a flush are. */
export function encryptCallerTransactions(inner: CallerTransactions, ring: Keyring): CallerTransactions {
  return {
    async accept(transaction, message) {
      const outcome = await inner.accept(transaction, {
        row: sealNewRow(ring, message.row),
        mustExist: message.mustExist,
        committed: () => message.committed(),
      });
      return outcome.kind === 'duplicate' ? { ...outcome, row: unsealRow(ring, outcome.row) } : outcome;
    },
  };
}

/** Appends that end a transaction of a turn; the application's own rows stay as they are. */
export function encryptTransactions(inner: TurnTransactions, ring: Keyring): TurnTransactions {
  return {
    async begin(limitMs): Promise<TurnTransaction> {
      const transaction = await inner.begin(limitMs);
      return {
        run: (work) => transaction.run(work),
        async commit(write) {
          const outcome = await transaction.commit(sealAppend(ring, write));
          return outcome.kind === 'undone' ? outcome : unsealOutcome(ring, outcome);
        },
        rollback: () => transaction.rollback(),
      };
    },
    isTransient: (error) => inner.isTransient(error),
  };
}
