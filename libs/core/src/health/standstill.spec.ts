import { type Movement, isFailing, isStuck, measureStandstill } from './standstill';

const MOVES: Movement = { writesSince: null, failing: null, searchSince: null, searchFailsSince: null };

describe('what stands still', () => {
  it.each<[string, Partial<Movement>, isStuck: boolean, isFailing: boolean]>([
    ['nothing', {}, false, false],
    ['a write that is out for less than the limit', { writesSince: 91 }, false, false],
    ['a write that is out for as long', { writesSince: 90 }, true, false],
    ['a search that is out for as long', { searchSince: 90 }, true, false],
    [
      'writes that failed until just now, and not for long enough',
      { failing: { since: 91, triedAt: 100 } },
      false,
      false,
    ],
    ['writes that failed until just now, and for long enough', { failing: { since: 90, triedAt: 100 } }, false, true],
    ['writes that failed, and nobody has tried for as long', { failing: { since: 10, triedAt: 90 } }, false, false],
    ['a search that has failed for as long', { searchFailsSince: 90 }, false, true],
  ])('%s', (_, movement, stuck, failing) => {
    const standstill = measureStandstill({ ...MOVES, ...movement }, 100, 10);
    expect([isStuck(standstill, 10), isFailing(standstill, 10)]).toEqual([stuck, failing]);
  });
});
