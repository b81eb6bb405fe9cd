import type { EffectObservation, LedgerLine } from '../../libs/testing/src/history';
import type { TurnView } from '../../libs/testing/src/history/turn-view';

/** What a run of the duty workload left behind, of one actor. */
export interface DutyEvidence {
  readonly actor: string;
  readonly turns: readonly TurnView[];
  /** Ids of the messages in its state, with their receipts, in order. */
  readonly made: readonly (readonly [messageId: string, receipt: number])[];
  /** Ids of the rows that are parked. */
  readonly parked: ReadonlySet<string>;
  /** Reminders by name. */
  readonly registered: ReadonlyMap<string, RegisteredReminder>;
  /** Receipts that clients were given. */
  readonly acked: readonly number[];
  /** A parked message holds its line. */
  readonly holds: boolean;
  /** When each message was received, by id. */
  readonly receivedAt: ReadonlyMap<string, number>;
}

export interface RegisteredReminder {
  /** How often it was to run. */
  readonly times: number;
  /** Then it ran at most so often. */
  readonly cancelled: boolean;
  /** Then runs that were taken back have left their numbers unused, and one that was parked by then was planned once more. */
  readonly paused: boolean;
  /** Pauses of which nobody was told that they have ended: then it may have run less often, too. */
  readonly openPauses: number;
  /** A client was told that it is registered. */
  readonly sure: boolean;
  /** Runs that are later are passed over; `null`: none is. */
  readonly graceMs: number | null;
}

/**
 * What is wrong with it. Pure.
 *
 *  D1. A message takes effect at most once, also after it was parked and taken up again; then it ends only by an operator.
 *  D2. The state has what the journal says, and all that clients were told.
 *  D3. Of each reminder every run from the first to the last came to an end: handled, parked, or discarded.
 *  D4. An effect whose record was seen is not called again, whatever operators do; its record keeps its value.
 *  D5. Behind a parked message that holds the line nothing runs but operators' decisions.
 *  D6. A run that is later than its grace is handled for an operator only.
 */
export function judgeDuty(evidence: DutyEvidence): string[] {
  const complaints = [endsOf, stateOf, runsOf, recordsOf, lineOf, graceOf].flatMap((rule) => rule(evidence));
  return complaints.map((complaint) => `${evidence.actor}: ${complaint}`);
}

export function judgeCalls(observations: readonly EffectObservation[], ledger: readonly LedgerLine[]): string[] {
  const calls = new Map<string, number>();
  for (const { key } of ledger) calls.set(key, (calls.get(key) ?? 0) + 1);
  const broken = observations.filter((seen) => (calls.get(seen.key) ?? 0) !== seen.calls);
  return [...new Set(broken.map(({ key }) => key))].map(
    (key) => `D4 ${key} was called again after its record was seen`,
  );
}

/** What an effect of this turn is called by outside: another one where an operator had it start anew. */
export function actsAs({ messageId, received }: TurnView): string {
  const causation = received?.causationId ?? '';
  return causation.startsWith(`${messageId}~`) ? causation : messageId;
}

function isDuty({ received, messageId }: TurnView): boolean {
  const method = received?.method;
  return method === 'serve' || method === 'limp' || (received === null && !messageId.includes('/advance'));
}

/** Too late: its turn did nothing but plan the next one. */
function wasPassedOver({ messageId, effects, end }: TurnView): boolean {
  return messageId.includes('/reminder/') && end === 'ok' && effects.length === 0;
}

function endsOf({ turns }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const last = new Map<string, TurnView['end']>();
  const released = new Set<string>();
  for (const turn of turns) {
    const { messageId, end, received, args } = turn;
    if (received?.method === '$revive' && end === 'ok') released.add(args[0] as string);
    if (received?.method === '$discard' && end === 'ok') last.set(args[0] as string, 'ok');
    if (!isDuty(turn) || end === 'open') continue;
    const before = last.get(messageId);
    if (before === 'ok' || before === 'error') complaints.push(`D1 ${messageId} ended again, after it was over`);
    if (before === 'parked' && !released.delete(messageId))
      complaints.push(`D1 ${messageId} left the parked ones by itself`);
    last.set(messageId, end);
  }
  return complaints;
}

function stateOf({ turns, made, acked }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const done = turns
    .filter((turn) => isDuty(turn) && turn.end === 'ok' && !wasPassedOver(turn))
    .map(({ messageId, result }) => [messageId, result]);
  if (JSON.stringify(done) !== JSON.stringify(made))
    complaints.push(`D2 the journal makes ${JSON.stringify(done)}, the state has ${JSON.stringify(made)}`);
  for (const receipt of acked)
    if (made.filter(([, each]) => each === receipt).length !== 1)
      complaints.push(`D2 receipt ${receipt} was given and is not there once`);
  return complaints;
}

function runsOf({ actor, turns, made, parked, registered }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const over = new Set([...made.map(([id]) => id), ...parked]);
  for (const { received, args, end } of turns)
    if (received?.method === '$discard' && end === 'ok') over.add(args[0] as string);
  for (const [name, { times, cancelled, paused, openPauses, sure, graceMs }] of registered) {
    const prefix = `${actor}/reminder/${encodeURIComponent(name)}/`;
    const numbers = [...over].filter((id) => id.startsWith(prefix)).map((id) => Number(id.split('/').at(-1)));
    numbers.sort((a, b) => a - b);
    const isWhole = paused || graceMs !== null || numbers.every((number, i) => number === i + 1);
    const mayBeFewer = cancelled || openPauses > 0 || (!sure && numbers.length === 0);
    const isEnough =
      numbers.length === times || (mayBeFewer && numbers.length < times) || (paused && numbers.length > times);
    if (!isWhole || !isEnough)
      complaints.push(`D3 of the ${times} runs of ${name} there were those numbered ${numbers.join()}`);
  }
  return complaints;
}

function recordsOf({ turns }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const values = new Map<string, string>();
  for (const turn of turns)
    for (const { scope, ordinal, result } of turn.effects) {
      const key = `${actsAs(turn)}/${scope}/${ordinal}`;
      const value = Buffer.from(result ?? []).toString('hex');
      if ((values.get(key) ?? value) !== value) complaints.push(`D4 the record of ${key} has changed`);
      values.set(key, value);
    }
  return complaints;
}

function lineOf({ turns, holds }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const holding = new Set<string>();
  for (const { messageId, received, args, end } of turns) {
    const isDecision = received?.method === '$revive' || received?.method === '$discard';
    if (isDecision && end === 'ok') holding.delete(args[0] as string);
    if (!isDecision && holding.size > 0)
      complaints.push(`D5 ${messageId} ran behind ${[...holding].join()}, which was parked`);
    if (end === 'parked' && holds) holding.add(messageId);
  }
  return complaints;
}

function graceOf({ actor, turns, registered, receivedAt }: DutyEvidence): string[] {
  const complaints: string[] = [];
  const due = new Map(turns.flatMap(({ sends }) => sends.map(({ messageId, dueAt }) => [messageId, dueAt] as const)));
  const revived = new Set(turns.filter(({ received }) => received?.method === '$revive').map(({ args }) => args[0]));
  for (const [name, { graceMs }] of registered)
    for (const turn of turns) {
      const { messageId, effects } = turn;
      if (graceMs === null || effects.length === 0 || revived.has(messageId)) continue;
      if (!messageId.startsWith(`${actor}/reminder/${encodeURIComponent(name)}/`)) continue;
      const lateMs = (receivedAt.get(messageId) ?? 0) - (due.get(messageId) ?? 0);
      if (lateMs > graceMs) complaints.push(`D6 ${messageId} ran, though it was late by ${lateMs} ms`);
    }
  return complaints;
}
