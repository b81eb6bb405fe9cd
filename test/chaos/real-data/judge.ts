import { decodePayload } from '#journal';
import type { ActorHistory, HistoryVerdict, LedgerLine } from 'plexspaces/testing';
import type { Totals } from './expected-totals';
import type { Receipt } from './shop';

/** What a campaign is judged by. */
export interface Evidence {
  readonly expected: { readonly items: ReadonlyMap<string, Totals>; readonly customers: ReadonlyMap<string, Totals> };
  readonly items: ReadonlyMap<string, Totals>;
  readonly customers: ReadonlyMap<string, Totals>;
  /** How many effects the lines have, together. */
  readonly plannedEffects: number;
  readonly failures: readonly string[];
  readonly plannedKills: number;
  readonly deaths: readonly (NodeJS.Signals | number | null)[];
  readonly struckAtWork: number;
  readonly lastExit: NodeJS.Signals | number | null;
  readonly effects: readonly RecordedEffect[];
  readonly ledger: readonly LedgerLine[];
  readonly history: Pick<HistoryVerdict, 'problems' | 'invalid'>;
}

/** The record of an effect, under the key that the outside was called with. */
export interface RecordedEffect {
  readonly key: string;
  readonly value: Receipt;
}

/** What went wrong; nothing, if all is well. */
export function judge(evidence: Evidence): string[] {
  const { expected, items, customers, history, failures } = evidence;
  return [
    ...failures.map((failure) => `a line was refused: ${failure}`),
    ...judgeDeaths(evidence),
    ...differences('item', expected.items, items),
    ...differences('customer', expected.customers, customers),
    ...judgeEffects(evidence),
    ...history.problems.map(({ rule, actor = '', message }) => `${rule} ${actor} ${message}`),
    ...history.invalid.map(({ reason, message }) => `the run is invalid, ${reason}: ${message}`),
  ];
}

function judgeDeaths({ deaths, plannedKills, struckAtWork, lastExit }: Evidence): string[] {
  const problems = deaths.flatMap((how, i) => (how === 'SIGKILL' ? [] : [`life ${i + 1} ended by ${String(how)}`]));
  if (deaths.length !== plannedKills) problems.push(`${deaths.length} lives ended early, ${plannedKills} were to`);
  if (struckAtWork * 2 < plannedKills) problems.push(`only ${struckAtWork} of ${plannedKills} kills struck at work`);
  if (lastExit !== 0) problems.push(`the last node ended by ${String(lastExit)}`);
  return problems;
}

function differences(
  what: string,
  expected: ReadonlyMap<string, Totals>,
  found: ReadonlyMap<string, Totals>,
): string[] {
  const keys = new Set([...expected.keys(), ...found.keys()]);
  return [...keys].flatMap((key) => {
    const [should, is] = [expected, found].map((totals) =>
      totals.has(key) ? JSON.stringify(totals.get(key)) : 'nothing',
    );
    return should === is ? [] : [`${what} ${key} has ${is}, and the file says ${should}`];
  });
}

/**
 * Each effect of a line has one record. The recorded receipt is that of the last call under its key: had the effect run
 * again once it was recorded, there would be a later one. A call may be repeated by a crash, so never more often than there were crashes.
 */
function judgeEffects({ effects, ledger, plannedEffects, deaths }: Evidence): string[] {
  const problems: string[] = [];
  const calls = new Map<string, Receipt[]>();
  for (const { key, value } of ledger) calls.set(key, [...(calls.get(key) ?? []), value as Receipt]);
  const recorded = new Set<string>();
  for (const { key, value } of effects) {
    const made = calls.get(key) ?? [];
    if (recorded.has(key)) problems.push(`${key} is recorded twice`);
    recorded.add(key);
    if (made.length === 0) problems.push(`${key} is recorded and was never called`);
    else if (made.at(-1)?.receipt !== value.receipt)
      problems.push(`${key} is recorded with receipt ${value.receipt}, and was called again: ${JSON.stringify(made)}`);
    if (made.length > deaths.length + 1) problems.push(`${key} was called ${made.length} times`);
  }
  for (const key of calls.keys()) if (!recorded.has(key)) problems.push(`${key} was called and is not recorded`);
  if (recorded.size !== plannedEffects)
    problems.push(`${recorded.size} effects are recorded where the lines have ${plannedEffects}`);
  return problems;
}

/** The effects on record in these journals. */
export function recordedEffects(actors: readonly ActorHistory[]): RecordedEffect[] {
  return actors.flatMap(({ actor, entries }) => {
    let messageId = '';
    return entries.flatMap((entry) => {
      if (entry.kind === 'MessageReceived') ({ messageId } = entry);
      if (entry.kind !== 'SideEffectExecuted' || entry.result === null) return [];
      const { scope, ordinal, result } = entry;
      return [{ key: `${actor}/${messageId}/${scope}/${ordinal}`, value: decodePayload(result) as Receipt }];
    });
  });
}
