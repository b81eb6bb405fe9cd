import fc from 'fast-check';
import { type LinearHistory, type LinearOperation, checkLinearizable } from './linearizability';

/** What a client did to a counter, and what it was told; `null`: nothing it could tell. */
interface Seen {
  readonly adds: number;
  readonly answer: number | null;
  readonly invoked: number;
  readonly ended: number | null;
  readonly isOptional: boolean;
  readonly rank: number | null;
}

function counter(seen: readonly Seen[], maxConfigurations?: number): LinearHistory<number> {
  const operations = seen.map(({ adds, answer, ...rest }, i): LinearOperation<number> => ({
    ...rest,
    name: `${i}`,
    isRead: adds === 0,
    apply: (state) => (answer === null || state + adds === answer ? { state: state + adds } : null),
  }));
  return { initial: 0, operations, key: String, ...(maxConfigurations === undefined ? {} : { maxConfigurations }) };
}

/** Every order of every choice of the optional ones, as naively as can be. */
function bruteForce(seen: readonly Seen[]): boolean {
  const place = (left: readonly Seen[], state: number): boolean => {
    if (left.every(({ isOptional }) => isOptional)) return true;
    return left.some((next) => {
      // Whoever had its outcome before `next` was sent comes first.
      if (left.some(({ ended, isOptional }) => !isOptional && ended !== null && ended < next.invoked)) return false;
      if (next.answer !== null && next.answer !== state + next.adds) return false;
      return place(
        left.filter((other) => other !== next),
        state + next.adds,
      );
    });
  };
  return place(seen, 0);
}

const anySeen: fc.Arbitrary<Seen> = fc
  .record({
    adds: fc.nat(2),
    answer: fc.option(fc.nat(6), { freq: 6 }),
    invoked: fc.nat(12),
    lasts: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 6 }),
    isUnknown: fc.boolean(),
    rank: fc.option(fc.nat(9), { freq: 2 }),
  })
  .map(({ adds, answer, invoked, lasts, isUnknown, rank }) => ({
    adds,
    rank,
    invoked,
    answer,
    ended: lasts === null ? null : invoked + lasts,
    isOptional: lasts === null && isUnknown && adds > 0,
  }));

/** What really happened: each takes effect at its place in the row, is sent some time before and answered some time after. */
const anyTrueHistory = (length: number, unknown: number): fc.Arbitrary<Seen[]> =>
  fc
    .array(
      fc.record({
        adds: fc.nat(3),
        before: fc.nat(8),
        after: fc.nat(8),
        fate: fc.constantFrom('known', 'known', 'known', 'unknown', 'never'),
      }),
      { minLength: length, maxLength: length },
    )
    .map((all) => {
      let state = 0;
      let left = unknown; // each doubles what there is to try
      return all.map(({ adds, before, after, fate }, i): Seen => {
        const isKnown = fate === 'known' || adds === 0 || left-- <= 0;
        if (isKnown || fate === 'unknown') state += adds;
        const times = { invoked: i * 4 - before, ended: isKnown ? i * 4 + 1 + after : null };
        return {
          adds,
          answer: isKnown ? state : null,
          ...times,
          isOptional: !isKnown,
          rank: fate === 'unknown' ? i : null,
        };
      });
    });

describe('checkLinearizable', () => {
  it('agrees with trying every order', () => {
    let [yes, no] = [0, 0];
    fc.assert(
      fc.property(fc.array(anySeen, { maxLength: 6 }), (seen) => {
        const expected = bruteForce(seen);
        if (expected) yes++;
        else no++;
        expect(checkLinearizable(counter(seen)).kind).toBe(expected ? 'linearizable' : 'violated');
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(yes, no)).toBeGreaterThan(200); // both were tried
  });

  it('finds the order of what really happened, however wrong the guess', () => {
    fc.assert(
      fc.property(anyTrueHistory(40, 4), fc.boolean(), (seen, isMisled) => {
        const given = isMisled ? seen.map((one) => ({ ...one, rank: one.rank === null ? null : -one.rank })) : seen;
        expect(checkLinearizable(counter(given, 20_000)).kind).toBe('linearizable');
      }),
      { numRuns: 300 },
    );
  });

  it('finds any single answer that was changed to one that no order gives', () => {
    fc.assert(
      fc.property(anyTrueHistory(40, 4), fc.nat(), fc.constantFrom(-0.5, 0.5, -1_000, 1_000), (seen, pick, by) => {
        const known = seen.filter(({ answer }) => answer !== null);
        fc.pre(known.length > 0);
        const changed = known[pick % known.length]!;
        const forged = seen.map((one) => (one === changed ? { ...one, answer: one.answer! + by } : one));
        expect(checkLinearizable(counter(forged, 2_000)).kind).not.toBe('linearizable');
      }),
      { numRuns: 300 },
    );
  });

  it('needs hardly more configurations than there are operations, when the guess is good', () => {
    const seen = Array.from({ length: 5_000 }, (_, i): Seen => {
      const times = { invoked: i * 2 - 16, ended: i % 3 === 0 ? null : i * 2 + 16 };
      return { adds: 1, answer: i % 3 === 0 ? null : i + 1, ...times, isOptional: false, rank: i };
    });
    const result = checkLinearizable(counter(seen));
    expect(result.kind).toBe('linearizable');
    expect(result.configurations).toBeLessThan(2 * seen.length);
  });

  it('says that it does not know when the search becomes too long', () => {
    const writes = Array.from({ length: 30 }, (_, i): Seen => ({
      adds: 2 ** i,
      answer: null,
      invoked: 0,
      ended: null,
      isOptional: true,
      rank: i,
    }));
    const read: Seen = { adds: 0, answer: 0.5, invoked: 1, ended: 2, isOptional: false, rank: null };
    expect(checkLinearizable(counter([...writes, read], 1_000))).toEqual({ kind: 'unknown', configurations: 1_001 });
  });

  it('takes what happened at one time for concurrent', () => {
    const one = (adds: number, answer: number, invoked: number, ended: number): Seen => ({
      adds,
      answer,
      invoked,
      ended,
      isOptional: false,
      rank: null,
    });
    expect(checkLinearizable(counter([one(1, 2, 0, 5), one(1, 1, 5, 6)])).kind).toBe('linearizable');
    expect(checkLinearizable(counter([one(1, 2, 0, 4), one(1, 1, 5, 6)]))).toMatchObject({
      kind: 'violated',
      name: '0',
    });
  });
});
