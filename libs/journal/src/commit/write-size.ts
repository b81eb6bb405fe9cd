import type { Write } from '#spi';

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
    if (change.op === 'open') bytes += change.row?.message.length ?? 0;
    else if (change.op !== 'attempt') bytes += change.answer.length;
  }
  return bytes;
}
