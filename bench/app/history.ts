import type { Type } from '@nestjs/common';
import type { Storage } from 'plexspaces/spi';
import { drive } from '../harness/drive';
import type { Store } from '../servers/store';
import { startOn } from './start-app';

/** An actor whose `write` answers how often it was called. */
export interface Written {
  write(): number;
}

/** Actors with a long past, in a store that nobody has open. */
export interface History {
  /** Turns of each. */
  readonly turns: number;
  /** Journal entries of the first. */
  readonly entries: number;
  readonly journalBytes: number;
  /** Of its last checkpoint. */
  readonly checkpointBytes: number;
}

const CHECKPOINT_EVERY = 100;

/** Ends half way between two checkpoints of a class that takes one every 100 turns. */
export async function writeHistory(
  store: Store,
  cls: Type<Written>,
  keys: readonly string[],
  minEntries: number,
): Promise<History> {
  const app = await startOn(store, cls);
  const refs = keys.map((key) => app.client(cls).ref(key));
  const [first] = refs;
  if (first === undefined) throw new Error('A history needs a key.');
  let turns = 0;
  let more = CHECKPOINT_EVERY * 1.5;
  for (let seq = 0; seq < minEntries; { seq } = await app.storage.journal.head(first.actorId)) {
    await drive(more * refs.length, Math.max(refs.length, 50), (i) =>
      (refs[i % refs.length] as typeof first).ask.write(),
    );
    turns += more;
    more = CHECKPOINT_EVERY;
  }
  await app.close();
  return { turns, ...(await sizesOf(store, cls, first.actorId)) };
}

/** As if no checkpoint had ever been taken. */
export function hideCheckpoints({ checkpoints }: Storage): void {
  checkpoints.latest = () => Promise.resolve(null);
  checkpoints.list = () => Promise.resolve([]);
}

/** Of a store at rest: a checkpoint is written beside the turns that follow it. */
async function sizesOf(store: Store, cls: Type<Written>, actor: string): Promise<Omit<History, 'turns'>> {
  const app = await startOn(store, cls);
  const { journal, checkpoints } = app.storage;
  let [entries, journalBytes] = [0, 0];
  for await (const page of journal.read(actor, 0))
    for (const { bytes } of page) {
      entries++;
      journalBytes += bytes.length;
    }
  const checkpoint = await checkpoints.latest(actor);
  await app.close();
  return { entries, journalBytes, checkpointBytes: checkpoint?.bytes.length ?? 0 };
}
