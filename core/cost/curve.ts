import { z } from 'zod';
import type { EnvironmentConfig } from '../environment.ts';
import { estimateMonth } from './estimate.ts';

const pointSchema = z.object({
  /** Since the first set. */
  months: z.number(),
  /** What AWS bills for the month then; Supabase's part is not in it, for AWS cannot see that. */
  awsUsd: z.number(),
  /** What lies in the bucket then, versions that are no longer current included, in GB of 1024³ bytes. */
  storedGb: z.number(),
});

/** The estimate over the life of an environment, at some months of it, the first first. */
export const curveSchema = z.array(pointSchema).min(1);
export type EstimateCurve = z.output<typeof curveSchema>;
export type EstimatePoint = z.output<typeof pointSchema>;

/**
 * Months that are sampled: densely while daily sets fill up and at the turns of tiering, then as the archive grows. Between
 * two of them storage grows in a line, or nearly so.
 */
const SAMPLES = [0, 0.2, 0.3, 0.4, 0.55, 1, 2, 3, 6, 12, 14, 24, 48, 84, 120];
const HUNDREDTH = 100;

/** Made at synth, so that what runs needs neither the workload nor the prices. */
export function estimateCurve(environment: EnvironmentConfig): EstimateCurve {
  return SAMPLES.map((months) => {
    const { lines } = estimateMonth(environment, environment.cost.workload, months);
    const sum = (of: readonly number[]) => Math.round(of.reduce((a, b) => a + b, 0) * HUNDREDTH) / HUNDREDTH;
    return {
      months,
      awsUsd: sum(lines.filter(({ group }) => group !== 'Supabase').map(({ usd }) => usd)),
      storedGb: sum(lines.filter(({ group }) => group === 'Storage').map(({ quantity }) => quantity)),
    };
  });
}

/** The estimate at an age, in a line between the two points beside it; before the first and after the last, theirs. */
export function estimateAt(curve: EstimateCurve, months: number): EstimatePoint {
  const after = curve.findIndex((point) => point.months >= months);
  const right = curve[after];
  const left = curve[after - 1];
  if (right === undefined) return { ...last(curve), months };
  if (left === undefined) return { ...right, months };
  const share = (months - left.months) / (right.months - left.months);
  const between = (a: number, b: number) => a + share * (b - a);
  return {
    months,
    awsUsd: between(left.awsUsd, right.awsUsd),
    storedGb: between(left.storedGb, right.storedGb),
  };
}

function last(curve: EstimateCurve): EstimatePoint {
  const point = curve.at(-1);
  if (point === undefined) throw new RangeError('an estimate without a point; expected one at least');
  return point;
}
