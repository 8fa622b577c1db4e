import { estimateMonth } from '../../../core/cost/estimate.ts';
import {
  type EnvironmentConfig,
  type EnvironmentInput,
  parseEnvironment,
} from '../../../core/environment.ts';

const OFF = { enabled: false } as const;
/** No set of any kind is made by the clock. */
export const NO_SETS = { daily: OFF, weekly: OFF, important: OFF, critical: OFF };

export type WorkloadInput = NonNullable<NonNullable<EnvironmentInput['cost']>['workload']>;

/** An environment in Seoul that nobody restores, and whose database has what is given. */
export function environmentWith(
  workload: WorkloadInput,
  changes: Partial<EnvironmentInput> = {},
): EnvironmentConfig {
  return parseEnvironment(
    {
      name: 'test',
      alertEmails: ['a@b.example'],
      ...changes,
      cost: { workload: { restoresPerMonth: 0, drillsPerMonth: 0, ...workload }, ...changes.cost },
    },
    'a test',
  );
}

/** Quantity and dollars of a line, by its name; nothing where there is no such line. */
export function lineOf(
  environment: EnvironmentConfig,
  what: string,
  afterMonths = 12,
): { quantity: number; usd: number } | undefined {
  const { lines } = estimateMonth(environment, environment.cost.workload, afterMonths);
  return lines.find((line) => line.what === what);
}
