import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateMonth } from '../../../core/cost/estimate.ts';
import { PRICED } from '../../../core/cost/price.ts';
import { oldestDate, PRICES } from '../../../core/cost/prices.ts';
import { environmentWith, type WorkloadInput } from './support.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const amount = fc.double({ min: 0, max: 5000, noNaN: true });
const workload = fc.record({
  databaseGb: amount,
  criticalShare: share,
  importantShare: share,
  compressionRatio: fc.double({ min: 1, max: 20, noNaN: true }),
  tables: fc.integer({ min: 1, max: 10_000 }),
  restoresPerMonth: fc.double({ min: 0, max: 100, noNaN: true }),
  files: fc.record({ gb: amount, growthGbPerMonth: amount }),
});
const months = fc.integer({ min: 1, max: 120 });
const region = fc.constantFrom('ap-northeast-2', 'us-east-1', 'eu-central-1');
const SLACK = 1e-6;

const total = (of: WorkloadInput, after: number, changes: Parameters<typeof environmentWith>[1] = {}) => {
  const environment = environmentWith(of, { files: { enabled: true }, ...changes });
  return estimateMonth(environment, environment.cost.workload, after);
};

describe('an estimate', () => {
  it('is the sum of its lines, each quantity times price, and none below nothing', () => {
    fc.assert(
      fc.property(workload, months, region, (of, after, where) => {
        const { lines, totalUsd } = total(of, after, { region: where });
        for (const { quantity, price, usd } of lines) {
          expect(usd).toBeGreaterThanOrEqual(0);
          expect(usd).toBe(quantity * price.usd);
        }
        expect(Number.isFinite(totalUsd)).toBe(true);
        expect(totalUsd).toBeCloseTo(
          lines.reduce((sum, { usd }) => sum + usd, 0),
          6,
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each(['databaseGb', 'criticalShare', 'importantShare', 'restoresPerMonth'] as const)(
    'is not lower for more of %s',
    (what) => {
      fc.assert(
        fc.property(workload, months, share, (of, after, less) => {
          // restores change how long the newest kept set stays; from one a month on, more of them are more
          const base = what === 'restoresPerMonth' ? { ...of, restoresPerMonth: of[what] + 3 } : of;
          const smaller = what === 'restoresPerMonth' ? base[what] - 1 : base[what] * less;
          const change = total(base, after).totalUsd - total({ ...base, [what]: smaller }, after).totalUsd;
          expect(change).toBeGreaterThanOrEqual(-SLACK);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('is not lower for sets that are kept longer', () => {
    fc.assert(
      fc.property(
        workload,
        months,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 0, max: 400 }),
        (of, after, keepDays, more) => {
          const kept = (days: number) =>
            total(of, after, { policy: { retention: { daily: { keepDays: days } } } }).totalUsd;
          expect(kept(keepDays + more) - kept(keepDays)).toBeGreaterThanOrEqual(-SLACK);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is not lower in a later month', () => {
    fc.assert(
      fc.property(workload, months, months, (of, after, more) => {
        expect(total(of, after + more).totalUsd - total(of, after).totalUsd).toBeGreaterThanOrEqual(-SLACK);
      }),
      { numRuns: 40 },
    );
  });
});

describe.each(Object.entries(PRICES))('the prices of %s', (_, prices) => {
  it.each(PRICED)('have a source and a day for %s', (what) => {
    const { usd, unit, source, date } = prices[what];
    expect(usd).toBeGreaterThan(0);
    expect(unit).not.toBe('');
    expect(new URL(source).protocol).toBe('https:');
    expect(new URL(source).hostname).toMatch(/(^|\.)(aws\.amazon\.com|amazonaws\.com|supabase\.com)$/);
    expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
  });

  it('are as old as the oldest of them', () => {
    expect(PRICED.every((what) => prices[what].date >= oldestDate(prices))).toBe(true);
  });
});
