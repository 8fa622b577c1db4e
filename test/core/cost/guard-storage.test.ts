import { describe, expect, it } from 'vitest';
import type { EstimateCurve } from '../../../core/cost/curve.ts';
import { findingsOf, judge } from '../../../core/cost/guard.ts';
import { doubled, growthOf, type StoredDay, storesFarMore } from '../../../core/cost/guard-storage.ts';

const GB = 1024 ** 3;
const NOW = new Date('2026-11-11T12:00:00Z');
const day = (daysAgo: number, gb: number, more: Record<string, number> = {}): StoredDay => ({
  at: new Date(Date.UTC(2026, 10, 10 - daysAgo)),
  bytes: { StandardStorage: gb * GB, ...more },
});
/** Full after a month, and then as it is. */
const curve: EstimateCurve = [
  { months: 0, awsUsd: 1, storedGb: 0 },
  { months: 1, awsUsd: 1, storedGb: 100 },
  { months: 120, awsUsd: 1, storedGb: 100 },
];
const OLD = 24;
const growth = (days: readonly StoredDay[]) => {
  const found = growthOf(days);
  if (found === undefined) throw new Error('nothing was measured');
  return found;
};

describe('the growth of the bucket', () => {
  it('is from the newest day that was measured, of all classes, whatever the order', () => {
    const found = growth([
      day(7, 10),
      day(0, 12, { DeepArchiveStorage: 6 * GB, GlacierStorage: 0 }),
      day(3, 11),
    ]);
    expect(found).toMatchObject({ gb: 18, before: { gb: 10 } });
    expect(found.classes.map(({ name }) => name)).toEqual(['StandardStorage', 'DeepArchiveStorage']);
    // 8 GB in 7 days, of 30.42
    expect(found.perMonthGb).toBeCloseTo((8 / 7) * (730 / 24), 6);
  });

  it('is compared with a week before, or with one of two days before that: the fullest', () => {
    expect(growth([day(0, 20), day(8, 9), day(9, 12)]).before).toMatchObject({ gb: 12 });
    expect(growth([day(0, 20), day(7, 12), day(9, 9)]).before).toMatchObject({ gb: 12 });
    expect(growth([day(0, 20), day(6, 5), day(10, 5)])).toMatchObject({ before: null, perMonthGb: null });
  });

  it('is unknown where nothing was measured, and a day without a byte was not', () => {
    expect(growthOf([])).toBeUndefined();
    expect(growthOf([day(0, 0)])).toBeUndefined();
    expect(growth([day(0, 0), day(1, 5)]).gb).toBe(5);
  });

  it('may be less than nothing', () => {
    expect(growth([day(0, 10), day(7, 17)]).perMonthGb).toBeCloseTo(-730 / 24, 6);
  });
});

describe('a bucket that doubles within a week', () => {
  it.each([
    [99, 50, false],
    [100, 50, true],
    [40, 50, false],
    // from nearly nothing to nearly nothing
    [0.9, 0.1, false],
  ])('from %d GB … is told of', (now, before, expected) => {
    expect(doubled(growth([day(0, now), day(7, before)]), curve, OLD)).toBe(expected);
  });

  it('is none that was not there a week ago', () => {
    expect(doubled(growth([day(0, 500)]), curve, OLD)).toBe(false);
  });

  it('is what a new environment is meant to be', () => {
    // ten days old, three then: the estimate has more than doubled as well
    expect(doubled(growth([day(0, 30), day(7, 9)]), curve, 10 / 30.4)).toBe(false);
    // … and this is five times what was meant
    expect(doubled(growth([day(0, 150), day(7, 9)]), curve, 10 / 30.4)).toBe(true);
  });
});

describe('a bucket that holds more than was estimated', () => {
  it.each([
    [200, false],
    [201, true],
  ])('%d GB where 100 were estimated: %s', (gb, expected) => {
    expect(storesFarMore(growth([day(0, gb)]), 100)).toBe(expected);
  });

  it('is none for some GB', () => {
    expect(storesFarMore(growth([day(0, 10)]), 1)).toBe(false);
    expect(storesFarMore(growth([day(0, 12)]), 1)).toBe(true);
  });
});

describe('what is said of it', () => {
  const settings = {
    ...{ ceilingUsd: 100, scope: 'account' as const, curve, longestTaskMinutes: 365, projects: false },
  };
  const said = (stored: readonly StoredDay[], grown: readonly string[] = []) => {
    const facts = { ageDays: 700, stored, problems: [] };
    return findingsOf(facts, judge(facts, settings, NOW), settings, 'on', grown);
  };

  it('is where it grew, and how fast', () => {
    const [finding, ...others] = said([day(0, 150), day(7, 50)], ['daily/ 90.0 GB', 'assets/ 10.0 GB']);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ what: 'storage-doubled', every: 'day' });
    expect(finding?.en).toBe(
      'The bucket has grown from 50 GB to 150 GB within a week, 435 GB a month at this pace. New: daily/ 90.0 GB, assets/ 10.0 GB.',
    );
    expect(finding?.ko).toContain('daily/ 90.0 GB');
  });

  it('is held against the most that was estimated, where nobody knows the age', () => {
    const of = (gb: number) => {
      const facts = { stored: [day(0, gb), day(7, gb)], problems: [] };
      return findingsOf(facts, judge(facts, settings, NOW), settings, 'on').map(({ what }) => what);
    };
    // a new environment was meant to have nothing yet
    expect([of(150), of(201)]).toEqual([[], ['storage-above-estimate']]);
  });

  it('is not said twice', () => {
    expect(said([day(0, 500), day(7, 50)]).map(({ what }) => what)).toEqual(['storage-doubled']);
    expect(said([day(0, 500), day(7, 490)]).map(({ what }) => what)).toEqual(['storage-above-estimate']);
    expect(said([day(0, 100), day(7, 99)])).toEqual([]);
    expect(said([])).toEqual([]);
  });
});
