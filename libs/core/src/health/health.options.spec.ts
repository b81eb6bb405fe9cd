import { resolveHealthOptions } from './health.options';
import { rssLimit, shortages } from './resources';

describe('options of health', () => {
  it('have defaults', () => {
    expect(resolveHealthOptions()).toEqual({
      standstillMs: 10_000,
      storageTimeoutMs: 2_000,
      standByIsReady: false,
      list: 20,
      diskPath: null,
      minFreeBytes: 268_435_456,
      maxRssBytes: null,
      maxHeapShare: 0.9,
      maxLagMs: 1_000,
    });
  });

  it.each([
    ['health.standstil', { standstil: '1s' }],
    ['health.standstill', { standstill: 0 }],
    ['health.standstill', { standstill: 'soon' }],
    ['health.list', { list: 1.5 }],
    ['health.resources.disk', { resources: { disk: '/' } }],
    ['health.resources.maxHeapShare', { resources: { maxHeapShare: 90 } }],
    ['health.resources.minFreeBytes', { resources: { minFreeBytes: -1 } }],
    ['health.resources.maxLag', { resources: { maxLag: 'x' } }],
  ])('%s is refused by name', (option, options) => {
    expect(() => resolveHealthOptions(options as never)).toThrow(`${option} `);
  });
});

describe('[OB17] what runs out', () => {
  const plenty = { freeDiskBytes: 1_000, rssBytes: 10, rssLimitBytes: 100, heapShare: 0.5, lagMs: 1 };
  const limits = { minFreeBytes: 500, maxHeapShare: 0.9, maxLagMs: 1_000 };
  it.each([
    [[], plenty],
    [[], { ...plenty, freeDiskBytes: null }],
    [['disk'], { ...plenty, freeDiskBytes: 499 }],
    [['memory'], { ...plenty, rssBytes: 101 }],
    [['heap'], { ...plenty, heapShare: 0.91 }],
    [['eventLoop'], { ...plenty, lagMs: 1_001 }],
    [
      ['disk', 'memory', 'heap', 'eventLoop'],
      { freeDiskBytes: 0, rssBytes: 2, rssLimitBytes: 1, heapShare: 1, lagMs: 5_000 },
    ],
  ])('%j', (short, facts) => {
    expect(shortages(facts, limits)).toEqual(short);
  });
});

describe('[OB17] the memory that a process may have', () => {
  it.each([
    ['of the container', 1_000, 8_000, 950],
    ['of the machine, where no limit is set', 0, 8_000, 7_600],
    ['of the machine, where "no limit" is a number', 2 ** 64, 8_000, 7_600],
  ])('%s', (_, allowed, machine, limit) => {
    expect(rssLimit(allowed, machine)).toBe(limit);
  });
});
