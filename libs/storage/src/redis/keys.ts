import { PARTITIONS, partitionOf } from '#spi';

/**
 * Names of keys. All of a partition share a hash tag, so that on a cluster they lie in one slot and one script may write
 * them together; there it has to be told which.
 *
 *   <prefix>:{p17}:h  heads, by actor          a  actors that have appended   n  counter of positions
 *                  i  inbox rows, by actor+id  q  live rows, in order         k  parked rows, in order
 *                  d  due times                e  ends of dedupe windows      o  outbox
 *                  j:<actor>  its entries      c:<actor>  its checkpoints
 */
export class Keys {
  private readonly bases: string[] = [];

  constructor(private readonly prefix: string) {}

  base(partition: number): string {
    return (this.bases[partition] ??= `${this.prefix}:{p${partition}}:`);
  }

  baseOf(actor: string): string {
    return this.base(partitionOf(actor));
  }

  /** What any write to a partition may touch, beside the journals of these actors. */
  ofPartition(partition: number, actors: Iterable<string> = []): string[] {
    const base = this.base(partition);
    const keys = ['h', 'a', 'n', 'i', 'q', 'k', 'd', 'e', 'o'].map((letter) => base + letter);
    for (const actor of actors) keys.push(`${base}j:${actor}`);
    return keys;
  }

  checkpoints(actor: string): string {
    return `${this.baseOf(actor)}c:${actor}`;
  }

  get schema(): string {
    return `${this.prefix}:{meta}:schema`;
  }

  /** Written and deleted while a store is opened. */
  get probe(): string {
    return `${this.prefix}:{meta}:probe`;
  }

  /** The set of partitions that have ever been written to. */
  get partitions(): string {
    return `${this.prefix}:{meta}:partitions`;
  }

  lease(name: string): string {
    return `${this.prefix}:{lease}:${name}`;
  }
}

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** The cluster's slot of a hash tag. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) crc = ((crc << 8) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] as number)) & 0xffff;
  return crc % 16_384;
}

/** By partition. */
export const SLOTS: readonly number[] = Array.from({ length: PARTITIONS }, (_, partition) => slotOf(`p${partition}`));
