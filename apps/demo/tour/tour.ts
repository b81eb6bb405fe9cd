import type { DemoOptions } from '../options';
import type { Section } from '../section';
import { collectEvidence } from './collect-evidence';
import { repeatedCalls } from './effect-claims';
import { tourSections } from './tour-sections';

/** What a demo leaves: sections to print, and facts for `--json`. */
export interface Outcome {
  readonly sections: readonly Section[];
  readonly facts: Readonly<Record<string, unknown>>;
}

export async function runTour(options: DemoOptions, folder: string): Promise<Outcome> {
  const evidence = await collectEvidence(options, folder);
  const { sent, deaths, entries, checkpoints, recovery, ledger, current } = evidence;
  return {
    sections: tourSections(evidence, options.storage),
    facts: {
      messages: sent.length,
      value: current,
      kills: deaths.map(({ kill, message, signal }) => ({ point: kill.point, message, signal })),
      entries: entries.length,
      lastEntries: entries.slice(-14),
      checkpoints,
      recovery,
      effects: {
        calls: ledger.length,
        fromRecord: sent.flatMap(({ id, effects }) =>
          effects.filter(({ fromRecord }) => fromRecord).map(({ name }) => ({ message: id, name })),
        ),
        repeated: repeatedCalls(evidence),
      },
    },
  };
}
