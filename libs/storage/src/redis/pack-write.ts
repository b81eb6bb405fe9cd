import type { AppendWrite, InboxChange, NewInboxRow } from '#spi';
import { putEntry } from './entry-codec';
import { packHead } from './head-codec';
import type { Packet } from './packet';
import { type EndedChange, packBlob, putBlob, putDoneRow } from './row-codec';

/** A row on its way to another slot: as it lies in an outbox, and is put into its receiver's inbox. */
export type PackedRow = readonly [base: string, actor: string, id: string, attempts: string, due: string, blob: Buffer];

const ACCEPT = 0;
const APPEND = 1;
const PLAIN = 2;

export function packRow(base: string, { actor, id, argsHash, message, attempts, dueAt }: NewInboxRow): PackedRow {
  return [base, actor, id, String(attempts), String(dueAt), packBlob(argsHash, message)];
}

/** As the flush script takes it: see there. */
export function putAccept(packet: Packet, base: string, row: NewInboxRow): void {
  packet.putByte(ACCEPT);
  putRow(packet, base, row);
}

export function putPackedAccept(packet: Packet, [base, actor, id, attempts, due, blob]: PackedRow): void {
  packet.putByte(ACCEPT);
  for (const text of [base, actor, id, attempts, due]) packet.putText(text);
  packet.putBytes(blob);
}

/** `near`: of what it sends, what one script may write with it, each with its base; `posts`: the rest, as it lies in an outbox. */
export function putAppend(
  packet: Packet,
  base: string,
  write: AppendWrite,
  near: readonly (readonly [base: string, row: NewInboxRow])[],
  posts: readonly Buffer[],
): void {
  const { actor, status, entries, inbox } = write;
  const ended = near.length + posts.length === 0 && status !== 'absent' ? endedAlone(inbox) : undefined;
  packet.putByte(ended === undefined ? APPEND : PLAIN);
  putStanding(packet, base, write);
  if (ended !== undefined) {
    packet.putText(ended.id);
    packet.putText(String(ended.expiresAt ?? '-'));
    putDoneRow(packet, actor, ended);
    packet.putNumber(entries.length);
  } else {
    packet.putByte(status === 'absent' ? 0 : 1);
    for (const list of [entries, inbox, near, posts]) packet.putNumber(list.length);
  }
  for (const entry of entries) putEntry(packet, entry);
  if (ended !== undefined) return;
  for (const change of inbox) putChange(packet, change);
  for (const [receiver, row] of near) putRow(packet, receiver, row);
  for (const post of posts) packet.putBytes(post);
}

/** The end of a message of which nothing was written before, if nothing else changes. */
function endedAlone(inbox: readonly InboxChange[]): EndedChange | undefined {
  const change = inbox.length === 1 ? inbox[0] : undefined;
  return change?.op === 'done' && change.fresh ? change : undefined;
}

/** Where the append stands, and its head. */
function putStanding(packet: Packet, base: string, write: AppendWrite): void {
  const { actor, expected, epoch, writer, schema, status, entries } = write;
  packet.putText(base);
  packet.putText(actor);
  packet.putText(`${expected.seq} ${expected.epoch}`);
  packet.putText(writer);
  packet.putByte(write.continues === true ? 1 : 0);
  packet.putText(packHead(actor, { seq: expected.seq + entries.length, epoch, writer, schema, status }));
}

function putRow(packet: Packet, base: string, { actor, id, argsHash, message, attempts, dueAt }: NewInboxRow): void {
  packet.putText(base);
  packet.putText(actor);
  packet.putText(id);
  packet.putText(String(attempts));
  packet.putText(String(dueAt));
  putBlob(packet, argsHash, message);
}

function putChange(packet: Packet, change: InboxChange): void {
  const { op, id } = change;
  if (op === 'open') {
    const { row } = change;
    const [attempts, due] = row === null ? ['', ''] : [String(row.attempts), String(row.dueAt)];
    putStep(packet, 'o', row !== null, [id, attempts, due]);
    if (row === null) packet.putNumber(0);
    else putBlob(packet, row.argsHash, row.message);
  } else if (op === 'attempt') {
    putStep(packet, 'a', false, [id, String(change.attempts), String(change.dueAt)]);
    packet.putNumber(0);
  } else if (op === 'revive') {
    const { argsHash, message, attempts, dueAt } = change.row;
    putStep(packet, 'r', false, [id, String(attempts), String(dueAt)]);
    putBlob(packet, argsHash, message);
  } else {
    putStep(packet, endingOf(change), change.fresh, [id, String(change.expiresAt ?? '-'), '']);
    putBlob(packet, change.argsHash, change.answer);
  }
}

function endingOf({ op, sparesEnded }: EndedChange): string {
  if (sparesEnded === true) return 'w';
  return op === 'done' ? '2' : '3';
}

/** What all changes begin with. */
function putStep(packet: Packet, op: string, brings: boolean, texts: readonly string[]): void {
  packet.putByte(op.charCodeAt(0));
  packet.putByte(brings ? 1 : 0);
  for (const text of texts) packet.putText(text);
}
