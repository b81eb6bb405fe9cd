import type { HeadRow, InboxRow, Write } from '#spi';
import type { MemoryActor, MemoryTables } from '#storage/memory';

/** What a write is about to change, as it was. */
export interface Before {
  /** The actor that appends; `null` for an accepted message. */
  readonly writer: {
    readonly actor: MemoryActor;
    readonly head: HeadRow;
    readonly end: number;
  } | null;
  readonly rows: readonly { readonly receiver: string; readonly id: string; readonly row: InboxRow | null }[];
}

/** Costs what the write touches, whatever the size of the store. */
export function before(tables: MemoryTables, write: Write): Before {
  if (write.kind === 'accept') return { writer: null, rows: [rowBefore(tables, write.row.actor, write.row.id)] };
  const actor = tables.actor(write.actor);
  return {
    writer: { actor, head: actor.head, end: actor.entries.length },
    rows: [
      ...write.inbox.map(({ id }) => rowBefore(tables, write.actor, id)),
      ...write.sends.map((row) => rowBefore(tables, row.actor, row.id)),
    ],
  };
}

function rowBefore(tables: MemoryTables, receiver: string, id: string): Before['rows'][number] {
  const row = tables.actors.get(receiver)?.inbox.get(id);
  return { receiver, id, row: row === undefined ? null : { ...row } };
}

/** Takes writes back, the last one first. Nothing but these may have changed the tables since the first of them. */
export function undo(tables: MemoryTables, writes: readonly Before[]): void {
  const receivers = new Set<string>();
  for (const { writer, rows } of [...writes].reverse()) {
    if (writer !== null) {
      writer.actor.head = writer.head;
      writer.actor.entries.length = writer.end;
    }
    for (const { receiver, id, row } of rows) {
      const { inbox } = tables.actor(receiver);
      if (row === null) inbox.delete(id);
      else Object.assign(inbox.get(id) as InboxRow, row);
      receivers.add(receiver);
    }
  }
  for (const receiver of receivers) {
    rebuildLive(tables, receiver);
    recountParked(tables, receiver);
  }
  rebuildExpiring(tables, receivers);
}

/** T4 of {@link MemoryTables}. */
function recountParked(tables: MemoryTables, receiver: string): void {
  const count = [...tables.actor(receiver).inbox.values()].filter(({ state }) => state === 'parked').length;
  if (count === 0) tables.parked.delete(receiver);
  else tables.parked.set(receiver, count);
}

/** T1, T2 of {@link MemoryTables}. */
function rebuildLive(tables: MemoryTables, receiver: string): void {
  const actor = tables.actor(receiver);
  actor.live.clear();
  for (const row of actor.inbox.values()) {
    if (row.state === 'queued' || row.state === 'open') actor.live.set(row.id, row);
  }
  if (actor.live.size > 0) tables.waiting.set(receiver, actor);
  else tables.waiting.delete(receiver);
}

/** T3 of {@link MemoryTables}: rows that have not ended after all are taken out, and those that have once more come back. */
function rebuildExpiring(tables: MemoryTables, receivers: ReadonlySet<string>): void {
  const kept = new Set<InboxRow>();
  for (let row = tables.expiring.take(Infinity); row !== undefined; row = tables.expiring.take(Infinity)) {
    if (row.expiresAt !== null && tables.actors.get(row.actor)?.inbox.get(row.id) === row) kept.add(row);
  }
  for (const receiver of receivers)
    for (const row of tables.actor(receiver).inbox.values()) if (row.expiresAt !== null) kept.add(row);
  for (const row of kept) tables.expiring.add(row.expiresAt as number, row);
}
