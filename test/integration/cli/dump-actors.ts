import type { Storage } from 'plexspaces/spi';

/** Everything there is of an actor. */
export async function dump({ journal, inbox, checkpoints }: Storage, actor: string): Promise<unknown> {
  const entries: string[] = [];
  for await (const page of journal.read(actor, 0))
    for (const { seq, bytes } of page) entries.push(`${seq} ${Buffer.from(bytes).toString('hex')}`);
  const held = [];
  for (const seq of await checkpoints.list(actor)) held.push(await checkpoints.latest(actor, seq));
  const rows = [
    ...(await inbox.pending(actor)),
    ...(await inbox.parked(actor)),
    ...(await inbox.done(actor, '', 1_000)),
  ];
  const plain = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('hex');
  return {
    head: await journal.head(actor),
    entries,
    checkpoints: held.map((record) => record && { ...record, bytes: plain(record.bytes) }),
    rows: rows.map((row) => ({
      ...row,
      attempts: row.state === 'done' ? 0 : row.attempts,
      message: plain(row.message),
      answer: plain(row.answer),
    })),
  };
}

/** Of every actor. */
export async function everything(storage: Storage): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const actor of await storage.journal.actors('', '', 100)) all[actor] = await dump(storage, actor);
  return all;
}
