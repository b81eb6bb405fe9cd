import type { RowStatement, Write } from '#spi';

/** What a row takes beside its bytes, roughly. */
const ROW = 64;

/** What a write adds to a batch, near enough to bound it. */
export function sizeOfWrite(write: Write): number {
  if (write.kind === 'accept') return ROW + write.row.message.length;
  let bytes = ROW;
  for (const entry of write.entries) bytes += ROW + entry.bytes.length;
  for (const send of write.sends) bytes += ROW + send.message.length;
  for (const change of write.inbox) {
    bytes += ROW;
    if (change.op === 'open' || change.op === 'revive') bytes += change.row?.message.length ?? 0;
    else if (change.op !== 'attempt') bytes += change.answer.length;
  }
  if (write.rows !== undefined) for (const statement of write.rows) bytes += ROW + sizeOfRow(statement);
  return bytes;
}

/** Text and values of a statement, near enough. */
export function sizeOfRow({ sql, params }: RowStatement): number {
  let bytes = sql.length;
  for (const param of params) bytes += typeof param === 'string' || param instanceof Uint8Array ? param.length : 8;
  return bytes;
}
