import { type Claim, claim, unless } from '../claim';
import type { Evidence } from './evidence';

/** Feature 3: the journal alone gives the state, any state, again. */
export function judgeReplay({ verified, past, sent, current }: Evidence): Claim[] {
  const answers = new Map(sent.map(({ id, answer }) => [id, answer]));
  const last = past.at(-1);
  return [
    claim(
      "run again on the record, today's code takes the same path to the same results",
      verified.divergences.map(({ messageId, expected, got }) => `${messageId}: ${expected}, now ${got}`),
      `${verified.turns} turns`,
    ),
    claim(
      'the state rebuilt at the end of each message is what its sender was told then',
      past
        .filter(({ id, value }) => answers.get(id) !== value)
        .map(({ id, value }) => `${id}: ${value} rebuilt, ${answers.get(id)} told`),
      `${past.length} states`,
    ),
    claim(
      'the state rebuilt from the whole journal is the live one',
      unless(past.length < sent.length || last?.value === current, `${last?.value} rebuilt, ${current} live`),
      `value ${current}`,
    ),
  ];
}

/** Looking into the past leaves the present alone. */
export function judgeTimeTravel({ current, currentAfterTimeTravel, past }: Evidence): Claim[] {
  return [
    claim(
      'looking at past states does not disturb the live actor',
      unless(current === currentAfterTimeTravel, `${current} before, ${currentAfterTimeTravel} after`),
      `${past.length} looks back`,
    ),
  ];
}
