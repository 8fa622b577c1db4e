import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { verifiedDrillAgeDays } from '../../core/drill/age.ts';
import { inventoryAgeMinutes } from '../../core/files/age.ts';
import { type Freshness, measureFreshness } from '../../core/freshness.ts';
import { SCHEDULED_KINDS } from '../../core/kinds.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { openBucket } from '../common/bucket.ts';
import { emitEnvironmentMetric, emitMetric, logger } from '../common/telemetry.ts';

/**
 * Measures every kind from what lies in the bucket (spec M1). A kind without a verified set has no age: nothing is
 * emitted, and the alarm takes silence for the worst. So it does when this function fails.
 */
export async function handler(): Promise<readonly Freshness[]> {
  const bucket = openBucket();
  const measured: Freshness[] = [];
  for (const kind of SCHEDULED_KINDS) {
    const freshness = await measureFreshness(bucket, kind, new Date());
    measured.push(freshness);
    report(freshness);
  }
  if (process.env[LAMBDA_ENV.files] !== undefined) reportFiles(await inventoryAgeMinutes(bucket, new Date()));
  reportDrills(await verifiedDrillAgeDays(bucket, new Date()));
  return measured;
}

function report({ kind, sets, newestVerified }: Freshness): void {
  emitMetric(kind, METRIC.sets, MetricUnit.Count, sets);
  if (newestVerified === undefined) {
    logger.warn('no verified set', { kind, sets });
    return;
  }
  // CloudWatch has no unit of minutes; the metric's name says it
  emitMetric(kind, METRIC.newestVerifiedAgeMinutes, MetricUnit.NoUnit, newestVerified.ageMinutes);
  logger.info('newest verified set', { kind, sets, ...newestVerified });
}

function reportDrills(ageDays: number | undefined): void {
  if (ageDays === undefined) {
    logger.warn('no drill, and no set to hold one with');
    return;
  }
  emitEnvironmentMetric(METRIC.verifiedDrillAgeDays, MetricUnit.NoUnit, ageDays);
  logger.info('newest verified drill', { ageDays });
}

function reportFiles(ageMinutes: number | undefined): void {
  if (ageMinutes === undefined) {
    logger.warn('no inventory of files');
    return;
  }
  emitMetric('files', METRIC.newestInventoryAgeMinutes, MetricUnit.NoUnit, ageMinutes);
  logger.info('newest inventory of files', { ageMinutes });
}
