import type { CostEvent } from '../messages/cost.ts';
import * as findings from '../messages/cost-findings.ts';
import { type EstimatePoint, estimateAt } from './curve.ts';
import { type OverdueTask, overdueTasks, type RunningTask, type StaleUpload } from './guard-leaks.ts';
import type { GuardSettings } from './guard-settings.ts';
import { type CostAnswer, countsNothing, farAbove, type Spending, spendingOf } from './guard-spending.ts';
import { doubled, type Growth, growthOf, type StoredDay, storesFarMore } from './guard-storage.ts';
import { billingMonth, monthBefore, shareGone } from './month.ts';
import { DAYS_OF_MONTH } from './sets.ts';

/** What the guard could find out. What it could not is not there, and is named in `problems`. */
export interface GuardFacts {
  /** Since the first record of anything; 0 before there is one. Without it nothing is held against the estimate of the storage. */
  readonly ageDays?: number | undefined;
  /** A sentence where Cost Explorer is not there for this account, which is no fault of the guard. */
  readonly costs?: CostAnswer | string | undefined;
  /** Only those that no run can still be at, the oldest first. */
  readonly staleUploads?: readonly StaleUpload[] | undefined;
  /** Of the oldest of them. */
  readonly staleBytes?: number | null | undefined;
  readonly stored?: readonly StoredDay[] | undefined;
  readonly tasks?: readonly RunningTask[] | undefined;
  /** How often the reaper could not delete a project since yesterday. */
  readonly projectsLeft?: number | undefined;
  /** What could not be found out, and why. */
  readonly problems: readonly string[];
}

/** What the facts come to, before anything is done about them. */
export interface Judgement {
  readonly now: Date;
  /** Nothing where nobody knows. */
  readonly spending: Spending | undefined;
  readonly estimate: EstimatePoint;
  readonly growth: Growth | undefined;
  readonly overdue: readonly OverdueTask[];
  /** Whether the month so far, not what is expected of it, is above the ceiling. */
  readonly aboveCeiling: boolean;
  /** Whether the bucket has doubled within a week, so that it is worth counting where. */
  readonly doubled: boolean;
  /** Whether far more lies there than was estimated for the age of the environment. */
  readonly storesFarMore: boolean;
}

/** @param now the month, the days and the age of everything go by it */
export function judge(facts: GuardFacts, settings: GuardSettings, now: Date): Judgement {
  const { costs, stored = [], tasks = [] } = facts;
  // of unknown age, it is taken for one that has all that was estimated
  const ageMonths = facts.ageDays === undefined ? Number.POSITIVE_INFINITY : facts.ageDays / DAYS_OF_MONTH;
  const spending =
    costs === undefined || typeof costs === 'string' ? undefined : spendingOf(costs, billingMonth(now), now);
  const growth = growthOf(stored);
  const estimate = estimateAt(settings.curve, ageMonths);
  return {
    now,
    spending,
    estimate,
    growth,
    overdue: overdueTasks(tasks, settings.longestTaskMinutes, now),
    aboveCeiling: (spending?.spentUsd ?? 0) > settings.ceilingUsd,
    doubled: growth !== undefined && doubled(growth, settings.curve, ageMonths),
    storesFarMore: growth !== undefined && storesFarMore(growth, estimate.storedGb),
  };
}

/** All there is to say, whether or not today is the day to say it. @param grown where the bucket grew, if that was counted */
export function findingsOf(
  facts: GuardFacts,
  judgement: Judgement,
  settings: GuardSettings,
  drills: findings.DrillState,
  grown: readonly string[] = [],
): findings.CostFinding[] {
  const { growth, overdue } = judgement;
  const { costs, staleUploads = [], staleBytes = null, projectsLeft = 0, problems } = facts;
  const found: (findings.CostFinding | false)[] = [
    ...ofSpending(facts, judgement, settings, drills),
    typeof costs === 'string' && findings.costsUnknown(costs),
    ...overdue.map(findings.taskOverdue),
    staleUploads.length > 0 && findings.uploadsStale(staleUploads, staleBytes),
    ...(growth === undefined ? [] : ofStorage(growth, judgement, grown)),
    projectsLeft > 0 && findings.projectsLeft(projectsLeft),
    problems.length > 0 && findings.notLookedAt(problems),
  ];
  return found.filter((each) => each !== false);
}

function ofSpending(
  { ageDays }: GuardFacts,
  { now, spending, estimate, aboveCeiling }: Judgement,
  { ceilingUsd, scope }: GuardSettings,
  drills: findings.DrillState,
): findings.CostFinding[] {
  if (spending === undefined || spending.spentUsd === null) return [];
  const { spentUsd, forecastUsd, month } = spending;
  if (aboveCeiling) return [findings.aboveCeiling(spending, spentUsd, ceilingUsd, drills)];
  if (ageDays !== undefined && countsNothing(spentUsd, ageDays, now))
    return [findings.nothingCounted(month, scope)];
  return [
    ...(forecastUsd !== null && forecastUsd > ceilingUsd
      ? [findings.forecastAboveCeiling(spending, forecastUsd, ceilingUsd)]
      : []),
    ...(farAbove(spentUsd, estimate.awsUsd, now)
      ? [findings.aboveEstimate(spending, spentUsd, estimate.awsUsd * shareGone(now), scope)]
      : []),
  ];
}

function ofStorage(
  growth: Growth,
  { doubled, storesFarMore, estimate }: Judgement,
  grown: readonly string[],
): findings.CostFinding[] {
  if (doubled) return [findings.storageDoubled(growth, grown)];
  return storesFarMore ? [findings.storageAboveEstimate(growth, estimate.storedGb)] : [];
}

/** By then AWS has counted the month before, but for corrections. */
const SUMMARY_DAY = 3;
const MONDAY = 1;

/** Whether the month before is told of today. */
export function tellsMonthBefore(now: Date): boolean {
  return now.getUTCDate() === SUMMARY_DAY;
}

/**
 * What people are told today; nothing where there is nothing to say. On the third of a month, the month before, whatever
 * there is to say besides.
 */
export function messageOf(
  found: readonly findings.CostFinding[],
  { costs }: GuardFacts,
  { now, spending, estimate }: Judgement,
  { ceilingUsd }: GuardSettings,
  drills: findings.DrillState,
): CostEvent | undefined {
  const summary = tellsMonthBefore(now);
  const told = found.filter(({ every }) => summary || every === 'day' || now.getUTCDay() === MONDAY);
  if (told.length === 0 && !summary) return undefined;
  return {
    kind: 'cost',
    month: billingMonth(now),
    spentUsd: spending?.spentUsd ?? null,
    estimateUsd: estimate.awsUsd,
    ceilingUsd,
    forecastUsd: spending?.forecastUsd ?? null,
    findings: [...(summary ? [endedBefore(costs, ceilingUsd, now)] : []), ...told].map(
      ({ what, en, ko }) => ({ what, en, ko }),
    ),
    drillsOff: drills === 'off' || drills === 'switched-off',
  };
}

function endedBefore(costs: GuardFacts['costs'], ceilingUsd: number, now: Date): findings.CostFinding {
  const month = monthBefore(billingMonth(now));
  const spentUsd = typeof costs === 'object' ? spendingOf(costs, month, now).spentUsd : null;
  return findings.monthEnded(month, spentUsd, ceilingUsd);
}
