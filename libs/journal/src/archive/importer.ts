import type { HeadRow } from '#spi';

/** Who writes an actor that is being imported: the same for each try, and nobody else. */
export function importerOf({ seq, epoch, writer }: HeadRow): string {
  return `import ${seq} ${epoch} ${writer}`;
}

/** Was it cut short while it was imported from this archive? */
export function isUnfinished(head: HeadRow, found: HeadRow): boolean {
  return found.writer === importerOf(head) && found.status === 'absent';
}

/** Is it imported from any archive, or was it cut short? What it did and answered is not all there. */
export function isBeingImported({ writer, status }: HeadRow): boolean {
  return status === 'absent' && /^import \d+ \d+ /.test(writer);
}
