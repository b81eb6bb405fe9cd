import { type Claim, claim, unless } from '../claim';
import { repeatedCalls } from './effect-claims';
import type { Death, Evidence } from './evidence';
import { journaledMessages } from './journaled-messages';
import type { Aftermath } from './kill-plan';

/** Feature 5: a message changes the state once, however often it is sent and wherever the process dies. */
export function judgeExactlyOnce(evidence: Evidence): Claim[] {
  const { sent, repeats, ledger, callsBeforeRepeats, conflict, current } = evidence;
  const answers = new Map(sent.map(({ id, answer }) => [id, answer]));
  const expected = expectedValue(evidence);
  return [
    claim(
      'every message was received once and completed once',
      journaledMessages(evidence.actor, evidence.entries)
        .filter(({ received, processed }) => received !== 1 || processed !== 1)
        .map(({ id, received, processed }) => `${id}: received ${received}, completed ${processed} times`),
      `${sent.length} messages, ${sent.reduce((sum, { deliveries }) => sum + deliveries, 0)} deliveries`,
    ),
    claim(
      'the value is what the amounts and the ledger of the rate service make it, without asking the journal',
      unless(current === expected, `${current} instead of ${expected}`),
      `value ${current}`,
    ),
    claim(
      'all messages sent again got their first answer',
      repeats
        .filter(({ id, answer }) => answers.get(id) !== answer)
        .map(({ id, answer }) => `${id}: ${answers.get(id)}, then ${answer}`),
      `${repeats.length} repeats`,
    ),
    claim(
      'neither that, nor running the journal again, nor looking back reached the rate service',
      unless(ledger.length === callsBeforeRepeats, `${ledger.length - callsBeforeRepeats} more calls`),
      '0 calls',
    ),
    claim(
      'a known id with another amount is refused',
      unless(conflict === 'PS_IDEMPOTENCY_CONFLICT', conflict === '' ? 'it was taken' : conflict),
      conflict,
    ),
  ];
}

/** The deaths were real, came where they were meant to, and left what they should. */
export function judgeDeaths(evidence: Evidence): Claim[] {
  const { planned, deaths } = evidence;
  return [
    claim(
      'the worker was killed by SIGKILL at every point of the plan',
      [
        ...unless(deaths.length === planned.length, `${deaths.length} deaths instead of ${planned.length}`),
        ...deaths
          .filter((death) => !asPlanned(death))
          .map(({ kill, hit, signal }) => `${kill.point}: ${hit} ${signal}`),
      ],
      `${deaths.length} deaths`,
    ),
    claim(
      'what was sent again did what was left to do, no less and no more',
      deaths.flatMap((death) => compareAftermath(evidence, death)),
      `${deaths.length} messages`,
    ),
  ];
}

function compareAftermath(evidence: Evidence, { kill, message }: Death): string[] {
  if (kill.leaves === null) return [];
  const found = aftermathOf(evidence, message);
  const isSame = (Object.keys(found) as (keyof Aftermath)[]).every((key) => found[key] === kill.leaves?.[key]);
  return unless(isSame, `${message}, ${kill.point}: ${JSON.stringify(found)}`);
}

/** What the last run of a message had to do, as its process and the ledger saw it. */
function aftermathOf(evidence: Evidence, message: string): Aftermath {
  const effects = evidence.sent.find(({ id }) => id === message)?.effects ?? [];
  return {
    again: repeatedCalls(evidence).find((call) => call.message === message)?.effect ?? null,
    recorded: effects.find(({ fromRecord }) => fromRecord)?.name ?? null,
    answered: effects.length === 0,
  };
}

function asPlanned({ kill, signal, hit }: Death): boolean {
  const expected = kill.point === 'outside' ? null : `${kill.point} ${kill.at}`;
  return signal === 'SIGKILL' && hit === expected;
}

/** Amounts times rates. The service never repeats itself on purpose, so the rate that counts is its last under that message. */
function expectedValue({ sent, ledger }: Evidence): number {
  const rates = new Map<string, number>();
  for (const { path, key, answer } of ledger) {
    const id = /\/(m\d+)\/handler\/0$/.exec(key)?.[1];
    if (path === '/rate' && id !== undefined) rates.set(id, answer);
  }
  return sent.reduce((sum, { id, by }) => sum + by * (rates.get(id) ?? NaN), 0);
}
