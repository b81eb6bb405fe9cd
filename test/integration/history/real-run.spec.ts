import fc from 'fast-check';
import { encodePayload } from '#journal';
import { type ActorHistory, type HistoryInput, checkHistory } from 'plexspaces/testing';
import { realRun } from './real-run';

describe('a history of the real runtime', () => {
  let input: HistoryInput;
  beforeAll(async () => (input = await realRun(3, 4)), 60_000);

  /** What is found once `forge` has been at a part of it; the rest is shared, for nothing changes its input. */
  function problemsOf(forged: Partial<HistoryInput>): readonly string[] {
    const { problems } = checkHistory({ ...input, ...forged, maxConfigurations: 2_000 });
    return problems.map(({ rule }) => rule);
  }

  function withEntries(change: (history: ActorHistory) => ActorHistory['entries']): Partial<HistoryInput> {
    return { actors: input.actors.map((history) => ({ ...history, entries: change(history) })) };
  }

  it('passes, after crashes, repeats, effects, sends, asks between actors and parked messages', () => {
    const { verdict, problems, invalid, figures } = checkHistory(input);
    expect({ verdict, problems, invalid }).toEqual({ verdict: 'passed', problems: [], invalid: [] });
    expect(figures.faultsFired).toBe(2);
    expect(figures.operations).toBeGreaterThan(figures.requests); // some were sent again
    for (const count of [figures.ok, figures.unknown, figures.effects, figures.ledgerLines, figures.sends])
      expect(count).toBeGreaterThan(10);
    expect(figures.configurations).toBeLessThan(2 * figures.linearized);
    expect(input.actors.some(({ entries }) => entries.some(({ kind }) => kind === 'MessageParked'))).toBe(true);
  });

  it('does not pass with any one answer changed', () => {
    const answered = input.operations.filter(({ kind, outcome }) => kind === 'ask' && outcome === 'ok');
    fc.assert(
      fc.property(fc.constantFrom(...answered), fc.integer({ min: -9, max: 9 }), (changed, by) => {
        fc.pre(by !== 0);
        const value = (changed.value as number) + by / 2; // no order of whole numbers gives a half
        fc.pre(!Number.isInteger(value) || !changed.readOnly);
        const operations = input.operations.map((each) => (each === changed ? { ...each, value } : each));
        expect(problemsOf({ operations })).toContain(changed.readOnly ? 'H11' : 'H5');
      }),
      { numRuns: 25 },
    );
  });

  it('does not pass with any one message recorded with other arguments, or any one entry missing', () => {
    const entries = input.actors.flatMap((history) => history.entries);
    fc.assert(
      fc.property(fc.constantFrom(...entries), fc.integer({ min: 1, max: 9 }), (changed, by) => {
        const without = withEntries((history) => history.entries.filter((entry) => entry !== changed));
        const isLast = input.actors.some((history) => history.entries.at(-1) === changed);
        if (!isLast) expect(problemsOf(without)).toContain('H4');
        fc.pre(changed.kind === 'MessageReceived' && changed.method === 'add' && isApplied(changed.messageId));
        const payload = encodePayload([by + 0.5]);
        const forged = withEntries((history) =>
          history.entries.map((entry) => (entry === changed ? { ...changed, payload } : entry)),
        );
        expect(problemsOf(forged)).toContain('H12');
      }),
      { numRuns: 12 },
    );
  });

  it('does not pass with any one call of an effect gone, or made once more', () => {
    const ledger = input.ledger!;
    const seen = new Set(input.observations!.map(({ key }) => key));
    const calls = ledger.filter(({ key }) => seen.has(key));
    fc.assert(
      fc.property(fc.constantFrom(...calls), (changed) => {
        expect(problemsOf({ ledger: ledger.filter((call) => call !== changed) })).toContain('H6');
        expect(problemsOf({ ledger: [...ledger, { ...changed, value: 0.5 }] })).toEqual(['H6']);
      }),
      { numRuns: 8 },
    );
  });

  function isApplied(messageId: string): boolean {
    return input.actors.some(({ entries }) =>
      entries.some(
        (entry) => entry.kind === 'MessageProcessed' && entry.messageId === messageId && entry.error === null,
      ),
    );
  }
});
