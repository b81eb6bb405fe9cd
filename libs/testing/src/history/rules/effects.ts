import { decodePayload } from '#journal';
import { type Evidence, append } from '../evidence';
import type { LedgerLine } from '../ledger-line';
import { sameValue, show } from '../same-value';

/** H6: a recorded effect was called, has one record, gives what the call gave, and is not called once the record is there. */
export function checkEffects(evidence: Evidence): void {
  const { ledger = [], ledgerEffects = [] } = evidence.input;
  const calls = new Map<string, LedgerLine[]>();
  for (const line of ledger) append(calls, line.key, line);
  for (const { actor, turns } of evidence.actors.values()) {
    const recorded = new Map<string, number>();
    for (const { messageId, effects } of turns) {
      for (const { scope, ordinal, name, seq, result } of effects) {
        const key = `${actor}/${messageId}/${scope}/${ordinal}`;
        const before = recorded.get(key);
        if (before !== undefined)
          evidence.blame('H6', actor, `${name} ${key} is recorded twice, in entries ${before} and ${seq}`);
        else if (ledgerEffects.includes(name) && result !== null)
          checkResult(evidence, actor, `${name} ${key} in entry ${seq}`, decodePayload(result), calls.get(key) ?? []);
        recorded.set(key, before ?? seq);
      }
    }
  }
  checkObservations(evidence, calls);
}

function checkResult(
  evidence: Evidence,
  actor: string,
  effect: string,
  result: unknown,
  calls: readonly LedgerLine[],
): void {
  if (calls.length === 0) return evidence.blame('H6', actor, `${effect} is recorded and was never called`);
  if (calls.some(({ value, failed }) => failed !== true && sameValue(value, result))) return;
  const given = calls.map(({ value, failed }) => (failed === true ? 'a failure' : show(value))).join(', ');
  evidence.blame('H6', actor, `${effect} is recorded as ${show(result)}; its calls gave ${given}`);
}

function checkObservations(evidence: Evidence, calls: ReadonlyMap<string, readonly LedgerLine[]>): void {
  const blamed = new Set<string>();
  for (const { key, calls: before } of evidence.input.observations ?? []) {
    const count = calls.get(key)?.length ?? 0;
    if (count === before || blamed.has(key)) continue;
    blamed.add(key);
    const actor = key.split('/').slice(0, 4).join('/');
    evidence.blame('H6', actor, `effect ${key} had ${before} calls when its record was seen, and has ${count} now`);
  }
}
