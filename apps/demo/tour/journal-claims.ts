import { type Claim, claim, unless } from '../claim';
import type { Evidence } from './evidence';
import { journaledMessages } from './journaled-messages';

/** Feature 1: everything that happens to the actor is an entry of its journal. */
export function judgeJournal({ actor, sent, entries }: Evidence): Claim[] {
  const journaled = journaledMessages(actor, entries);
  const ids = new Set(sent.map(({ id }) => id));
  const gaps = entries.filter(({ seq }, index) => seq !== index + 1);
  return [
    claim(
      'every message is in the journal, and nothing else is',
      [
        ...unless(journaled.length === sent.length, `${journaled.length} messages instead of ${sent.length}`),
        ...journaled.filter(({ id }) => !ids.has(id)).map(({ id }) => `${id} was never sent`),
      ],
      `${sent.length} messages`,
    ),
    claim(
      'sequence numbers have no gap and no repeat',
      gaps.map(({ seq }, index) => `entry ${index + 1} has seq ${seq}`),
      `1 to ${entries.length}`,
    ),
    claim(
      'every message has both of its side effects on record',
      journaled
        .filter(({ effects }) => effects.map(({ name }) => name).join() !== 'todaysRate,fetchReceipt')
        .map(({ id, effects }) => `${id} has ${effects.length} of 2`),
      `${journaled.length * 2} effects`,
    ),
  ];
}
