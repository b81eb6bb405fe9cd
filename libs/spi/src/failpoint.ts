import { writeSync } from 'node:fs';

/**
 * Named places where a test may kill, pause or fail the process. In production `hook` is undefined and a
 * failpoint is one comparison. Test mode reads `PLEXSPACES_FAILPOINTS`, e.g. `commit.beforeBegin=kill@3`:
 * the third time that point is reached, the process dies by SIGKILL. Each hit is written to the file
 * descriptor `PLEXSPACES_FAILPOINT_FD` first, so that coverage survives the kill.
 */
export type FailpointAction = 'kill' | 'throw' | 'count';

/** Marks a point in the life of a turn. Costs one comparison when no test asked for it. */
export function failpoint(name: FailpointName): void {
  if (hook !== undefined) hook(name);
}

/** Test seam: replaces what a failpoint does in this thread; `undefined` switches them off. */
export function setFailpointHook(next: ((name: string) => void) | undefined): void {
  hook = next;
}

/** Every point there is; a test that names another one is refused. */
export const FAILPOINTS = [
  'ingress.afterValidate',
  'ingress.afterAccept',
  'mailbox.afterEnqueue',
  'mailbox.beforeDispatch',
  'activation.afterHead',
  'activation.afterCheckpointLoad',
  'activation.midRecovery',
  'activation.afterRecovery',
  'handler.before',
  'handler.afterReturn',
  'effect.beforeIntent',
  'effect.afterIntent',
  'effect.afterCall',
  'effect.beforeHandOver',
  'turn.beforeCommit',
  'turn.afterCommit',
  'commit.beforeBegin',
  'commit.afterHead',
  'commit.afterJournal',
  'commit.afterInbox',
  'commit.beforeCommit',
  'commit.afterCommit',
  'flush.beforeAcks',
  'rows.beforeStatement',
  'rows.afterStatement',
  'reply.before',
  'reply.after',
  'send.beforeDeliver',
  'retry.beforeAttempt',
  'park.afterCommit',
  'checkpoint.beforeWrite',
  'checkpoint.afterWrite',
  'checkpoint.afterPrune',
  'fs.afterTemp',
  'fs.afterSync',
  'fs.afterRename',
  'passivate.before',
  'stop.beforeDrain',
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
  const match = /^([\w.]+)=(kill|throw|count)(?:@(\d+))?$/.exec(part.trim());
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
