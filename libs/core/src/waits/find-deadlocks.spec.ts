import { findDeadlocks } from './find-deadlocks';

interface TestWait {
  readonly turn: string;
  readonly ahead: string | null;
  readonly rank: number;
  readonly isWrong: boolean;
}

/** `a>b` waits for b, `a>` for nobody, `a>b?` seems to wait for b; in the order of their begins. Turns in capitals end when any act does. */
function look(text: string, acts: Readonly<Record<string, number>> = {}): readonly string[] {
  const waits = text.split(' ').map((edge, i): TestWait => {
    const [, turn = '', ahead = '', wrong = ''] = /^(\w+)>(\w*)(\??)$/.exec(edge) ?? [];
    return { turn, ahead: ahead === '' ? null : ahead, rank: i + 1, isWrong: wrong !== '' };
  });
  const own = (turn: string): number => waits.filter((wait) => wait.turn === turn).length;
  const found = findDeadlocks(waits, {
    turnOf: ({ turn }) => (turn.startsWith('gone') ? null : turn),
    ahead: ({ ahead }) => ahead,
    confirm: ({ isWrong }) => !isWrong,
    needed: (turn) => (turn === turn.toUpperCase() ? (acts[turn] ?? own(turn)) : 1),
    rank: ({ rank }) => rank,
    cost: ({ turn }) => (turn.startsWith('dear') ? 1 : 0),
  });
  return found.map(({ victim, circle }) => `${victim.rank}: ${circle.map(({ turn }) => turn).join('>')}`);
}

describe('who waits for ever', () => {
  it.each([
    ['nobody, when a chain has an end', 'a>b b>c', []],
    ['two that wait for each other; the one that closed the circle is given up', 'a>b b>a', ['2: b>a']],
    ['one that waits for itself', 'a>a', ['1: a']],
    ['three in a circle, whoever began', 'b>c c>a a>b', ['3: a>b>c']],
    ['not those who wait for somebody in a circle: they go on when it is broken', 'x>a a>b b>a y>x', ['3: b>a']],
    ['two circles apart, one victim each', 'a>b c>d b>a d>c', ['3: b>a', '4: d>c']],
    ['two circles through one turn: the second may be over when the first is', 'a>b b>a a>c c>a', ['2: b>a', '4: c>a']],
    ['not who waits for a turn that waits for nobody', 'a>b b>c c>', []],
    ['a turn that needs all its acts, when one is stuck', 'a> a>b b>a', ['3: b>a']],
    ['not a turn that has ended', 'gone>b b>gone', []],
    ['not what turns out to have left the line', 'a>b? b>a', []],
    ['the cheapest of the circle, though another closed it', 'a>dear dear>a', ['1: a>dear']],
    ['what is left when one wait turns out to have left the line', 'a>c? a>b b>a', ['3: b>a']],
  ])('%s', (_, waits, expected) => {
    expect(look(waits)).toEqual(expected);
  });

  it('a turn that ends with any of its acts is stuck only when all are', () => {
    expect(look('A>b b>A', { A: 2 })).toEqual([]); // another act of A is under way
    expect(look('A>b A>c b>A')).toEqual([]); // c runs
    expect(look('A>b A>c b>A c>A')).toEqual(['3: b>A']); // then A goes on, and c after it
  });

  it('a long chain into a circle is reduced without recursion', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => `t${i}>t${i + 1}`).join(' ');
    expect(look(`${chain} t20000>t19999`)).toHaveLength(1);
  });
});
