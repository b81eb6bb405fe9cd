import fc from 'fast-check';
import { PatternMatcher } from './pattern-matcher';

/** Ends of the matches, as they are found one after the other. */
function matches(pattern: string, text: string): number[] {
  const matcher = new PatternMatcher(pattern);
  return [...Buffer.from(text)].flatMap((byte, at) => (matcher.feed(byte) ? [at + 1] : []));
}

describe('PatternMatcher', () => {
  it.each([
    ['COMMIT', 'BEGIN;COMMIT', [12]],
    ['COMMIT', 'COMCOMMIT', [9]],
    ['aab', 'aaaab', [5]],
    ['aa', 'aaaa', [2, 4]],
    ['abab', 'abababab', [4, 8]],
    ['abcabd', 'abcabcabd', [9]],
    ['x', '', []],
  ])('finds %j in %j', (pattern, text, ends) => {
    expect(matches(pattern, text)).toEqual(ends);
  });

  it('says how much may be a beginning', () => {
    const matcher = new PatternMatcher('abac');
    const partial = [...Buffer.from('abaxabac')].map((byte) => (matcher.feed(byte), matcher.partial));
    expect(partial).toEqual([1, 2, 3, 0, 1, 2, 3, 0]);
  });

  it('finds what a search in the whole text finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(pattern, letters, (wanted, text) => {
        const ends: number[] = [];
        for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length))
          ends.push(at + wanted.length);
        expect(matches(wanted, text)).toEqual(ends);
      }),
    );
  });
});
