import { ActorFailedError } from '../errors';
import type { DurableActivation } from './durable-activation';
import type { Mailbox } from './mailbox';
import type { Message } from './message';

/**
 * While this activation was being loaded, another node may have found the row of a tell that waits here and run it. What
 * came before that tell and has no row would now run after it, so its asker is told instead: then it never starts (P2).
 * What others run once the journal has been read needs no such look: appends from here are refused then (P10).
 */
export async function failOvertaken(host: DurableActivation, mailbox: Mailbox): Promise<void> {
  const { storage } = host.system;
  if (!storage.journal.capabilities.shared) return;
  const waiting = mailbox.all;
  const unstored = waiting.filter(({ row }) => row === 'none');
  const first = waiting.indexOf(unstored[0] as Message);
  const told = first < 0 ? [] : await acceptedOf(waiting.slice(first));
  if (told.length === 0) return;
  const left = new Set((await storage.inbox.pending(host.actorId)).map(({ id }) => id));
  const gone = told.findLast(({ id }) => !left.has(id));
  if (gone === undefined) return;
  const cause = new Error(`another node has run ${gone.id} already, which came later`);
  const error = new ActorFailedError(host.actorId, 'activation', { cause });
  for (const message of unstored) if (waiting.indexOf(message) < waiting.indexOf(gone)) message.fail(error);
}

/** Those that are a row of their own. */
async function acceptedOf(messages: readonly Message[]): Promise<Message[]> {
  const told: Message[] = [];
  for (const message of messages) {
    const isNew = message.accepted?.then(
      (known) => known === null,
      () => false, // it was refused, and its sender told
    );
    if ((await isNew) === true) told.push(message);
  }
  return told;
}
