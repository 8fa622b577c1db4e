import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { NotMeasuredError } from '../../core/errors/index.ts';
import { type Expectations, expectationsSchema } from '../../core/health/expectations.ts';
import { figuresOf } from '../../core/health/figures.ts';
import type { Finding } from '../../core/health/finding.ts';
import { type Health, type Looked, measureHealth } from '../../core/health/health.ts';
import { judge } from '../../core/health/judge.ts';
import type { KindHealth } from '../../core/health/kind.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { openBucket } from '../common/bucket.ts';
import { requireEnv } from '../common/settings.ts';
import { emitEnvironmentMetric, emitMetric, logger } from '../common/telemetry.ts';
import { openUploads } from '../common/uploads.ts';

export interface MonitorResult {
  readonly at: string;
  readonly findings: readonly Finding[];
}

/**
 * Measures the health of the backups from what lies in the bucket (spec M1). A kind without a verified set has no age:
 * nothing is emitted, and the alarm takes silence for the worst. So it does when this function does not run.
 * @throws NotMeasuredError when something could not be looked at, once everything else has been emitted
 */
export async function handler(): Promise<MonitorResult> {
  const expected = expectations();
  const health = await measureHealth({ store: openBucket(), openUploads }, expected, new Date());
  emit(health);
  const findings = judge(health, expected);
  for (const { severity, heading, text } of findings)
    logger.warn('the backups are not as they should be', { severity, heading, finding: text.en });
  const unknown = findings.filter(({ severity }) => severity === 'unknown');
  if (unknown.length > 0) throw new NotMeasuredError(unknown.map(({ text }) => text.en));
  return { at: health.at.toISOString(), findings };
}

function expectations(): Expectations {
  const text = requireEnv(LAMBDA_ENV.expectations, 'what the health of the backups is judged by, as JSON');
  return expectationsSchema.parse(JSON.parse(text));
}

/** CloudWatch has no units of minutes, hours or days; the metrics' names say them. */
function emit(health: Health): void {
  for (const { looked } of health.kinds) ifSeen(looked, emitKind);
  ifSeen(health.files, ({ ageMinutes }) => {
    if (ageMinutes !== undefined)
      emitMetric('files', METRIC.newestInventoryAgeMinutes, MetricUnit.NoUnit, ageMinutes);
  });
  ifSeen(health.drill, ({ ageDays }) => {
    if (ageDays !== undefined) emitEnvironmentMetric(METRIC.verifiedDrillAgeDays, MetricUnit.NoUnit, ageDays);
  });
  for (const { name, value, isCount } of figuresOf(health))
    emitEnvironmentMetric(name, isCount ? MetricUnit.Count : MetricUnit.NoUnit, value);
}

/** Of kinds that no clock makes here there is no age that anybody waits for, and every metric is billed. */
function emitKind({ kind, made, sets, newest, underWay, verified }: KindHealth): void {
  if (made !== 'yes') return;
  emitMetric(kind, METRIC.sets, MetricUnit.Count, sets);
  if (newest !== undefined)
    emitMetric(kind, METRIC.newestVerifiedAgeMinutes, MetricUnit.NoUnit, newest.ageMinutes);
  logger.info('sets of a kind', { kind, sets, verified, underWay, newest });
}

function ifSeen<T>(looked: Looked<T> | undefined, then: (seen: T) => void): void {
  if (looked !== undefined && 'seen' in looked) then(looked.seen);
}
