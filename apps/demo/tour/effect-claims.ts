import { type Claim, claim, unless } from '../claim';
import type { LedgerLine } from '../rates/ledger';
import type { Death, Evidence } from './evidence';
import { type JournaledEffect, type JournaledMessage, journaledMessages } from './journaled-messages';

/** Calls of the ledger under one idempotency key, where there was more than one. */
export interface RepeatedCall {
  readonly key: string;
  readonly message: string;
  readonly effect: string;
  readonly calls: readonly LedgerLine[];
  readonly recorded: unknown;
}

/** Feature 4: a recorded effect is answered from its record; the ledger of the outside world is the witness. */
export function judgeEffects(evidence: Evidence): Claim[] {
  const { actor, entries, ledger, deaths } = evidence;
  const messages = journaledMessages(actor, entries);
  const effects = messages.flatMap((message) => message.effects);
  const byKey = callsByKey(ledger);
  const keys = new Set(effects.map(({ idempotencyKey }) => idempotencyKey));
  const resumed = messagesOnRecord(evidence);
  const repeated = repeatedCalls(evidence);
  return [
    claim(
      'a message that was cut off after its first effect went on from the record of it',
      [
        ...unless(resumed.includes(evidence.mishap), `${evidence.mishap}, whose handler threw, did not`),
        ...unless(
          deaths.length === 0 || deaths.some(({ message }) => resumed.includes(message)),
          'none that was killed did',
        ),
      ],
      resumed.join(', '),
    ),
    claim(
      'no recorded effect was called again: the record holds the last call there was',
      effects.flatMap((effect) => contradiction(effect, byKey.get(effect.idempotencyKey) ?? [])),
      `${effects.length} effects, ${ledger.length} calls`,
    ),
    claim(
      'every call in the ledger carries the key of an effect that is on record',
      [...byKey.keys()].filter((key) => !keys.has(key)).map((key) => `a call came under the key ${key}`),
      `${byKey.size} keys`,
    ),
    claim(
      'an unrecorded call was repeated only after a crash, under the same key',
      repeated.flatMap((call) => unexplained(call, deaths)),
      `${repeated.length} repeated`,
    ),
    claim(
      "the ledger is complete: the service's own numbering has no gap",
      ledger.filter(({ call }, index) => call !== index + 1).map(({ call }) => `call ${call} is out of line`),
      `calls 1 to ${ledger.length}`,
    ),
  ];
}

/** Messages whose last run was given an effect from the record. */
function messagesOnRecord({ sent }: Evidence): string[] {
  return sent.filter(({ effects }) => effects.some(({ fromRecord }) => fromRecord)).map(({ id }) => id);
}

export function repeatedCalls({ actor, entries, ledger }: Evidence): RepeatedCall[] {
  const byKey = callsByKey(ledger);
  const describe = ({ id }: JournaledMessage, effect: JournaledEffect): RepeatedCall => ({
    key: effect.idempotencyKey,
    message: id,
    effect: effect.name,
    calls: byKey.get(effect.idempotencyKey) ?? [],
    recorded: effect.result,
  });
  return journaledMessages(actor, entries)
    .flatMap((message) => message.effects.map((effect) => describe(message, effect)))
    .filter(({ calls }) => calls.length > 1);
}

function callsByKey(ledger: readonly LedgerLine[]): Map<string, LedgerLine[]> {
  const byKey = new Map<string, LedgerLine[]>();
  for (const line of ledger) byKey.set(line.key, [...(byKey.get(line.key) ?? []), line]);
  return byKey;
}

/** The service answers every call anew, so a call after the record would leave another number there. */
function contradiction(effect: JournaledEffect, calls: readonly LedgerLine[]): string[] {
  const last = calls.at(-1);
  if (last === undefined) return [`entry ${effect.seq} records a call that the ledger does not have`];
  return unless(
    last.answer === effect.result,
    `entry ${effect.seq} records ${String(effect.result)}, the last call answered ${last.answer}`,
  );
}

function unexplained({ key, message, calls }: RepeatedCall, deaths: readonly Death[]): string[] {
  const crashes = deaths.filter((death) => death.message === message).length;
  return unless(calls.length <= 1 + crashes, `${key} was called ${calls.length} times in ${crashes} crashes`);
}
