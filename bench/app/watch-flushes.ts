import type { Storage, Write } from 'plexspaces/spi';

/** What went through the store since it is watched. Each flush is one commit, so one fsync of the write-ahead log. */
export interface Flushes {
  count: number;
  appends: number;
  /** The writes themselves, while somebody wants them. */
  recorded: Write[] | null;
}

export function watchFlushes({ journal }: Storage): Flushes {
  const seen: Flushes = { count: 0, appends: 0, recorded: null };
  const flush = journal.flush.bind(journal);
  journal.flush = (writes) => {
    seen.count++;
    seen.appends += writes.length;
    seen.recorded?.push(...writes);
    return flush(writes);
  };
  return seen;
}
