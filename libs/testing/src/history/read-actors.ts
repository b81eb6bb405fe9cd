import { JournalFold, decodeEntry, recover, type JournalEntry } from '#journal';
import type { Storage } from '#spi';
import type { ActorHistory, EffectObservation } from './history-input';
import type { LedgerLine } from './ledger-line';
import { readTurns } from './turn-view';

const PAGE = 500;

/**
 * Every actor of a store, read beside or without a runtime: nothing is written. The journals must be whole, from entry 1.
 * @throws CorruptRecordError, CheckpointAheadError, SchemaTooNewError, or what the store rejects with
 * @publicApi
 */
export async function readActors(storage: Storage): Promise<ActorHistory[]> {
  const actors: ActorHistory[] = [];
  let after = '';
  for (;;) {
    const names = await storage.journal.actors('', after, PAGE);
    for (const name of names) actors.push(await readActor(storage, name));
    if (names.length < PAGE) return actors;
    after = names.at(-1) as string;
  }
}

/** One of them. An actor nobody wrote to has an empty history. @publicApi */
export async function readActor(storage: Storage, actor: string): Promise<ActorHistory> {
  const fold = new JournalFold(actor);
  const entries: JournalEntry[] = [];
  for await (const page of storage.journal.read(actor, 0)) {
    for (const record of page) {
      entries.push(decodeEntry(actor, record));
      fold.step(record);
    }
  }
  const { image } = await recover(storage, actor);
  const pending = (await storage.inbox.pending(actor)).map(({ id }) => id);
  return { actor, entries, pending, recovered: image.toObject(), replayed: fold.image.toObject() };
}

/**
 * The recorded effects among `ledgerEffects`, each with its calls so far: read while no node runs, say after a kill. From here on
 * no call may be added (H6).
 * @publicApi
 */
export function observeEffects(
  actors: readonly ActorHistory[],
  ledger: readonly LedgerLine[],
  ledgerEffects: readonly string[],
): EffectObservation[] {
  const calls = new Map<string, number>();
  for (const { key } of ledger) calls.set(key, (calls.get(key) ?? 0) + 1);
  return actors.flatMap(({ actor, entries }) =>
    readTurns(entries).flatMap(({ actsAs, effects }) =>
      effects
        .filter(({ name }) => ledgerEffects.includes(name))
        .map(({ scope, ordinal }) => `${actor}/${actsAs}/${scope}/${ordinal}`)
        .map((key) => ({ key, calls: calls.get(key) ?? 0 })),
    ),
  );
}
