import { billingDay, billingMonth, daysGone, shareGone } from './month.ts';

/** What AWS counts for one day and one of its services. */
export interface CostRow {
  /** `YYYY-MM-DD`, of UTC. */
  readonly day: string;
  readonly service: string;
  /** Below zero where something was given back. */
  readonly usd: number;
}

/** What Cost Explorer answered. */
export interface CostAnswer {
  readonly rows: readonly CostRow[];
  /** Days it has answered for, with rows or without. */
  readonly days: readonly string[];
  /** What it expects from today to the end of the month; nothing where it has too little to go by. */
  readonly restUsd: number | null;
}

/** What a month has come to. */
export interface Spending {
  readonly month: string;
  /** Nothing where AWS has not answered for a single day of it. */
  readonly spentUsd: number | null;
  /** What the whole month is expected to come to. */
  readonly forecastUsd: number | null;
  /** What costs most, the dearest first. */
  readonly largest: readonly { readonly service: string; readonly usd: number }[];
}

const LARGEST = 3;

/**
 * Adds up one month of an answer.
 * @param now what is expected for days that are over is what they have cost
 */
export function spendingOf({ rows, days, restUsd }: CostAnswer, month: string, now: Date): Spending {
  const ofMonth = rows.filter(({ day }) => day.startsWith(`${month}-`));
  const known = days.some((day) => day.startsWith(`${month}-`));
  const before = ofMonth.filter(({ day }) => day < billingDay(now));
  const expected = restUsd !== null && month === billingMonth(now);
  return {
    month,
    spentUsd: known ? sum(ofMonth) : null,
    forecastUsd: expected ? sum(before) + restUsd : null,
    largest: largestOf(ofMonth),
  };
}

function largestOf(rows: readonly CostRow[]): Spending['largest'] {
  const byService = new Map<string, number>();
  for (const { service, usd } of rows) byService.set(service, (byService.get(service) ?? 0) + usd);
  return [...byService]
    .map(([service, usd]) => ({ service, usd }))
    .filter(({ usd }) => usd > 0)
    .sort((a, b) => b.usd - a.usd)
    .slice(0, LARGEST);
}

function sum(rows: readonly CostRow[]): number {
  return rows.reduce((total, { usd }) => total + usd, 0);
}

/** Days of a month before anything is made of its sum: data lags a day, and what is billed at once weighs most on the first. */
const LEAST_DAYS = 3;
/** Times the estimate, and dollars above it: less is the estimate's own blur. */
const MUCH_MORE = 1.5;
const NOTABLE_USD = 5;
/** Less than the alarms of an empty environment come to in a day. */
const NOTHING_USD = 0.01;

/** Whether far more was spent than was estimated for the part of the month that is over. */
export function farAbove(spentUsd: number, monthUsd: number, now: Date): boolean {
  const estimated = monthUsd * shareGone(now);
  return (
    daysGone(now) >= LEAST_DAYS && spentUsd > MUCH_MORE * estimated && spentUsd - estimated > NOTABLE_USD
  );
}

/** Whether AWS counts nothing although something has run for days: then it counts something else. */
export function countsNothing(spentUsd: number, ageDays: number, now: Date): boolean {
  return daysGone(now) >= LEAST_DAYS && ageDays >= LEAST_DAYS && Math.abs(spentUsd) < NOTHING_USD;
}
