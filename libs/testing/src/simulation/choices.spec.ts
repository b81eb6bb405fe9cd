import { type Decision, SeededChoices } from './choices';

describe('SeededChoices', () => {
  it('draws evenly below the bound, and with the probability asked for', () => {
    const choices = new SeededChoices(42);
    const counts = [0, 0, 0, 0];
    let heads = 0;
    for (let i = 0; i < 40_000; i++) {
      counts[choices.below(4, 'a')] = (counts[choices.below(4, 'b')] ?? 0) + 1;
      if (choices.chance(0.1, 'c')) heads++;
    }
    const tally = [0, 0, 0, 0];
    for (let i = 0; i < 40_000; i++) tally[choices.below(4, 'd')]!++;
    for (const count of tally) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(Math.abs(heads - 4_000)).toBeLessThan(300);
  });

  it('gives each label a stream of its own: a decision more under one changes nothing under another', () => {
    const plain = new SeededChoices(5);
    const disturbed = new SeededChoices(5);
    for (let i = 0; i < 100; i++) {
      disturbed.below(1_000, 'other');
      expect(disturbed.below(1_000, 'mine')).toBe(plain.below(1_000, 'mine'));
    }
  });

  it('replays what it is told to keep, and is tame elsewhere', () => {
    const taken: Decision[] = [];
    const first = new SeededChoices(9, (decision) => taken.push(decision));
    const values = Array.from({ length: 30 }, () => [first.below(5, 'x'), first.chance(0.5, 'y')]);
    const again = new SeededChoices(9, null, taken);
    expect(Array.from({ length: 30 }, () => [again.below(5, 'x'), again.chance(0.5, 'y')])).toEqual(values);
    const [kept] = taken.filter(({ label }) => label === 'x');
    const tame = new SeededChoices(9, null, [kept!]);
    const rest = Array.from({ length: 30 }, () => tame.below(5, 'x'));
    expect(rest.map((value, rank) => (value === 0 ? null : rank)).filter((rank) => rank !== null)).toEqual([kept!.rank]);
  });

  it('separates seeds that are close, and seeds beyond 32 bits', () => {
    const of = (seed: number): string => {
      const choices = new SeededChoices(seed);
      return Array.from({ length: 8 }, () => choices.below(1_000, 'a')).join();
    };
    const all = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map(of);
    expect(new Set(all).size).toBe(all.length);
  });
});
