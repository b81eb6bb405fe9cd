import type { SystemCall } from './strace-log';
import { readWalCommits } from './wal-commits';

export interface ReplyRules {
  /** What stands in every answer and nowhere before the commit that carries it. Global. */
  readonly marker: RegExp;
  /** Is it a write of answers to the outside? */
  readonly isReply: (call: SystemCall) => boolean;
}

export interface ReplyVerdict {
  readonly replies: number;
  readonly commits: number;
  /** Successful flushes of the journal. */
  readonly syncs: number;
  /** Answers that left before what they depend on was on the disk, and why. */
  readonly tooEarly: readonly string[];
}

/**
 * Had each answer been flushed when it left? The first commit that carries the answer, its last write, a flush of the WAL that
 * begins after that write and succeeds, the write of the answer: in this order. One flush may serve many answers, and the next commit may
 * be under way by then.
 * @throws Error when strace shows only half of a write to the journal, or of one that answers
 */
export function judgeReplies(calls: readonly SystemCall[], { marker, isReply }: ReplyRules): ReplyVerdict {
  const half = calls.find((call) => call.isCut && (call.target.endsWith('-wal') || isReply(call)));
  if (half !== undefined)
    throw new Error(`Line ${half.start + 1} of the trace: its data is cut short: trace with a larger -s`);
  const onJournal = calls.filter(({ target }) => target.endsWith('-wal'));
  const commits = readWalCommits(onJournal.filter(isWrite), marker);
  const syncs = onJournal.filter(({ name, result }) => /^f(data)?sync$/.test(name) && result === 0);
  const durableAt = new Map<string, number>();
  for (const { writtenAt, markers } of commits) {
    const ends = syncs.filter(({ start }) => start > writtenAt).map(({ end }) => end);
    for (const each of markers)
      if (!durableAt.has(each)) durableAt.set(each, ends.length > 0 ? Math.min(...ends) : Infinity);
  }

  let replies = 0;
  const tooEarly: string[] = [];
  for (const call of calls.filter((each) => isWrite(each) && isReply(each))) {
    for (const [answer] of call.data.toString('latin1').matchAll(marker)) {
      replies += 1;
      const flushed = durableAt.get(answer);
      const line = `line ${call.start + 1}`;
      if (flushed === undefined) tooEarly.push(`${answer} left on ${line}, and no commit carries it`);
      else if (flushed > call.start) tooEarly.push(`${answer} left on ${line}, before its commit was flushed`);
    }
  }
  return { replies, commits: commits.length, syncs: syncs.length, tooEarly };
}

function isWrite({ name }: SystemCall): boolean {
  return name === 'write' || name === 'pwrite64';
}
