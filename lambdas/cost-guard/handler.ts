import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { findingsOf, type GuardFacts, type Judgement, judge, messageOf } from '../../core/cost/guard.ts';
import { type GuardSettings, guardSettingsSchema } from '../../core/cost/guard-settings.ts';
import { drillsOff, drillsWanted, switchedOff } from '../../core/drill/switch.ts';
import { CostGuardIncomplete, reason } from '../../core/errors/index.ts';
import type { CostEvent } from '../../core/messages/cost.ts';
import { ALARMED_ELSEWHERE, type DrillState } from '../../core/messages/cost-findings.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { readDrillSwitch, writeDrillSwitch } from '../common/drill-switch.ts';
import { requireEnv } from '../common/settings.ts';
import { emitEnvironmentMetric, logger } from '../common/telemetry.ts';
import { tell } from '../common/tell.ts';
import { ageDays, grownPrefixes, leftUploads } from './bucket.ts';
import { costsOf } from './costs.ts';
import { measuredBy } from './measured.ts';
import { runningTasks } from './tasks.ts';

/** What goes on record of a day. */
export interface GuardReport {
  readonly month: string;
  readonly spentUsd: number | null;
  readonly forecastUsd: number | null;
  readonly estimateUsd: number;
  readonly ceilingUsd: number;
  readonly storedGb: number | null;
  readonly growthGbPerMonth: number | null;
  readonly drills: DrillState;
  /** By what they are called, told today or not. */
  readonly findings: readonly string[];
  readonly told: boolean;
}

/**
 * Looks at what costs, once a day (spec C2), and switches drills off for the rest of the month once it has cost more than it
 * may; it knows nothing of backups and can touch none. What cannot be looked at keeps it from nothing else.
 * @throws CostGuardIncomplete after all the rest is done, naming what was not
 */
export async function handler(): Promise<GuardReport> {
  const now = new Date();
  const settings = guardSettings();
  const problems: string[] = [];
  const attempt = attempts(problems);
  const facts = { ...(await look(settings, now, attempt)), problems };
  const judgement = judge(facts, settings, now);
  const drills = (await attempt('the switch of drills', () => switchDrills(judgement, settings))) ?? 'on';
  const grown = judgement.doubled
    ? await attempt('where the bucket grew', () => grownPrefixes(now))
    : undefined;
  const found = findingsOf(facts, judgement, settings, drills, grown);
  const message = messageOf(found, facts, judgement, settings, drills);
  emit(judgement, message);
  const told =
    message !== undefined && (await attempt('telling people in Slack', () => tell(message)))?.told === true;
  const report = reportOf(
    judgement,
    settings,
    drills,
    found.map(({ what }) => what),
    told,
  );
  logger.info('looked at costs', { ...report });
  if (problems.length > 0) throw new CostGuardIncomplete(problems);
  return report;
}

type Attempt = <Result>(what: string, act: () => Promise<Result>) => Promise<Result | undefined>;

/** Does something; what fails is noted, and the rest goes on. */
function attempts(problems: string[]): Attempt {
  return async (what, act) => {
    try {
      return await act();
    } catch (error) {
      logger.error('part of the look at costs failed', { what, error });
      problems.push(`${what} (${reason(error)})`);
      return undefined;
    }
  };
}

async function look(
  settings: GuardSettings,
  now: Date,
  attempt: Attempt,
): Promise<Omit<GuardFacts, 'problems'>> {
  const { scope, longestTaskMinutes, projects } = settings;
  const left = await attempt('uploads', () => leftUploads(longestTaskMinutes, now));
  const measured = await attempt('the size of the bucket', () => measuredBy(now, projects));
  return {
    ageDays: await attempt('the age of the environment', () => ageDays(now)),
    costs: await attempt('costs', () => costsOf(scope, now)),
    staleUploads: left?.uploads,
    staleBytes: left?.bytes,
    stored: measured?.stored,
    projectsLeft: measured?.projectsLeft,
    tasks: await attempt('running tasks', runningTasks),
  };
}

/** What was spent decides, not what is expected: a forecast warns. */
async function switchDrills(
  { aboveCeiling, spending, now }: Judgement,
  settings: GuardSettings,
): Promise<DrillState> {
  const state = await readDrillSwitch();
  if (drillsOff(state, now) !== undefined) return 'off';
  if (!aboveCeiling) return 'on';
  if (drillsWanted(state, now)) return 'wanted';
  const [spent, ceiling] = [spending?.spentUsd ?? 0, settings.ceilingUsd].map((usd) => `$${usd.toFixed(2)}`);
  const off = switchedOff(state, `${spent} > ${ceiling} (cost.monthlyCeilingUsd)`, now);
  if (off === undefined) return 'off';
  await writeDrillSwitch(off);
  logger.warn('drills are switched off', { ...off });
  return 'switched-off';
}

function emit({ spending }: Judgement, message: CostEvent | undefined): void {
  // CloudWatch has no unit of money; the metric's name says it
  if (spending?.spentUsd != null)
    emitEnvironmentMetric(METRIC.monthToDateUsd, MetricUnit.NoUnit, spending.spentUsd);
  const known: readonly string[] = ALARMED_ELSEWHERE;
  const findings = (message?.findings ?? []).filter(({ what }) => !known.includes(what));
  emitEnvironmentMetric(METRIC.costFindings, MetricUnit.Count, findings.length);
}

function reportOf(
  { spending, estimate, growth, now }: Judgement,
  { ceilingUsd }: GuardSettings,
  drills: DrillState,
  findings: readonly string[],
  told: boolean,
): GuardReport {
  return {
    month: spending?.month ?? now.toISOString().slice(0, 7),
    spentUsd: spending?.spentUsd ?? null,
    forecastUsd: spending?.forecastUsd ?? null,
    estimateUsd: estimate.awsUsd,
    ceilingUsd,
    storedGb: growth?.gb ?? null,
    growthGbPerMonth: growth?.perMonthGb ?? null,
    ...{ drills, findings, told },
  };
}

function guardSettings(): GuardSettings {
  const text = requireEnv(LAMBDA_ENV.costGuard, 'what the cost guard goes by, as JSON');
  return guardSettingsSchema.parse(JSON.parse(text));
}
