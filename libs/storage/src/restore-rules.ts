import type { EntryRecord } from '#spi';

/** Where a journal stands, as far as J14 asks. */
export interface Standing {
  /** `null` where nobody has appended. */
  readonly headSeq: number | null;
  /** `null` where no entry is kept. */
  readonly firstKept: number | null;
}

/** Do they follow each other without a gap? */
export function areDense(entries: readonly EntryRecord[]): boolean {
  const first = entries[0]?.seq ?? 1;
  return first >= 1 && entries.every(({ seq }, i) => seq === first + i);
}

/** May entries that end at `lastSeq` (`null`: there are none) be put there (J14)? `headSeq`: of the head row they bring. Pure. */
export function mayRestore(lastSeq: number | null, headSeq: number | null, standing: Standing): boolean {
  if (headSeq !== null) return standing.headSeq === null && (lastSeq === null || lastSeq === headSeq);
  if (standing.headSeq === null || lastSeq === null) return false;
  return lastSeq + 1 === (standing.firstKept ?? standing.headSeq + 1);
}
