import { writeSync } from 'node:fs';

/**
 * Named places where a test may kill or fail the process. Test mode reads `PLEXSPACES_FAILPOINTS`, e.g.
 * `commit.beforeBegin=kill@3`: the third time that a thread reaches that point, the process dies by SIGKILL. Each hit
 * is written to the file descriptor `PLEXSPACES_FAILPOINT_FD` first, so that coverage survives the kill.
 *
 * The published build has none: `scripts/strip-failpoints.cjs` cuts every call out when the package is packed. So a
 * call is a statement of its own, with the name as a literal.
 */
export type FailpointAction = 'kill' | 'throw' | 'count';

/** Marks a step after which a crash leaves a state of its own. Not in the published build; elsewhere one comparison. */
export function failpoint(name: FailpointName): void {
  if (hook !== undefined) hook(name);
}

/** Test seam: replaces what a failpoint does in this thread; `undefined` switches them off. */
export function setFailpointHook(next: ((name: string) => void) | undefined): void {
  hook = next;
}

/** Every point there is, in the order of a message's life; a test that names another one is refused. */
export const FAILPOINTS = [
  'migrate.midway',
  'due.beforeSweep',
  'due.afterSweep',
  'due.beforeWake',
  'due.afterWake',
  'ingress.afterValidate',
  'ingress.afterAccept',
  'ingress.afterDedupeLookup',
  'mailbox.afterEnqueue',
  'mailbox.beforeDispatch',
  'activation.afterHead',
  'activation.afterCheckpointLoad',
  'activation.midRecovery',
  'activation.afterRecovery',
  'resume.beforeCount',
  'resume.afterCount',
  'replay.beforeHandOver',
  'spawn.beforeTurn',
  'handler.before',
  'handler.afterReturn',
  'effect.beforeIntent',
  'effect.afterResultCommit',
  'effect.afterIntent',
  'effect.afterCall',
  'effect.beforeHandOver',
  'timer.afterScheduled',
  'timer.afterFired',
  'turn.beforeCommit',
  'commit.beforeBegin',
  'group.midBatch',
  'commit.afterHead',
  'commit.afterJournal',
  'commit.afterInbox',
  'commit.afterSends',
  'commit.beforeCommit',
  'commit.afterCommit',
  'outbox.afterAppend',
  'outbox.afterMove',
  'flush.beforeAcks',
  'rows.beforeStatement',
  'rows.afterStatement',
  'caller.beforeInsert',
  'caller.afterInsert',
  'caller.afterCommit',
  'transact.beforeWork',
  'transact.afterWork',
  'transact.beforeAppend',
  'transact.beforeCommit',
  'transact.afterCommit',
  'group.midAcks',
  'readBack.before',
  'readBack.after',
  'undo.before',
  'turn.afterCommit',
  'spawn.afterCommit',
  'reply.before',
  'reply.after',
  'reply.beforeKnown',
  'deferred.beforeWait',
  'deferred.beforeAnswer',
  'send.beforeDeliver',
  'retry.beforeCount',
  'retry.beforeAttempt',
  'supervision.beforeRecord',
  'supervision.afterRecord',
  'park.beforeCommit',
  'park.afterCommit',
  'unpark.beforeCommit',
  'unpark.afterCommit',
  'hold.beforeOpen',
  'orphans.beforePark',
  'orphans.afterPark',
  'attach.afterHook',
  'attach.afterMark',
  'attach.afterCommit',
  'checkpoint.beforeWrite',
  'checkpoint.afterEncode',
  'checkpoint.beforePrune',
  'checkpoint.afterPrune',
  'checkpoint.afterWrite',
  'fs.afterTemp',
  'fs.afterSync',
  'fs.afterRename',
  'truncate.before',
  'truncate.midway',
  'truncate.after',
  'retention.beforeTruncate',
  'retention.afterTruncate',
  'purge.afterCheckpoints',
  'purge.midway',
  'purge.after',
  'import.afterEntries',
  'import.afterCheckpoint',
  'import.afterRow',
  'import.afterEnd',
  'restore.midway',
  'passivate.before',
  'passivate.beforeFlush',
  'passivate.afterFlush',
  'terminate.beforeAnswer',
  'stop.beforeDrain',
  'stop.afterDrain',
] as const;

export type FailpointName = (typeof FAILPOINTS)[number];

let hook: ((name: string) => void) | undefined = fromEnvironment(process.env['PLEXSPACES_FAILPOINTS']);

function fromEnvironment(spec: string | undefined): ((name: string) => void) | undefined {
  if (spec === undefined || spec === '') return undefined;
  const plans = new Map(spec.split(',').map(parsePlan));
  const fd = Number(process.env['PLEXSPACES_FAILPOINT_FD'] ?? 2);
  const hits = new Map<string, number>();
  return (name) => {
    const plan = plans.get(name);
    if (plan === undefined) return;
    const count = (hits.get(name) ?? 0) + 1;
    hits.set(name, count);
    if (count < plan.at || (count > plan.at && plan.action !== 'count')) return;
    writeSync(fd, `failpoint ${name} ${count}\n`);
    if (plan.action === 'kill') dieAtOnce();
    if (plan.action === 'throw') throw new Error(`failpoint ${name}`);
  };
}

function parsePlan(part: string): [string, { action: FailpointAction; at: number }] {
  const match = /^([\w.]+)=(kill|throw|count)(?:@([1-9]\d*))?$/.exec(part.trim());
  const name = match?.[1];
  if (match === null || !FAILPOINTS.includes(name as FailpointName)) {
    throw new Error(
      `PLEXSPACES_FAILPOINTS: ${JSON.stringify(part)} is not <point>=kill|throw|count[@n]; points: ${FAILPOINTS.join(', ')}`,
    );
  }
  return [name as string, { action: match[2] as FailpointAction, at: Number(match[3] ?? 1) }];
}

function dieAtOnce(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // nothing after this line may run while the signal is on its way
}
