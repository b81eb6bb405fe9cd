import type { SystemCall } from './strace-log';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** One transaction as it went into SQLite's WAL. */
export interface WalCommit {
  /** Line on which its last write came back. */
  readonly writtenAt: number;
  /** Markers found in its pages. */
  readonly markers: ReadonlySet<string>;
}

/**
 * The transactions among the writes to a WAL: frames up to the one whose header tells the size of the database after the commit.
 * @throws Error at a write that is no part of a WAL
 */
export function readWalCommits(writes: readonly SystemCall[], marker: RegExp): WalCommit[] {
  const commits: WalCommit[] = [];
  let markers = new Set<string>();
  let isLastFrame = false;
  for (const { data, result, end, start } of writes) {
    if (result !== data.length)
      throw new Error(`Line ${start + 1}: ${data.length} bytes written, ${String(result)} taken`);
    if (data.length === WAL_HEADER_BYTES) continue;
    if (data.length === FRAME_HEADER_BYTES) {
      isLastFrame = data.readUInt32BE(4) !== 0;
      continue;
    }
    if (data.length < 512) throw new Error(`Line ${start + 1}: ${data.length} bytes are no page of a WAL`);
    for (const [found] of data.toString('latin1').matchAll(marker)) markers.add(found);
    if (!isLastFrame) continue;
    commits.push({ writtenAt: end, markers });
    markers = new Set();
  }
  return commits;
}
