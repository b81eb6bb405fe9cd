import type { Section } from '../section';
import { TOUR_DURABILITY } from '../worker/tour-durability';
import { judgeCheckpoints } from './checkpoint-claims';
import { judgeEffects } from './effect-claims';
import type { Evidence } from './evidence';
import { judgeDeaths, judgeExactlyOnce } from './exactly-once-claims';
import { judgeJournal } from './journal-claims';
import { judgeReplay, judgeTimeTravel } from './replay-claims';
import { showCheckpoints, showDeaths, showEffects, showJournal, showPast } from './show-evidence';

const CONFIGURATION = Object.entries(TOUR_DURABILITY)
  .map(([option, value]) => `${option}: ${value}`)
  .join(', ');

export function tourSections(evidence: Evidence, storage: 'memory' | 'sqlite'): Section[] {
  const isCrashing = storage !== 'memory';
  return [
    {
      title: '1  Journaling',
      about: 'Messages, effects and state changes are entries of an append-only journal, without a line of user code.',
      show: showJournal(evidence),
      claims: judgeJournal(evidence),
    },
    {
      title: '2  Checkpoints',
      about: 'Now and then the state is saved beside the journal; recovery starts there.',
      show: showCheckpoints(evidence, CONFIGURATION),
      claims: judgeCheckpoints(evidence, TOUR_DURABILITY.checkpointEvery),
    },
    {
      title: '3  Deterministic replay',
      about: 'The same journal gives the same state, and the same code takes the same path.',
      show: [],
      claims: judgeReplay(evidence),
    },
    {
      title: '4  Side effect caching',
      about:
        'The rate service answers every call anew and keeps its own ledger: an effect run twice would show in both.',
      show: showEffects(evidence),
      claims: judgeEffects(evidence),
    },
    {
      title: '5  Exactly-once',
      about: isCrashing
        ? 'The worker process was killed again and again; its sender only ever repeated what had no answer.'
        : 'Memory does not survive its process, so nobody was killed here: `--storage sqlite` shows the crashes.',
      show: showDeaths(evidence),
      claims: [...(isCrashing ? judgeDeaths(evidence) : []), ...judgeExactlyOnce(evidence)],
    },
    {
      title: '   Time travel',
      about: 'Any state of the past, from the journal.',
      show: showPast(evidence),
      claims: judgeTimeTravel(evidence),
    },
  ];
}
