import { type Duration, type Storage, failpoint, parseDuration } from '#spi';
import { decodeEntry } from '../entries/entry-codec';
import { PurgeRefusedError } from '../errors';

type Store = Pick<Storage, 'journal' | 'checkpoints'>;

/** Which terminated actors go. @publicApi */
export interface PurgeOptions {
  /** Only those whose last entry is older. Default 0: all. */
  readonly olderThan?: Duration;
  /** Beginning of their encoded ids, such as `tenant/namespace/type/`. Default: all. */
  readonly prefix?: string;
  /** Hears about each actor that was purged. */
  readonly onPurged?: (actor: string) => void;
}

const PAGE = 200;

/**
 * Checkpoints first: they may lie in another store. A crash between the two leaves a terminated actor that has a journal or,
 * where that was truncated, none that could be read; both are purged again.
 * @throws PurgeRefusedError for an actor that is not terminated
 */
export async function purgeActor(store: Store, actor: string): Promise<void> {
  const { status } = await store.journal.head(actor);
  if (status !== 'terminated') throw new PurgeRefusedError(actor, status);
  await store.checkpoints.purge(actor);
  failpoint('purge.afterCheckpoints');
  await store.journal.purge([actor]);
  failpoint('purge.after');
}

/** @returns how many */
export async function purgeTerminated(store: Store, nowMs: number, options: PurgeOptions = {}): Promise<number> {
  const before = nowMs - parseDuration(options.olderThan ?? 0);
  const { prefix = '', onPurged } = options;
  let count = 0;
  for (let after = ''; ;) {
    const names = await store.journal.actors(prefix, after, PAGE);
    const times = await Promise.all(names.map((actor) => endOf(store, actor)));
    const gone = names.filter((_, i) => (times[i] as number) <= before);
    for (const actor of gone) {
      await store.checkpoints.purge(actor);
      failpoint('purge.afterCheckpoints');
    }
    if (gone.length > 0) await store.journal.purge(gone);
    failpoint('purge.after');
    gone.forEach((actor) => onPurged?.(actor));
    count += gone.length;
    if (names.length < PAGE) return count;
    after = names.at(-1) as string;
  }
}

/** When a terminated actor was last written to; never, for one that lives or is purged already. */
async function endOf({ journal, checkpoints }: Store, actor: string): Promise<number> {
  const { status, seq } = await journal.head(actor);
  if (status !== 'terminated') return Infinity;
  for await (const [record] of journal.read(actor, seq - 1, seq))
    if (record !== undefined) return decodeEntry(actor, record).time;
  return (await checkpoints.latest(actor))?.time ?? Infinity;
}
