import { describe, expect, it } from 'vitest';
import { estimateAt, estimateCurve } from '../../../core/cost/curve.ts';
import { estimateMonth } from '../../../core/cost/estimate.ts';
import { ENVIRONMENTS } from '../../../core/environments.ts';
import { environmentWith } from './support.ts';

const curve = [
  { months: 0, awsUsd: 10, storedGb: 0 },
  { months: 1, awsUsd: 20, storedGb: 50 },
  { months: 3, awsUsd: 24, storedGb: 60 },
];

describe('the estimate at an age', () => {
  it.each([
    [0, 10, 0],
    [0.5, 15, 25],
    [1, 20, 50],
    [2, 22, 55],
    [3, 24, 60],
    // older than what was estimated: it stays as it is
    [200, 24, 60],
  ])('of %d months lies between the two beside it', (months, awsUsd, storedGb) => {
    expect(estimateAt(curve, months)).toEqual({ months, awsUsd, storedGb });
  });

  it('is one that there is', () => {
    expect(() => estimateAt([], 1)).toThrow(RangeError);
  });
});

describe('the curve of an environment', () => {
  const environment = environmentWith(
    { databaseGb: 20, files: { gb: 100, growthGbPerMonth: 10 } },
    { files: { enabled: true }, cost: { monthlyCeilingUsd: 5000 } },
  );

  it('is without what Supabase bills: AWS cannot see that', () => {
    const { lines } = estimateMonth(environment, environment.cost.workload, 12);
    const supabase = lines.filter(({ group }) => group === 'Supabase').reduce((sum, { usd }) => sum + usd, 0);
    const all = lines.reduce((sum, { usd }) => sum + usd, 0);
    expect(supabase).toBeGreaterThan(10);
    expect(estimateAt(estimateCurve(environment), 12).awsUsd).toBeCloseTo(all - supabase, 1);
  });

  it.each([0.1, 0.25, 0.35, 0.5, 0.8, 4, 9, 13, 18, 36, 60, 100])(
    'is at %d months what the estimate itself says, within a twentieth',
    (months) => {
      const { lines } = estimateMonth(environment, environment.cost.workload, months);
      const stored = lines
        .filter(({ group }) => group === 'Storage')
        .reduce((sum, { quantity }) => sum + quantity, 0);
      const { storedGb } = estimateAt(estimateCurve(environment), months);
      expect(Math.abs(storedGb - stored) / stored).toBeLessThan(0.05);
    },
  );

  it('fits into a variable of a function, with room for the others', () => {
    for (const each of Object.values(ENVIRONMENTS))
      expect(JSON.stringify(estimateCurve(each)).length).toBeLessThan(1500);
  });
});
