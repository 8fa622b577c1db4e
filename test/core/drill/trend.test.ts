import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drillReportSchema, type PastDrill } from '../../../core/drill/report.ts';
import { pastOf, trendOf } from '../../../core/drill/trend.ts';
import { emptyDrill, failedDrill } from '../../support/drill-reports.ts';

/** Drills a day apart, oldest first. */
const drills = (...seconds: (number | null)[]): PastDrill[] =>
  seconds.map((recoverySeconds, day) => ({
    id: `drill-${day}`,
    startedAt: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
    verdict: 'verified',
    target: 'task',
    recoverySeconds,
    plainBytes: 1,
  }));
const trend = (current: number | null, ...seconds: (number | null)[]) =>
  trendOf(drills(...seconds), 'task', current);

describe('the trend of the time to recover', () => {
  it.each<[string, (number | null)[], number | null]>([
    ['none of none', [], null],
    ['none of two', [10, 20], null],
    ['none of two that measured a time and four that did not', [10, null, null, 20, null, null], null],
    ['the middle one of three', [30, 10, 20], 20],
    ['between the middle two of four', [40, 10, 20, 30], 25],
    ['of the last six alone', [9000, 9000, 9000, 1, 2, 3, 4, 5, 6], 3.5],
    ['of the last six that measured one', [1, 2, 3, 4, 5, 6, ...Array<null>(30).fill(null)], 3.5],
    ['not by digits: 9 is less than 10', [9, 10, 100], 10],
    ['zero of zeros', [0, 0, 0], 0],
  ])('has a median: %s', (_, seconds, median) => {
    expect(trend(1, ...seconds).medianSeconds).toBe(median);
  });

  it.each<[string, number | null, number[], number | null, boolean]>([
    ['no time', null, [3, 3, 3], null, false],
    ['no median', 1000, [3, 3], null, false],
    ['a median of zero', 1000, [0, 0, 0], null, false],
    ['faster', 2, [4, 4, 4], 0.5, false],
    ['the same', 4, [4, 4, 4], 1, false],
    ['exactly a third slower', 400, [300, 300, 300], 1.333, false],
    ['exactly a third slower, though 40.4 / 30.3 is more in binary', 40.4, [30.3, 30.3, 30.3], 1.333, false],
    ['a millisecond more than a third slower', 400.001, [300, 300, 300], 1.333, true],
    ['twice as slow', 8, [4, 4, 4], 2, true],
  ])('has a ratio: %s', (_, current, seconds, ratio, regression) => {
    expect(trend(current, ...seconds)).toMatchObject({ ratio, regression });
  });

  it('leaves out drills of other targets, and shows the last 24 oldest first', () => {
    const others = drills(9000, 9000, 9000, 9000).map((drill) => ({ ...drill, target: 'supabase' }));
    const own = drills(...Array.from({ length: 30 }, (_, i) => i));
    const { past, medianSeconds } = trendOf([...own.toReversed(), ...others], 'task', 1);
    expect(past).toEqual(own.slice(-24));
    expect(medianSeconds).toBe(26.5);
    expect(trendOf(others.slice(0, 2), 'task', 1)).toMatchObject({ past: [], medianSeconds: null });
  });

  const times = fc.array(fc.option(fc.integer({ min: 0, max: 1e8 }).map((ms) => ms / 1000)), {
    maxLength: 40,
  });

  it('is the same in whatever order the drills come, and changes none of them', () => {
    fc.assert(
      fc.property(times, fc.integer(), fc.nat({ max: 1e8 }), (seconds, turn, ms) => {
        const past = drills(...seconds);
        const turned =
          past.length === 0 ? [] : [...past.slice(turn % past.length), ...past.slice(0, turn % past.length)];
        const before = structuredClone(turned);
        expect(trendOf(turned, 'task', ms / 1000)).toEqual(trendOf(past, 'task', ms / 1000));
        expect(turned).toEqual(before);
      }),
    );
  });

  it('has a median between the fastest and the slowest, and a regression only beyond a third more', () => {
    fc.assert(
      fc.property(times, fc.nat({ max: 1e8 }), (seconds, ms) => {
        const { medianSeconds, regression, ratio } = trend(ms / 1000, ...seconds);
        const last = seconds.filter((each) => each !== null).slice(-6);
        expect(medianSeconds === null).toBe(last.length < 3);
        if (medianSeconds === null) {
          expect([ratio, regression]).toEqual([null, false]);
          return;
        }
        expect(medianSeconds).toBeGreaterThanOrEqual(Math.min(...last));
        expect(medianSeconds).toBeLessThanOrEqual(Math.max(...last));
        // in half milliseconds all of it is whole
        expect(regression).toBe(medianSeconds > 0 && 6 * ms > 4 * Math.round(medianSeconds * 2000));
      }),
    );
  });

  it('takes of a report what a later one shows', () => {
    for (const report of [failedDrill(), emptyDrill()]) {
      const past = pastOf(drillReportSchema.parse(report));
      expect(past).toMatchObject({ id: report.id, target: report.target.kind, verdict: report.verdict });
      expect(past.plainBytes).toBe(report.set?.plainBytes ?? null);
    }
  });
});
