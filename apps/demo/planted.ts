/**
 * Defects the tour can be given on purpose, by PLEXSPACES_DEMO_PLANT. A tour that does not notice them proves
 * nothing, so `npm run demo:validate` plants each one and expects a failing claim.
 */
export const PLANTS = {
  'effect-outside-record': 'the handler calls the rate service once more, past the record',
  'effect-under-new-key': 'the worker makes up a new idempotency key for every call',
  'resend-under-new-id': 'the sender repeats an unanswered message under another id',
  'ledger-loses-a-line': 'the rate service forgets to write down one call',
  'answer-changes': 'a repeated message is given another answer than the first',
} as const;

type Plant = keyof typeof PLANTS;

export const PLANT_VARIABLE = 'PLEXSPACES_DEMO_PLANT';

/** Is this defect asked for? */
export function isPlanted(plant: Plant): boolean {
  return process.env[PLANT_VARIABLE] === plant;
}

/** Refuses an unknown name: a defect that nobody planted cannot be found. */
export function checkPlant(): void {
  const asked = process.env[PLANT_VARIABLE] ?? '';
  if (asked === '' || asked in PLANTS) return;
  throw new Error(`${PLANT_VARIABLE} is ${asked}. Known are ${Object.keys(PLANTS).join(', ')}.`);
}
