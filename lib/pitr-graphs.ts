import { Duration } from 'aws-cdk-lib';
import { Color, GraphWidget, type IWidget, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { longestGapMinutes } from '../core/cron.ts';
import { METRIC } from '../core/names.ts';
import { leastPitrDays } from '../core/supabase/pitr.ts';
import type { SupabaseSettings } from '../core/supabase/settings.ts';

/** When point-in-time recovery is measured: four minutes off the quarters, when the critical sets begin. */
export const PITR_MONITOR_CRON = '4/15 * * * ? *';

/** A metric of the environment as a whole; each period has one measurement of the monitor. */
export function environmentMetric(
  environment: string,
  metricName: string,
  statistic: string,
  period = Duration.minutes(longestGapMinutes(PITR_MONITOR_CRON)),
): Metric {
  const dimensionsMap = { [METRIC.dimensionEnvironment]: environment };
  return new Metric({ namespace: METRIC.namespace, metricName, dimensionsMap, statistic, period });
}

/** How point-in-time recovery is against its limits: a row of the dashboard. */
export function pitrGraphs(environment: string, pitr: SupabaseSettings['pitr']): IWidget[] {
  const graph = (title: string, metric: Metric, value: number, label: string) =>
    new GraphWidget({
      title,
      width: 12,
      left: [metric],
      leftAnnotations: [{ value, label, color: Color.RED }],
      leftYAxis: { min: 0 },
    });
  const age = environmentMetric(environment, METRIC.pitrNewestPointAgeMinutes, Stats.MAXIMUM);
  const days = environmentMetric(environment, METRIC.pitrDays, Stats.MINIMUM);
  return [
    graph('Age of the newest point of recovery, minutes', age, pitr.maxAgeMinutes, 'too old'),
    graph('Days that recovery reaches back', days, leastPitrDays(pitr.minDays), 'too few'),
  ];
}
