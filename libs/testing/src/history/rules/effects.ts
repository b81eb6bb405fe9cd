import { decodePayload } from '#journal';
import { type Evidence, append } from '../evidence';
import type { LedgerLine } from '../ledger-line';
import { sameValue, show } from '../same-value';
import type { SeenEffect } from '../turn-view';

/** H6: a recorded effect was called, has one record, gives what the call gave, and is not called once the record is there. */
export function checkEffects(evidence: Evidence): void {
  const { ledger = [], ledgerEffects = [] } = evidence.input;
  const calls = new Map<string, LedgerLine[]>();
  for (const line of ledger) append(calls, line.key, line);
  for (const { actor, turns } of evidence.actors.values()) {
    const recorded = new Map<string, SeenEffect>();
    for (const { actsAs, effects, isTakenUp } of turns) {
      for (const effect of effects) {
        const { scope, ordinal, name, seq, result } = effect;
        const key = `${actor}/${actsAs}/${scope}/${ordinal}`;
        const before = recorded.get(key);
        if (before !== undefined) {
          const isCopy = isTakenUp && sameValue(outcomeOf(before), outcomeOf(effect)); // it goes on on its record
          if (!isCopy)
            evidence.blame('H6', actor, `${name} ${key} is recorded twice, in entries ${before.seq} and ${seq}`);
        } else if (ledgerEffects.includes(name) && result !== null)
          checkResult(evidence, actor, `${name} ${key} in entry ${seq}`, decodePayload(result), calls.get(key) ?? []);
        recorded.set(key, before ?? effect);
      }
    }
  }
  checkObservations(evidence, calls);
}

function outcomeOf({ result, error }: SeenEffect): unknown {
  return { value: result === null ? null : decodePayload(result), error };
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
