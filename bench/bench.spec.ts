import { Redis } from 'ioredis';
import { Client } from 'pg';
import { testServer } from '../test/support/servers/test-server';
import { CASES, type CaseName } from './cases';
import type { Figures } from './harness/case';
import { runInProcess } from './harness/case-process';
import { makeFolder, removeFolder } from './harness/folder';
import { hasPeers } from './harness/peers';
import { median, percentile } from './harness/statistics';
import { STORAGES, type StorageName } from './harness/storage-name';
import { sectionsOn, selectSections } from './report/all-sections';
import { type Run, judge } from './report/judge';
import { CONTESTANTS, PEER_CASES, judgePeers } from './report/peers-table';
import type { Section } from './report/sections';
import { describeRedis } from './servers/redis';
import { openStore } from './servers/store';

const SCALE = 0.001;

/** Rows of the inventory whose figure a case measures. */
const ROWS: Partial<Record<`${CaseName} on ${StorageName}`, string>> = {
  'recovery-counter on sqlite': ' (PF01, PF05, PF06)',
  'recovery-ledger on sqlite': ' (PF01, PF07)',
  'append-memory on sqlite': ' (PF02)',
  'append-store on sqlite': ' (PF03)',
  'append-store on postgres': ' (PF04)',
};

/** As tests find their servers; the benchmark starts its own Redis. */
const isThere: Readonly<Record<StorageName, boolean>> = {
  sqlite: true,
  postgres: testServer('TEST_POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test') !== undefined,
  redis: hasRedis(),
};

function hasRedis(): boolean {
  try {
    describeRedis();
    return true;
  } catch (error) {
    if (process.env['CI'] === undefined) return false;
    throw error;
  }
}

/** On what a case of the comparison runs, beside its own server. */
const SERVERS: Partial<Record<CaseName, StorageName>> = {
  'ours-postgres': 'postgres',
  'peer-dbos': 'postgres',
  'peer-nact': 'postgres',
  'ours-redis': 'redis',
  'peer-bullmq': 'redis',
};

const isPeer = (name: CaseName): boolean => name.endsWith('-nact') || name.startsWith('peer-');

const figuresOf = new Map<string, Figures>();

async function yieldsNumbers(name: CaseName, storage: StorageName): Promise<void> {
  const figures = await runInProcess(name, { storage, scale: SCALE });
  figuresOf.set(`${name} on ${storage}`, figures);
  expect(Object.keys(figures)).not.toEqual([]);
  for (const value of Object.values(figures)) expect(value).toBeGreaterThan(0);
}

describe.each(STORAGES)('bench on %s', (storage) => {
  const sections = sectionsOn(storage);

  describe.each(sections.flatMap(({ cases }) => cases))('%s', (name) => {
    // Peers are installed by `npm run bench`, not by `npm ci`.
    const whereThere = isThere[storage] && (!isPeer(name) || hasPeers()) ? it : it.skip;
    const rows = ROWS[`${name} on ${storage}`] ?? '';
    whereThere(`${name} on ${storage} yields numbers${rows}`, () => yieldsNumbers(name, storage), 60_000);
  });

  it('has a case behind every figure it shows', () => {
    const shown = sections
      .flatMap(({ rows }) => rows)
      .flatMap(({ figure, ratio }) => [figure, ...(ratio === undefined ? [] : [ratio.figure])])
      .map((figure) => figure.split('.') as [string, string])
      .filter(([name]) => figuresOf.has(`${name} on ${storage}`));
    const missing = shown.filter(([name, figure]) => figuresOf.get(`${name} on ${storage}`)?.[figure] === undefined);
    expect(missing).toEqual([]);
    expect(shown.length > 0).toBe(isThere[storage]);
  });

  it('runs a case in one section only', () => {
    const cases = sections.flatMap((section) => section.cases);
    expect(new Set(cases).size).toBe(cases.length);
  });
});

describe('bench:peers', () => {
  describe.each(PEER_CASES)('%s', (name) => {
    const whereThere = isThere[SERVERS[name] ?? 'sqlite'] && (!isPeer(name) || hasPeers()) ? it : it.skip;
    whereThere('yields numbers', () => yieldsNumbers(name, 'sqlite'), 60_000);
  });

  it('measures all that it shows at every load', () => {
    for (const name of PEER_CASES) {
      const figures = figuresOf.get(`${name} on sqlite`);
      if (figures === undefined) continue;
      for (const load of ['add/1', 'add/50', 'add/200', 'addRated/1', 'addRated/50', 'addRated/200'])
        for (const measure of ['opsPerSecond', 'p50Ms', 'p99Ms'])
          expect(figures).toHaveProperty([`${load}/${measure}`]);
    }
    expect(figuresOf.has('ours-sqlite on sqlite')).toBe(true);
  });
});

describe('a store for a case', () => {
  const whereRedis = isThere.redis ? it : it.skip;
  const wherePostgres = isThere.postgres ? it : it.skip;
  const folder = makeFolder();
  afterAll(() => removeFolder(folder));

  whereRedis('is a Redis of its own with every write fsynced, and gone afterwards', async () => {
    const store = await openStore('redis', folder);
    const client = new Redis(store.url, { retryStrategy: () => null });
    client.on('error', () => undefined); // it is gone at the end
    expect(await client.config('GET', 'append*')).toEqual(expect.arrayContaining(['appendonly', 'yes', 'always']));
    const before = (await store.counts()).fsyncs ?? NaN;
    for (let i = 0; i < 10; i++) await client.set('key', i);
    if (process.platform === 'linux') expect((await store.counts()).fsyncs).toBe(before + 10);
    await store.close();
    client.disconnect();
    await expect(new Redis(store.url, { lazyConnect: true, retryStrategy: () => null }).connect()).rejects.toThrow();
  });

  wherePostgres('is a database of its own on Postgres, and gone afterwards', async () => {
    const store = await openStore('postgres', folder);
    const client = new Client({ connectionString: store.url });
    await client.connect();
    await client.query('CREATE TABLE used (id integer)');
    await client.end();
    await store.close();
    await expect(new Client({ connectionString: store.url }).connect()).rejects.toThrow(/does not exist/);
  });
});

it('runs every case somewhere', () => {
  const shown = [...STORAGES.flatMap((storage) => sectionsOn(storage).flatMap(({ cases }) => cases)), ...PEER_CASES];
  const inside: readonly CaseName[] = ['write-long']; // of replay-memory
  expect([...new Set([...shown, ...inside])].sort()).toEqual(Object.keys(CASES).sort());
});

describe('--only', () => {
  const sections = sectionsOn('sqlite');

  it('selects a section with its cases, or single cases', () => {
    expect(selectSections(sections, ['heap']).map(({ cases }) => cases)).toEqual([['idle-plain', 'idle-nact']]);
    expect(selectSections(sections, ['raw-ask-plain']).map(({ cases }) => cases)).toEqual([['raw-ask-plain']]);
    expect(selectSections(sections, ['nothing-like-it'])).toEqual([]);
  });

  it('is needed for a section that takes minutes', () => {
    expect(selectSections(sections, []).map(({ name }) => name)).not.toContain('memory');
    expect(selectSections(sections, ['memory']).map(({ name }) => name)).toEqual(['memory']);
  });
});

describe('the table of peers', () => {
  const figuresWith = (opsPerSecond: number, p50Ms = 1): Figures => ({
    'add/1/opsPerSecond': opsPerSecond,
    'add/1/p50Ms': p50Ms,
    'add/50/opsPerSecond': opsPerSecond,
  });
  const rowOf = (name: CaseName, runs: readonly Run[], inFlight: number, failures = new Map<CaseName, string>()) => {
    const label = CONTESTANTS.find((contestant) => contestant.name === name)?.label;
    return judgePeers(runs, PEER_CASES, failures).find(
      (row) => row.label === label && row.method === 'add' && row.inFlight === inFlight,
    );
  };

  it('compares within a run with ours on the same server, at 50 in flight', () => {
    const runs = [
      { 'ours-postgres': figuresWith(20_000), 'peer-dbos': figuresWith(1_000) },
      { 'ours-postgres': figuresWith(10_000), 'peer-dbos': figuresWith(2_000) },
      { 'ours-postgres': figuresWith(12_000), 'peer-dbos': figuresWith(1_000) },
    ];
    expect(rowOf('peer-dbos', runs, 50)).toMatchObject({ factor: 12, goals: [{ text: '≥ 10x', isMet: true }] });
    expect(rowOf('peer-dbos', runs, 1)?.goals).toEqual([]);
    expect(rowOf('ours-postgres', runs, 50)?.goals).toEqual([{ text: '≥ 15,000/s', isMet: false }]);
    expect(rowOf('ours-postgres', runs, 1)?.goals).toEqual([{ text: 'p50 < 1.5 ms', isMet: true }]);
  });

  it('is ahead of nact only when it is', () => {
    const runs = [{ 'ours-postgres': figuresWith(1_000), 'peer-nact': figuresWith(1_000) }];
    expect(rowOf('peer-nact', runs, 50)?.goals).toEqual([{ text: '> 1x', isMet: false }]);
  });

  it('shows no figure of a case that failed, or was not run', () => {
    const failures = new Map<CaseName, string>([['peer-dbos', 'The sum of the counters is 1 instead of 2.']]);
    const runs = [{ 'ours-postgres': figuresWith(20_000), 'peer-dbos': figuresWith(1) }];
    expect(rowOf('peer-dbos', runs, 50, failures)).toMatchObject({
      missing: 'The sum of the counters is 1 instead of 2.',
      goals: [],
    });
    expect(rowOf('peer-bullmq', runs, 50)?.missing).toBe('it was not run');
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
