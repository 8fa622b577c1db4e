import type { EnvironmentConfig } from '../environment.ts';
import { estimateMonth, largestLines } from './estimate.ts';
import { levers } from './levers.ts';

/**
 * Why an environment is too dear to be deployed (spec C1).
 * @returns nothing where the month stays within the ceiling
 */
export function aboveCeiling(environment: EnvironmentConfig): string | undefined {
  const { monthlyCeilingUsd } = environment.cost;
  const estimate = estimateMonth(environment);
  if (estimate.totalUsd <= monthlyCeilingUsd) return undefined;
  const lines = largestLines(estimate).map(({ what, usd }) => `${what} $${usd.toFixed(2)}`);
  const ways = levers(environment).map(({ change, savesUsd }) => `${change} saves $${savesUsd.toFixed(2)}`);
  return [
    `environment ${environment.name} is estimated at $${estimate.totalUsd.toFixed(2)} a month ` +
      `(month ${estimate.afterMonths}, prices of ${estimate.region}), which is above its ceiling of ` +
      `$${monthlyCeilingUsd.toFixed(2)}; it is not deployed`,
    `largest lines: ${lines.join('; ')}`,
    ...(ways.length === 0 ? [] : [`what would save most: ${ways.join('; ')}`]),
    `see npm run cost -- --env ${environment.name}; correct cost.workload where it is not what your database is like, ` +
      'or raise cost.monthlyCeilingUsd if the sum is meant',
  ].join('\n');
}
