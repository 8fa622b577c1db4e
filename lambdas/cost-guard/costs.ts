import {
  CostExplorerClient,
  type Expression,
  GetCostAndUsageCommand,
  GetCostForecastCommand,
  type ResultByTime,
} from '@aws-sdk/client-cost-explorer';
import { tellsMonthBefore } from '../../core/cost/guard.ts';
import type { GuardSettings } from '../../core/cost/guard-settings.ts';
import type { CostAnswer, CostRow } from '../../core/cost/guard-spending.ts';
import { billingDay, billingMonth, monthAfter, monthBefore } from '../../core/cost/month.ts';
import { CostAnswerImplausible, reason } from '../../core/errors/index.ts';
import { logger } from '../common/telemetry.ts';

/** Cost Explorer is in one region only. */
const explorer = new CostExplorerClient({ region: 'us-east-1' });

const METRIC = 'UnblendedCost';
/** Not what use costs: the ceiling is without tax, and credit would hide what is coming. */
const LEFT_OUT = ['Tax', 'Credit', 'Refund'];
/** Errors by which Cost Explorer says that it is not there for this account, or not yet. */
const NOT_THERE = ['AccessDeniedException', 'DataUnavailableException'];
/** Of so many pages an answer may be; each is billed like a request of its own. */
const MOST_PAGES = 5;

/**
 * What AWS counts, by day and service, and what it expects of the rest of the month: two requests, a cent each.
 * @returns a sentence where Cost Explorer is not there for this account
 * @throws CostAnswerImplausible, or what Cost Explorer refuses with
 */
export async function costsOf(scope: GuardSettings['scope'], now: Date): Promise<CostAnswer | string> {
  try {
    const days = await costsByDay(scope, now);
    return {
      rows: days.flatMap(rowsOf),
      days: days.flatMap(({ TimePeriod }) => TimePeriod?.Start ?? []),
      restUsd: await restOfMonth(scope, now),
    };
  } catch (error) {
    if (!(error instanceof Error && NOT_THERE.includes(error.name))) throw error;
    logger.warn('cost explorer is not there', { error });
    return `${error.name}: ${error.message}`;
  }
}

async function costsByDay(scope: GuardSettings['scope'], now: Date): Promise<ResultByTime[]> {
  const month = billingMonth(now);
  const first = tellsMonthBefore(now) ? monthBefore(month) : month;
  const found: ResultByTime[] = [];
  let NextPageToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await explorer.send(
      new GetCostAndUsageCommand({
        // the end is not in it, and may be as late as this: so a period is never empty, not even on the first
        TimePeriod: { Start: `${first}-01`, End: `${monthAfter(month)}-01` },
        Granularity: 'DAILY',
        Metrics: [METRIC],
        GroupBy: [{ Type: 'DIMENSION', Key: 'SERVICE' }],
        Filter: filterOf(scope),
        ...(NextPageToken === undefined ? {} : { NextPageToken }),
      }),
    );
    found.push(...(answer.ResultsByTime ?? []));
    NextPageToken = answer.NextPageToken;
    if (NextPageToken === undefined) return found;
  }
  throw new CostAnswerImplausible(`more than ${MOST_PAGES} pages for ${first} to ${month}`);
}

function rowsOf({ TimePeriod, Groups = [] }: ResultByTime): CostRow[] {
  const day = TimePeriod?.Start ?? '';
  return Groups.map(({ Keys = [], Metrics = {} }) => {
    const { Amount, Unit } = Metrics[METRIC] ?? {};
    const usd = Number(Amount);
    const service = Keys.join(' ');
    if (day === '' || Amount === undefined || !Number.isFinite(usd) || Unit !== 'USD')
      throw new CostAnswerImplausible(`${JSON.stringify(Metrics[METRIC])} for ${service} on ${day}`);
    return { day, service, usd };
  });
}

/** It takes some weeks of history; without a forecast the rest is looked at all the same. */
async function restOfMonth(scope: GuardSettings['scope'], now: Date): Promise<number | null> {
  try {
    const { Total } = await explorer.send(
      new GetCostForecastCommand({
        TimePeriod: { Start: billingDay(now), End: `${monthAfter(billingMonth(now))}-01` },
        Granularity: 'MONTHLY',
        Metric: 'UNBLENDED_COST',
        Filter: filterOf(scope),
      }),
    );
    const usd = Number(Total?.Amount);
    return Total?.Amount !== undefined && Number.isFinite(usd) ? usd : null;
  } catch (error) {
    logger.info('no forecast', { reason: reason(error) });
    return null;
  }
}

function filterOf(scope: GuardSettings['scope']): Expression {
  const use: Expression = { Not: { Dimensions: { Key: 'RECORD_TYPE', Values: LEFT_OUT } } };
  if (scope === 'account') return use;
  return { And: [use, { Tags: { Key: scope.tag, Values: [scope.value], MatchOptions: ['EQUALS'] } }] };
}
