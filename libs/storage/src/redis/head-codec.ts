import { crc32 } from 'node:zlib';
import { type ActorStatus, CorruptRecordError, type HeadRow } from '#spi';

const STATUSES: readonly ActorStatus[] = ['absent', 'live', 'terminated'];
export const NO_HEAD: HeadRow = Object.freeze({ seq: 0, epoch: 0, writer: '', schema: 0, status: 'absent' });

/** `crc seq epoch status schema writer`, which scripts read too; the sum covers the actor as well. */
export function packHead(actor: string, { seq, epoch, writer, schema, status }: HeadRow): string {
  const facts = `${seq} ${epoch} ${STATUSES.indexOf(status)} ${schema} ${writer}`;
  return `${sumOf(actor, facts)} ${facts}`;
}

/** @throws CorruptRecordError */
export function unpackHead(actor: string, value: Buffer | null): HeadRow {
  if (value === null || value.length === 0) return NO_HEAD;
  const text = value.toString();
  const [, sum, facts, seq, epoch, status, schema, writer] =
    /^([0-9a-f]{8}) ((\d+) (\d+) (\d) (\S+) ([^]*))$/.exec(text) ?? [];
  if (facts === undefined || sum !== sumOf(actor, facts) || Buffer.compare(Buffer.from(text), value) !== 0)
    throw new CorruptRecordError(actor, 'The head row', 'its checksum is wrong');
  return {
    seq: Number(seq),
    epoch: Number(epoch),
    writer: writer as string,
    schema: Number(schema),
    status: STATUSES[Number(status)] as ActorStatus,
  };
}

function sumOf(actor: string, facts: string): string {
  return crc32(`${actor}\0${facts}`).toString(16).padStart(8, '0');
}
