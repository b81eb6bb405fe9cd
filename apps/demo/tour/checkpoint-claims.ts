import { type Claim, claim, unless } from '../claim';
import type { Evidence, RecoveryFigures } from './evidence';
import { journaledMessages } from './journaled-messages';

const LEAST_GAIN = 0.9;

/** Feature 2: periodic checkpoints, so that recovery need not start at the beginning. */
export function judgeCheckpoints(evidence: Evidence, checkpointEvery: number): Claim[] {
  const { checkpoints, recovery } = evidence;
  const gain = gainOf(recovery);
  return [
    claim(
      `a checkpoint is taken every ${checkpointEvery} messages; a crash puts it off by a message, no more`,
      [...misplaced(evidence), ...late(checkpointGaps(evidence), checkpointEvery)],
      `${checkpoints.length} checkpoints`,
    ),
    claim(
      'recovery from a checkpoint is at least 90 % faster than full replay of the same history',
      unless(gain >= LEAST_GAIN, `only ${percent(gain)} faster`),
      `${percent(gain)} faster`,
    ),
    claim(
      'both ways lead to the same state',
      unless(
        recovery.replayValue === recovery.checkpointValue,
        `${recovery.replayValue} by replay, ${recovery.checkpointValue} from the checkpoint`,
      ),
      `value ${recovery.checkpointValue}`,
    ),
  ];
}

function misplaced({ actor, entries, checkpoints }: Evidence): string[] {
  const ends = new Set(journaledMessages(actor, entries).map(({ endSeq }) => endSeq));
  return checkpoints.filter(({ seq }) => !ends.has(seq)).map(({ seq }) => `at entry ${seq} no message ends`);
}

function late(gaps: readonly Gap[], checkpointEvery: number): string[] {
  return gaps
    .filter(({ messages, deaths, isLast }) => messages > checkpointEvery + deaths - (isLast ? 1 : 0))
    .map(({ messages, deaths }) => `${messages} messages and ${deaths} crashes without one`);
}

interface Gap {
  readonly messages: number;
  readonly deaths: number;
  /** Ends with the journal, not with a checkpoint. */
  readonly isLast: boolean;
}

/** Messages and crashes from each checkpoint to the next, and from the last one to the end. */
function checkpointGaps({ actor, entries, checkpoints, deaths }: Evidence): Gap[] {
  const ends = journaledMessages(actor, entries).map(({ id, endSeq }) => ({ id, endSeq }));
  const covered = checkpoints.map(({ seq }) => seq).sort((a, b) => a - b);
  return [...covered, Infinity].map((seq, index) => {
    const after = covered[index - 1] ?? 0;
    const within = ends.filter(({ endSeq }) => endSeq > after && endSeq <= seq);
    const ids = new Set(within.map(({ id }) => id));
    return {
      messages: within.length,
      deaths: deaths.filter(({ message }) => ids.has(message)).length,
      isLast: seq === Infinity,
    };
  });
}

/** The share of the time of a full replay that a checkpoint saves. */
export function gainOf({ replayMs, checkpointMs }: RecoveryFigures): number {
  return 1 - checkpointMs / replayMs;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
