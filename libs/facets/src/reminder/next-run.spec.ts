import * as fc from 'fast-check';
import { nextCronTime } from './cron-times';
import { parseInterval } from './iso-duration';
import { isTooLate, nextTime, timeAfter } from './next-run';
import { type Recurrence, readRecurrence } from './recurrence';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function times(recurrence: Recurrence, registeredAt = 0) {
  return { schedule: readRecurrence(recurrence, registeredAt), registeredAt };
}

/** Every time from `from` up to `until`, as the clock of the zone shows it. */
function listed(cron: string, zone: string, from: string, until: string): string[] {
  const plan = times({ cron, zone });
  const all: string[] = [];
  const show = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  for (let at = timeAfter(plan, Date.parse(from)); at !== null && at <= Date.parse(until); at = timeAfter(plan, at))
    all.push(show.format(at));
  return all;
}

describe('the times of a cron pattern', () => {
  it('[FI-RE04] are, for 0 9 * * 1-5, nine o’clock of each working day of the month', () => {
    const days = [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30];
    expect(listed('0 9 * * 1-5', 'UTC', '2026-11-01T00:00:00Z', '2026-11-30T23:59:59Z')).toEqual(
      days.map((day) => `2026-11-${String(day).padStart(2, '0')} 09:00`),
    );
  });

  it('[FI-RE05] keep their local time over a change of the clocks', () => {
    expect(listed('0 9 * * *', 'Europe/Berlin', '2026-03-27T23:00:00Z', '2026-03-31T00:00:00Z')).toEqual(
      [28, 29, 30].map((day) => `2026-03-${day} 09:00`),
    );
    expect(nextCronTime('0 9 * * *', 'Europe/Berlin', Date.parse('2026-03-28T12:00:00Z'))).toBe(
      Date.parse('2026-03-29T07:00:00Z'),
    );
  });

  it('[FI-RE05] are moved to the end of the gap in spring', () => {
    expect(listed('30 2 * * *', 'Europe/Berlin', '2026-03-27T23:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28 02:30',
      '2026-03-29 03:00',
      '2026-03-30 02:30',
    ]);
  });

  it('[FI-RE05] come once in the hour that comes twice in autumn when they are fixed, and in both when they are steps', () => {
    const [from, until] = ['2026-10-24T22:00:00Z', '2026-10-25T03:00:00Z'];
    expect(listed('30 2 * * *', 'Europe/Berlin', from, until)).toEqual(['2026-10-25 02:30']);
    expect(listed('30 * * * *', 'Europe/Berlin', from, until).filter((time) => time.endsWith('02:30'))).toHaveLength(2);
  });

  it.each([
    ['five parts', '30 9 * * *', ['2026-12-31 09:30', '2027-01-01 09:30', '2027-01-02 09:30']],
    ['six, seconds first', '59 30 9 * * *', ['2026-12-31 09:30', '2027-01-01 09:30', '2027-01-02 09:30']],
    ['seven, a year last', '0 30 9 * * * 2027', ['2027-01-01 09:30', '2027-01-02 09:30']],
    ['a name for each day', '@daily', ['2026-12-31 00:00', '2027-01-01 00:00', '2027-01-02 00:00']],
    ['a name for each year', '@yearly', ['2027-01-01 00:00']],
  ])('are written in %s', (_, cron, expected) => {
    expect(listed(cron, 'UTC', '2026-12-30T12:00:00Z', '2027-01-02T12:00:00Z')).toEqual(expected);
  });

  it('rise, lie on their pattern, and leave no day out, from anywhere in a year of any zone', () => {
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
    const start = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) });
    const property = fc.property(zone, start, fc.nat(23), fc.nat(59), (name, from, hour, minute) => {
      const plan = times({ cron: `${minute} ${hour} * * *`, zone: name });
      let at = from;
      for (let day = 0; day < 31; day++) {
        const next = timeAfter(plan, at) as number;
        expect(next).toBeGreaterThan(at);
        // Once a local day: an hour may be missing or double, and one that falls into the gap comes at its end.
        if (day > 0) expect(Math.abs(next - at - DAY)).toBeLessThanOrEqual(2 * HOUR);
        expect(timeAfter(plan, next - 1)).toBe(next);
        at = next;
      }
    });
    fc.assert(property, { numRuns: 60 });
  });
});

describe('the times of an interval', () => {
  it('are counted from the registration, however late somebody asks', () => {
    const plan = times('10s', 5_000);
    expect([0, 5_000, 14_999, 15_000, 1_000_000_003].map((after) => timeAfter(plan, after))).toEqual([
      15_000, 15_000, 15_000, 25_000, 1_000_005_000,
    ]);
  });

  it('end with until', () => {
    expect(timeAfter(times({ every: '10s', until: 20_000 }), 10_000)).toBe(20_000);
    expect(timeAfter(times({ every: '10s', until: 20_000 }), 20_000)).toBeNull();
  });
});

describe('the next run', () => {
  const run = (dueAt: number, startedAt: number, endedAt = startedAt) => ({ dueAt, startedAt, endedAt });

  it.each([
    ['all', 20_000],
    ['once', 70_000],
    ['skip', 50_000], // within the grace
  ] as const)('after a stop of 55 s, missed: %s', (missed, expected) => {
    expect(nextTime(times({ every: '10s', missed, grace: '15s' }), run(10_000, 65_000))).toBe(expected);
  });

  it.each([
    ['skip', 40_000],
    ['queue', 20_000],
  ] as const)('after one that took 25 s, overlap: %s', (overlap, expected) => {
    expect(nextTime(times({ every: '10s', overlap }), run(10_000, 10_000, 35_000))).toBe(expected);
  });

  it('was not missed, where runs queue, when it fell due while one that has ended by now was under way', () => {
    const plan = times({ every: '10s', overlap: 'queue' });
    expect(nextTime(plan, { ...run(20_000, 35_000), busyUntil: 35_000 })).toBe(30_000);
    expect(nextTime(plan, { ...run(30_000, 35_000), busyUntil: 35_000 })).toBe(40_000);
    expect(nextTime(plan, { ...run(20_000, 65_000), busyUntil: 35_000 })).toBe(30_000);
    expect(nextTime(plan, { ...run(30_000, 65_000), busyUntil: 35_000 })).toBe(70_000); // missed
    expect(nextTime(times('10s'), { ...run(20_000, 35_000), busyUntil: 35_000 })).toBe(40_000);
  });

  it('is never one that was, whatever the clock did meanwhile', () => {
    const policy = fc.record({
      missed: fc.constantFrom('skip' as const, 'once' as const, 'all' as const),
      overlap: fc.constantFrom('skip' as const, 'queue' as const),
    });
    const step = fc.integer({ min: -2 * HOUR, max: 2 * HOUR });
    fc.assert(
      fc.property(
        policy,
        fc.constantFrom<Recurrence>('90s', { cron: '*/7 * * * *' }),
        fc.array(step, { maxLength: 30 }),
        (rules, base, steps) => {
          const plan = times({ ...(typeof base === 'object' ? base : { every: base }), ...rules });
          let dueAt = timeAfter(plan, 0) as number;
          let now = dueAt;
          for (const by of steps) {
            now = Math.max(dueAt, now + by); // put back, it waits until the time has come again
            const next = nextTime(plan, run(dueAt, now, now + Math.abs(by) / 3)) as number;
            expect(next).toBeGreaterThan(dueAt);
            dueAt = next;
          }
        },
      ),
    );
  });

  it('is too late only where missed ones are skipped', () => {
    const skip = readRecurrence({ every: '1h', missed: 'skip', grace: '5s' }, 0);
    expect([4_000, 5_000, 5_001].map((late) => isTooLate(skip, 0, late))).toEqual([false, false, true]);
    expect(isTooLate(readRecurrence('1h', 0), 0, DAY)).toBe(false);
  });
});

describe('intervals', () => {
  it.each([
    ['PT1H', HOUR],
    ['PT1H30M', 90 * MINUTE],
    ['P2D', 2 * DAY],
    ['P1DT12H', 1.5 * DAY],
    ['P2W', 14 * DAY],
    ['PT0.5S', 500],
    ['30s', 30_000],
    [1_500, 1_500],
  ])('understand %s', (interval, ms) => expect(parseInterval(interval)).toBe(ms));

  it.each(['P', 'PT', 'P1Y', 'P1M', 'PT1', 'P1H', 'PT-1H', 'P1W2D', 'p1d', '1 hour'])('refuse %s', (interval) => {
    expect(() => parseInterval(interval)).toThrow(expect.objectContaining({ code: 'PS_INVALID_DURATION' }));
  });
});
