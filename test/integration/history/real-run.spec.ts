import { checkHistory, type HistoryInput } from '../../../libs/testing/src/history';
import { realRun } from './real-run';

describe('a history of the real runtime', () => {
  let input: HistoryInput;
  beforeAll(async () => (input = await realRun(4, 5)), 60_000);

  it('passes, after crashes, repeats, effects, sends, asks between actors and parked messages', () => {
    const { verdict, problems, invalid, figures } = checkHistory(input);
    console.log(figures);
    expect({ verdict, problems, invalid }).toEqual({ verdict: 'passed', problems: [], invalid: [] });
  });
});
