import { CASES, type CaseName } from './cases';
import type { Figures } from './harness/case';
import { runInProcess } from './harness/case-process';
import { hasPeers } from './harness/peers';
import { median, percentile } from './harness/statistics';
import { SECTIONS, selectSections } from './report/all-sections';
import { judge } from './report/judge';
import type { Section } from './report/sections';

const SCALE = 0.001;

/** Rows of the inventory whose figure a case measures. */
const ROWS: Partial<Record<CaseName, string>> = {
  'recovery-counter': ' (PF01, PF05, PF06)',
  'recovery-ledger': ' (PF01, PF07)',
  'append-memory': ' (PF02)',
  'append-sqlite': ' (PF03)',
};

const names = Object.keys(CASES) as CaseName[];
const figuresOf = new Map<string, Figures>();

describe('bench', () => {
  describe.each(names)('%s', (name) => {
    // Peers are installed by `npm run bench`, not by `npm ci`.
    const whereInstalled = name.endsWith('-nact') && !hasPeers() ? it.skip : it;

    whereInstalled(`${name} yields numbers${ROWS[name] ?? ''}`, async () => {
      const figures = await runInProcess(name, SCALE);
      figuresOf.set(name, figures);
      expect(Object.keys(figures)).not.toEqual([]);
      for (const value of Object.values(figures)) expect(value).toBeGreaterThan(0);
    });
  });

  it('has a case behind every figure it shows', () => {
    const shown = SECTIONS.flatMap(({ rows }) => rows)
      .flatMap(({ figure, ratio }) => [figure, ...(ratio === undefined ? [] : [ratio.figure])])
      .map((figure) => figure.split('.') as [string, string])
      .filter(([name]) => figuresOf.has(name));
    const missing = shown.filter(([name, figure]) => figuresOf.get(name)?.[figure] === undefined);
    expect(shown).not.toEqual([]);
    expect(missing).toEqual([]);
  });

  it('runs every case in exactly one section', () => {
    expect(SECTIONS.flatMap(({ cases }) => cases).sort()).toEqual([...names].sort());
  });
});

describe('--only', () => {
  it('selects a section with its cases, or single cases', () => {
    expect(selectSections([])).toBe(SECTIONS);
    expect(selectSections(['heap']).map(({ cases }) => cases)).toEqual([['idle-plain', 'idle-nact']]);
    expect(selectSections(['raw-ask-plain']).map(({ cases }) => cases)).toEqual([['raw-ask-plain']]);
    expect(selectSections(['nothing-like-it'])).toEqual([]);
  });
});

describe('judge', () => {
  const section: Section = {
    name: 's',
    title: '',
    cases: [],
    rows: [
      {
        label: 'row',
        figure: 'ask-plain.x',
        unit: 'count',
        goal: { atLeast: 10 },
        ratio: { to: 'other', figure: 'ask-nact.x', goal: { atMost: 2 } },
      },
    ],
  };
  const verdictOf = (...pairs: readonly (readonly [number, number])[]) =>
    judge(
      section,
      pairs.map(([a, b]) => ({ 'ask-plain': { x: a }, 'ask-nact': { x: b } })),
    )[0]?.verdict;

  it('passes a row when the median of its figure and of its ratio meet their goals', () => {
    expect(verdictOf([10, 5])).toBe('pass');
    expect(verdictOf([1, 5], [10, 5], [20, 10])).toBe('pass');
  });

  it('misses when either goal is missed', () => {
    expect(verdictOf([9, 5])).toBe('miss');
    expect(verdictOf([12, 5])).toBe('miss');
  });

  it('takes the ratio within each run', () => {
    const [row] = judge(section, [
      { 'ask-plain': { x: 100 }, 'ask-nact': { x: 100 } },
      { 'ask-plain': { x: 10 }, 'ask-nact': { x: 10 } },
      { 'ask-plain': { x: 30 }, 'ask-nact': { x: 300 } },
    ]);
    expect(row?.ratio?.measured).toEqual({ median: 1, least: 0.1, most: 1 });
  });

  it('does not pass what was not measured', () => {
    expect(judge(section, [{ 'ask-plain': { x: 10 } }])[0]?.verdict).toBe('not measured');
    expect(judge(section, [{}])).toEqual([]);
  });
});

describe('statistics', () => {
  it('median is the middle, percentiles lie between neighbours', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(percentile([0, 10], 0.99)).toBeCloseTo(9.9);
    expect(median([])).toBeNaN();
  });
});
