import type { EnvironmentConfig } from '../environment.ts';
import type { Workload } from './config.ts';
import { type CostLine, GROUPS, lineWriter } from './line.ts';
import { oldestDate, pricesOf } from './prices.ts';
import { serviceLines, taskLines } from './services.ts';
import { setsOf } from './sets.ts';
import { requestLines, storageLines } from './storage.ts';
import { supabaseLines, transferLines } from './supabase.ts';

/** What a month costs, in US dollars by list prices, without tax, discount or free tier. */
export interface CostEstimate {
  /** By group, and within one the dearest first; what costs nothing is left out. */
  readonly lines: readonly CostLine[];
  /** Sum of the lines. */
  readonly totalUsd: number;
  /** The month that is estimated, counted from the first set. */
  readonly afterMonths: number;
  /** Whose prices they are. */
  readonly region: string;
  /** The day of the oldest price. */
  readonly pricesOf: string;
  /** What is not known for certain, in sentences. */
  readonly assumptions: readonly string[];
}

/**
 * Estimates one month of an environment, line by line (spec C1).
 * @param workload what the database is like; without it, what the environment says
 * @param afterMonths the month after the first set: until then the archive fills up, and files grow
 */
export function estimateMonth(
  environment: EnvironmentConfig,
  workload: Workload = environment.cost.workload,
  afterMonths: number = environment.cost.afterMonths,
): CostEstimate {
  const { prices, assumption } = pricesOf(environment.region);
  const line = lineWriter(prices);
  const kinds = setsOf(environment, workload);
  const lines = [
    ...storageLines(line, environment, workload, kinds, afterMonths),
    ...requestLines(line, environment, workload, kinds, afterMonths),
    ...taskLines(line, environment, workload, kinds),
    ...serviceLines(line, environment, workload, kinds),
    ...transferLines(line, environment, workload, kinds),
    ...supabaseLines(line, environment, workload),
  ].filter(({ usd }) => usd > 0);
  return {
    lines: lines.sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || b.usd - a.usd),
    totalUsd: lines.reduce((sum, { usd }) => sum + usd, 0),
    afterMonths,
    region: environment.region,
    pricesOf: oldestDate(prices),
    assumptions: [...(assumption === undefined ? [] : [assumption]), ...unconfirmedIn(lines)],
  };
}

function unconfirmedIn(lines: readonly CostLine[]): string[] {
  const unconfirmed = lines.filter(({ price }) => !price.confirmed);
  if (unconfirmed.length === 0) return [];
  const usd = unconfirmed.reduce((sum, line) => sum + line.usd, 0);
  return [
    `prices not found in a copy of the vendor's list, $${usd.toFixed(2)} of the month together: ` +
      unconfirmed.map(({ what }) => what).join('; '),
  ];
}

/** The lines that cost most. */
export function largestLines({ lines }: CostEstimate, count = 3): CostLine[] {
  return [...lines].sort((a, b) => b.usd - a.usd).slice(0, count);
}
