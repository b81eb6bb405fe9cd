import { FAILPOINTS, type FailpointName } from 'plexspaces/spi';

/** How a failpoint is reached in a life that starts on a store others have died on. */
export interface CrashPoint {
  readonly name: FailpointName;
  /** About how often one round of the workload passes it: which of these passages is deadly is drawn. */
  readonly most: number;
  /** A life that dies there comes first: it leaves what this point needs, so that the recovery from that death is struck. */
  readonly after?: FailpointName;
  /** Something else has to fail first, at a passage that is drawn. */
  readonly when?: `${FailpointName}=throw`;
  /** Passed on a store that is new. */
  readonly isFirst?: true;
  /** Passed where checkpoints are files. */
  readonly isInFiles?: true;
  /** Passed when the node stops: one round of work is enough. */
  readonly isLast?: true;
}

/**
 * Of the application's own tables and transactions: struck in test/integration/rows and test/conformance; of outboxes:
 * test/conformance/redis; of the command line: test/integration/cli; of supervisors: test/integration/supervision; of messages taken up again:
 * test/integration/dead-letters; of answers put off: test/integration/deferred.
 */
export const STRUCK_ELSEWHERE =
  /^(rows|caller|transact|outbox|purge|import|restore|supervision|unpark|hold|deferred)[.]/;
type StruckHere = Exclude<
  FailpointName,
  `${'rows' | 'caller' | 'transact' | 'outbox' | 'purge' | 'import' | 'restore' | 'supervision' | 'unpark' | 'hold' | 'deferred'}.${string}`
>;

const MOST: Readonly<Record<StruckHere, number>> = {
  'migrate.midway': 13,
  'due.beforeSweep': 2,
  'due.afterSweep': 2,
  'due.beforeWake': 3,
  'due.afterWake': 2,
  'ingress.afterValidate': 40,
  'ingress.afterAccept': 8,
  'ingress.afterDedupeLookup': 30,
  'mailbox.afterEnqueue': 40,
  'mailbox.beforeDispatch': 30,
  'activation.afterHead': 5,
  'activation.afterCheckpointLoad': 5,
  'activation.midRecovery': 2,
  'activation.afterRecovery': 5,
  'resume.beforeCount': 2,
  'resume.afterCount': 2,
  'replay.beforeHandOver': 2,
  'spawn.beforeTurn': 1,
  'handler.before': 30,
  'handler.afterReturn': 25,
  'effect.beforeIntent': 20,
  'effect.afterResultCommit': 8,
  'effect.afterIntent': 20,
  'effect.afterCall': 20,
  'effect.beforeHandOver': 20,
  'timer.afterScheduled': 3,
  'timer.afterFired': 3,
  'turn.beforeCommit': 25,
  'commit.beforeBegin': 15,
  'group.midBatch': 25,
  'commit.afterHead': 30,
  'commit.afterJournal': 30,
  'commit.afterInbox': 30,
  'commit.afterSends': 30,
  'commit.beforeCommit': 15,
  'commit.afterCommit': 15,
  'flush.beforeAcks': 15,
  'group.midAcks': 25,
  'readBack.before': 1,
  'readBack.after': 1,
  'undo.before': 1,
  'turn.afterCommit': 25,
  'spawn.afterCommit': 1,
  'reply.before': 25,
  'reply.after': 25,
  'reply.beforeKnown': 3,
  'send.beforeDeliver': 6,
  'retry.beforeCount': 3,
  'retry.beforeAttempt': 3,
  'park.beforeCommit': 3,
  'park.afterCommit': 3,
  'orphans.beforePark': 1,
  'orphans.afterPark': 1,
  'attach.afterHook': 2,
  'attach.afterMark': 2,
  'attach.afterCommit': 2,
  'checkpoint.beforeWrite': 6,
  'checkpoint.afterEncode': 6,
  'checkpoint.beforePrune': 6,
  'checkpoint.afterPrune': 6,
  'checkpoint.afterWrite': 6,
  'fs.afterTemp': 6,
  'fs.afterSync': 6,
  'fs.afterRename': 6,
  'truncate.before': 2,
  'truncate.midway': 2,
  'truncate.after': 2,
  'retention.beforeTruncate': 2,
  'retention.afterTruncate': 2,
  'passivate.before': 5,
  'passivate.beforeFlush': 5,
  'passivate.afterFlush': 5,
  'terminate.beforeAnswer': 1,
  'stop.beforeDrain': 1,
  'stop.afterDrain': 1,
};

const CONDITIONS: Partial<Record<FailpointName, Omit<CrashPoint, 'name' | 'most'>>> = {
  'migrate.midway': { isFirst: true },
  'activation.midRecovery': { after: 'effect.afterIntent' },
  'resume.beforeCount': { after: 'effect.afterIntent' },
  'resume.afterCount': { after: 'ingress.afterAccept' },
  'replay.beforeHandOver': { after: 'effect.afterResultCommit' },
  'readBack.before': { when: 'commit.afterCommit=throw' },
  'readBack.after': { when: 'commit.beforeCommit=throw' },
  'undo.before': { when: 'commit.afterJournal=throw' },
  'fs.afterTemp': { isInFiles: true },
  'fs.afterSync': { isInFiles: true },
  'fs.afterRename': { isInFiles: true },
  'passivate.before': { isLast: true },
  'passivate.beforeFlush': { isLast: true },
  'passivate.afterFlush': { isLast: true },
  'stop.beforeDrain': { isLast: true },
  'stop.afterDrain': { isLast: true },
};

/** Every failpoint there is, but those struck elsewhere. */
export const CRASH_POINTS: readonly CrashPoint[] = FAILPOINTS.filter((name): name is StruckHere => name in MOST).map(
  (name) => ({
    name,
    most: MOST[name],
    ...CONDITIONS[name],
  }),
);

export function crashPoint(name: FailpointName): CrashPoint {
  return CRASH_POINTS.find((point) => point.name === name) as CrashPoint;
}
