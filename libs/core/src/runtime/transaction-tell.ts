import { type InboxRow, StoreFailedError } from '#spi';
import type { ActorRef } from '../actor/actor-ref';
import {
  ActorNotFoundError,
  ActorTerminatedError,
  InvalidMessageOptionError,
  TransactionNotSupportedError,
} from '../errors';
import { outsideTurns } from '../turn/frame';
import { storedRow } from './json-rows';
import { conflictOf } from './known-message';
import type { Message } from './message';
import type { SystemPort } from './system-port';

const REASONS = {
  ask: 'is for tells: an answer comes only after you commit. Tell inside the transaction, ask after it',
  turn: 'is for callers outside actors: a turn commits its sends and its ctx.rows itself',
} as const;

/** Why what is sent cannot be part of the transaction that the ref was given; `undefined` when it was given none. */
export function whyNoTransaction(
  { options }: Pick<ActorRef<object>, 'options'>,
  sent: keyof typeof REASONS,
): Error | undefined {
  return options.transaction === undefined ? undefined : new InvalidMessageOptionError('transaction', REASONS[sent]);
}

/** @throws InvalidMessageOptionError */
export function assertNoTransaction(ref: Pick<ActorRef<object>, 'options'>): void {
  const error = whyNoTransaction(ref, 'ask');
  if (error !== undefined) throw error;
}

/**
 * A tell that is part of a transaction of the application: an inbox row over its connection. Until that commits nobody
 * here knows of the message; then `deliver` brings it before its receiver, behind whatever came before the commit. The row is
 * looked up before it runs, since a savepoint may have taken it back.
 */
export async function tellInTransaction(
  system: SystemPort,
  message: Message,
  transaction: object,
  deliver: () => void,
): Promise<void> {
  const { callerTransactions, journal } = system.storage;
  const actor = message.to.encoded;
  if (!system.keepsInbox(message.to))
    throw new TransactionNotSupportedError(actor, 'it keeps no journal', 'Attach durability() to its class.');
  if (callerTransactions === undefined)
    throw new TransactionNotSupportedError(
      actor,
      journal.capabilities.callerTransactions === true
        ? 'the storage was opened without TypeORM'
        : `the ${journal.name} storage is in no database of yours`,
      'Use TypeormStorageModule with a file or server, or send after your commit.',
    );
  system.assertRoom(message);
  const dueAt = message.isDelayed ? message.dueAt : Math.min(message.dueAt, system.env.now());
  const row = storedRow(system, message, dueAt);
  const outcome = await callerTransactions.accept(transaction, {
    row,
    mustExist: message.to.definition.virtual === null,
    committed: () =>
      outsideTurns(() => {
        if (message.isDelayed) return system.wakeAt(message.to, dueAt); // its first start is counted when it comes from the store
        message.enter();
        message.row = 'accepting'; // and is there now
        message.ready = rowInStore(system, message);
        deliver();
      }),
  });
  switch (outcome.kind) {
    case 'accepted':
      return;
    case 'duplicate':
      if (outcome.row.argsHash !== row.argsHash) throw conflictOf(outcome.row);
      return;
    case 'missing':
      throw outcome.status === 'absent' ? new ActorNotFoundError(actor) : new ActorTerminatedError(actor);
    case 'failed':
      throw new StoreFailedError(journal.name, outcome.reason);
  }
}

/** What the store has of a message that is said to be committed. */
function rowInStore(system: SystemPort, message: Message): Promise<InboxRow | null> {
  const found = system.storage.inbox.find(message.to.encoded, message.id).then((row) => {
    message.isRefused = row === null;
    return row;
  });
  found.catch(() => system.wakeAt(message.to, system.env.now() + 1_000)); // whoever waits for it gives it up
  return found;
}
