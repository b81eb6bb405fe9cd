import type { AppendWrite, InboxChange, InboxRow, InboxState, NewInboxRow, Outcome, Write } from '#spi';
import { decideInboxChange, whyRefused } from '../write-rules';
import { type MemoryActor, MemoryTables, type Mutable, copyOf, copyOfEntries, copyOfRow } from './memory-tables';

/** Applies writes to {@link MemoryTables}: everything that may refuse one is looked at before anything is touched (J1). */
export class MemoryWriter {
  constructor(private readonly tables: MemoryTables) {}

  apply(write: Write): Outcome {
    const reason = whyRefused(write, false);
    if (reason !== null) return { kind: 'failed', reason };
    return write.kind === 'append' ? this.append(write) : this.accept(write.row);
  }

  private accept(row: NewInboxRow): Outcome {
    const known = this.tables.actors.get(row.actor)?.inbox.get(row.id);
    if (known !== undefined) return { kind: 'duplicate', row: copyOfRow(known) };
    this.insert(this.tables.actor(row.actor), row, 'queued');
    return { kind: 'accepted' };
  }

  private append(write: AppendWrite): Outcome {
    const { actor: id, expected, entries, inbox, sends, epoch, writer, schema, status } = write;
    const actor = this.tables.actor(id);
    const { seq, epoch: actualEpoch } = actor.head;
    const isOthers = write.continues === true && actor.head.writer !== writer;
    if (seq !== expected.seq || actualEpoch !== expected.epoch || isOthers) {
      return { kind: 'conflict', actual: { seq, epoch: actualEpoch } };
    }
    const refusal = whyInboxRefused(id, actor, inbox);
    if (refusal !== null) return refusal;

    if (entries.length > 0) {
      if (actor.entries.length === 0) actor.firstSeq = seq + 1;
      actor.entries.push(...copyOfEntries(entries));
    }
    actor.head = { seq: seq + entries.length, epoch, writer, schema, status };
    for (const change of inbox) this.change(id, actor, change);
    for (const row of sends) {
      const receiver = this.tables.actor(row.actor);
      if (!receiver.inbox.has(row.id)) this.insert(receiver, row, 'queued');
    }
    return { kind: 'committed', head: { seq: actor.head.seq, epoch } };
  }

  private change(id: string, actor: MemoryActor, change: InboxChange): void {
    if (change.op === 'open') {
      if (change.row !== null) this.insert(actor, change.row, 'open');
      else (actor.live.get(change.id) as Mutable<InboxRow>).state = 'open';
    } else if (change.op === 'attempt') {
      const row = actor.live.get(change.id) as Mutable<InboxRow>;
      row.attempts = change.attempts;
      row.dueAt = change.dueAt;
    } else if (change.op === 'revive') {
      this.revive(actor, change.row);
    } else {
      this.end(id, actor, change);
    }
  }

  private end(id: string, actor: MemoryActor, change: InboxChange & { op: 'done' | 'parked' }): void {
    const before = actor.inbox.get(change.id);
    if (decideInboxChange(change, before?.state ?? null) === 'spare') return;
    const row: Mutable<InboxRow> = before ?? newRow(id, change);
    row.state = change.op;
    row.argsHash = change.argsHash;
    row.answer = copyOf(change.answer);
    row.expiresAt = change.expiresAt;
    row.dueAt = null;
    if (change.op === 'done') row.message = null;
    actor.inbox.set(row.id, row);
    if (actor.live.delete(row.id) && actor.live.size === 0) this.tables.waiting.delete(id);
    if (row.expiresAt !== null) this.tables.expiring.add(row.expiresAt, row);
    if (row.state === 'parked') this.tables.parkedMore(id, 1);
  }

  /** Another object takes the place of the parked one, so that `expiring` cannot take it for that (T3). */
  private revive(actor: MemoryActor, row: NewInboxRow): void {
    actor.inbox.set(row.id, queuedRow(row, 'queued'));
    actor.live.clear();
    for (const kept of actor.inbox.values())
      if (kept.state === 'queued' || kept.state === 'open') actor.live.set(kept.id, kept);
    this.tables.waiting.set(row.actor, actor);
    this.tables.parkedMore(row.actor, -1);
  }

  private insert(actor: MemoryActor, row: NewInboxRow, state: 'queued' | 'open'): void {
    const kept = queuedRow(row, state);
    actor.inbox.set(row.id, kept);
    actor.live.set(row.id, kept);
    this.tables.waiting.set(row.actor, actor);
  }
}

function queuedRow(row: NewInboxRow, state: 'queued' | 'open'): Mutable<InboxRow> {
  return { ...row, message: copyOf(row.message), state, answer: null, expiresAt: null };
}

function newRow(actor: string, { id, argsHash }: InboxChange & { op: 'done' | 'parked' }): Mutable<InboxRow> {
  return {
    actor,
    id,
    argsHash,
    state: 'queued',
    message: null,
    attempts: 0,
    dueAt: null,
    answer: null,
    expiresAt: null,
  };
}

/** Plays the changes on states alone, since a later one may follow from an earlier one. */
function whyInboxRefused(id: string, actor: MemoryActor, inbox: readonly InboxChange[]): Outcome | null {
  const played = new Map<string, InboxState>();
  for (const change of inbox) {
    const row = actor.inbox.get(change.id);
    const verdict = decideInboxChange(change, played.get(change.id) ?? row?.state ?? null);
    if (verdict === 'unknown') return { kind: 'failed', reason: `${id} has no message ${change.id} to ${change.op}` };
    if (verdict === 'duplicate') {
      if (row !== undefined) return { kind: 'duplicate', row: copyOfRow(row) };
      return { kind: 'failed', reason: `one write ends message ${change.id} of ${id} twice` };
    }
    if (verdict === 'spare') continue;
    if (change.op === 'revive') played.set(change.id, 'queued');
    else if (change.op !== 'attempt') played.set(change.id, change.op);
  }
  return null;
}
