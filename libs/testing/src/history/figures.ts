import type { Evidence } from './evidence';
import type { HistoryFigures } from './history-input';

/** What there was to judge: a verdict on next to nothing should look like one. */
export function figuresOf({ input, requests, actors, linearized, configurations }: Evidence): HistoryFigures {
  const all = [...actors.values()];
  const turns = all.flatMap((actor) => actor.turns);
  const ok = requests.filter(({ acked }) => acked !== null).length;
  const unknown = requests.filter(({ isUnknown }) => isUnknown).length;
  return {
    operations: input.operations.length,
    requests: requests.length,
    ok,
    failed: requests.length - ok - unknown,
    unknown,
    actors: all.length,
    entries: all.reduce((sum, { entries }) => sum + entries.length, 0),
    turns: turns.length,
    effects: turns.reduce((sum, { effects }) => sum + effects.length, 0),
    ledgerLines: input.ledger?.length ?? 0,
    sends: turns.reduce((sum, { sends }) => sum + sends.length, 0),
    linearized,
    configurations,
    faultsFired: (input.faults ?? []).reduce((sum, { fired }) => sum + fired, 0),
    unmodelled: [...new Set(all.filter(({ model }) => model === undefined).map(({ type }) => type))].sort(),
  };
}
