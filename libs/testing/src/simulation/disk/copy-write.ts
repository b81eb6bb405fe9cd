import type { NewInboxRow, Write } from '#spi';

/** From Node's pool: these copies live as long as a request, and arrays of their own cost five times as much. */
const copyOf = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes);
const copyOfRow = (row: NewInboxRow): NewInboxRow => ({ ...row, message: copyOf(row.message) });

/** A write that waits must not see what its caller does to the buffers meanwhile (J9). */
export function copyOfWrite(write: Write): Write {
  if (write.kind === 'accept') return { kind: 'accept', row: copyOfRow(write.row) };
  return {
    ...write,
    entries: write.entries.map(({ seq, bytes }) => ({ seq, bytes: copyOf(bytes) })),
    inbox: write.inbox.map((change) => {
      if (change.op === 'attempt') return change;
      if (change.op === 'open') return { ...change, row: change.row && copyOfRow(change.row) };
      if (change.op === 'revive') return { ...change, row: copyOfRow(change.row) };
      return { ...change, answer: copyOf(change.answer) };
    }),
    sends: write.sends.map(copyOfRow),
  };
}
