import { describe, expect, it } from 'vitest';
import {
  billingDay,
  billingMonth,
  daysGone,
  daysIn,
  monthAfter,
  monthBefore,
  monthStart,
  shareGone,
} from '../../../core/cost/month.ts';

describe('a month of the bill', () => {
  it('is of UTC: in Seoul it begins at nine in the morning', () => {
    expect(billingMonth(new Date('2026-12-01T08:59:59+09:00'))).toBe('2026-11');
    expect(billingMonth(new Date('2026-12-01T09:00:00+09:00'))).toBe('2026-12');
    expect(billingDay(new Date('2027-01-01T03:00:00+09:00'))).toBe('2026-12-31');
  });

  it.each([
    ['2026-12', '2027-01'],
    ['2026-01', '2026-02'],
    ['2026-11', '2026-12'],
  ])('%s is followed by %s', (month, next) => {
    expect(monthAfter(month)).toBe(next);
    expect(monthBefore(next)).toBe(month);
  });

  it.each([
    ['2026-02', 28],
    ['2028-02', 29],
    ['2026-11', 30],
    ['2026-12', 31],
  ])('%s has %i days', (month, days) => {
    expect(daysIn(month)).toBe(days);
  });

  it('is over by as much as of its days', () => {
    expect(daysGone(monthStart('2026-11'))).toBe(0);
    expect(shareGone(new Date('2026-11-16T00:00:00Z'))).toBe(0.5);
    expect(shareGone(new Date('2026-11-30T23:59:59Z'))).toBeCloseTo(1, 4);
  });
});
