import { HistoryRefusedError } from '../errors';
import { Evidence } from './evidence';
import { figuresOf } from './figures';
import type { HistoryFigures, HistoryInput, HistoryVerdict, InvalidReason } from './history-input';
import { checkAcknowledged } from './rules/acknowledged';
import { checkAnswers } from './rules/answers';
import { checkCounted } from './rules/counted';
import { checkEffects } from './rules/effects';
import { checkIncarnations } from './rules/incarnations';
import { checkLinearizability } from './rules/linearizable';
import { checkOrder } from './rules/order';
import { checkReplay } from './rules/replay';
import { checkSends } from './rules/sends';

/** Later rules leave alone what an earlier one has blamed. */
const RULES = [
  checkIncarnations,
  checkAcknowledged,
  checkCounted,
  checkOrder,
  checkAnswers,
  checkEffects,
  checkSends,
  checkReplay,
  checkLinearizability,
];

/**
 * Judges a run of durable actors by what its clients saw, what the outside saw and what the store holds. Pure.
 * A parked message that an operator has taken up again (`DeadLetters`) goes on in a later turn, as its `$revive` says.
 *
 * ```ts
 * const verdict = checkHistory({ operations: log.records(), actors: await readActors(storage), models: { counter } });
 * ```
 * @publicApi
 */
export function checkHistory(input: HistoryInput): HistoryVerdict {
  const evidence = new Evidence(input);
  for (const rule of RULES) rule(evidence);
  const { problems } = evidence;
  const figures = figuresOf(evidence);
  const invalid = whyInvalid(input, figures);
  const verdict = problems.length > 0 ? 'violated' : invalid.length > 0 ? 'invalid' : 'passed';
  return { verdict, problems, invalid, figures };
}

/** As {@link checkHistory}, for tests. @throws HistoryRefusedError unless it passes @publicApi */
export function assertHistory(input: HistoryInput): HistoryFigures {
  const { verdict, problems, invalid, figures } = checkHistory(input);
  if (verdict === 'passed') return figures;
  throw new HistoryRefusedError(verdict, [
    ...problems.map(({ rule, actor, message }) => `${rule} ${actor === undefined ? '' : `${actor}: `}${message}`),
    ...invalid.map(({ reason, message }) => `${reason}: ${message}`),
  ]);
}

function whyInvalid(
  { faults = [], minOkShare = 0.8 }: HistoryInput,
  { requests, ok }: HistoryFigures,
): HistoryVerdict['invalid'] {
  const found: { reason: InvalidReason; message: string }[] = [];
  if (requests === 0) found.push({ reason: 'nothing happened', message: 'the log has no operation' });
  else if (ok / requests < minOkShare)
    found.push({
      reason: 'too few ok',
      message: `${ok} of ${requests} requests were ok, ${minOkShare * 100} % are asked for`,
    });
  for (const { name, fired } of faults)
    if (fired === 0) found.push({ reason: 'fault never fired', message: `${name} was planned and never fired` });
  return found;
}
