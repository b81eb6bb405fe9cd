import { decideOrder, noteComing } from './in-order';
import type { MachineState } from './machine-state';

const state = (changes: Partial<MachineState>): MachineState => ({
  name: 'a',
  entered: 1,
  events: 0,
  postponed: [],
  arrivals: 4,
  sent: 7,
  underWay: [],
  ...changes,
});
const place = (rank: number, arrival: number) => ({ rank, arrival });

describe('decideOrder', () => {
  it.each([
    ['a new event runs when nothing is under way', [], null, { runs: true, arrival: 5, underWay: [] }],
    [
      'a new one goes behind what is under way',
      [place(7, 2)],
      null,
      { runs: false, arrival: 5, underWay: [place(7, 2), place(8, 5)] },
    ],
    [
      'one sent again runs, and is under way no more',
      [place(7, 2)],
      place(7, 2),
      { runs: true, arrival: 2, underWay: [] },
    ],
    [
      'those of a lower rank are over, whatever became of them',
      [place(5, 1), place(6, 2), place(7, 3)],
      place(6, 2),
      { runs: true, arrival: 2, underWay: [place(7, 3)] },
    ],
    [
      'it goes behind one that came before it and was sent later',
      [place(6, 3), place(7, 1)],
      place(6, 3),
      { runs: false, arrival: 3, underWay: [place(7, 1), place(8, 3)] },
    ],
    [
      'one that an operator sends much later runs',
      [place(7, 3)],
      place(2, 1),
      { runs: true, arrival: 1, underWay: [place(7, 3)] },
    ],
  ])('%s', (_, underWay, sent, { runs, arrival, underWay: left }) => {
    const turnout = decideOrder(state({ underWay }), sent);
    expect(turnout).toMatchObject({ runs, place: { arrival }, state: { underWay: left } });
    expect(turnout.state.arrivals).toBe(Math.max(4, arrival));
  });

  it('ends: an event that goes behind finds everything gone that was under way before it', () => {
    const stuck = state({ underWay: [place(7, 1)] }); // and that never comes: it was parked
    const behind = decideOrder(stuck, null);
    expect(behind.runs).toBe(false);
    expect(decideOrder(behind.state, behind.place)).toMatchObject({ runs: true, state: { underWay: [] } });
  });
});

it('noteComing takes note of what has come, and of nothing else', () => {
  const before = state({ underWay: [place(6, 1), place(7, 2)] });
  expect(noteComing(before, null)).toBe(before);
  expect(noteComing(before, place(6, 1)).underWay).toEqual([place(7, 2)]);
});
