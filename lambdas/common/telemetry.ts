import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Kind } from '../../core/kinds.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { requireEnv } from './settings.ts';

/** JSON lines: a short constant message, the facts as fields beside it. */
export const logger = new Logger({ serviceName: 'videoplanet-backup' });

const metrics = new Metrics({ namespace: METRIC.namespace });
// The library adds the service as a dimension, and alarms look for exactly environment and kind.
metrics.clearDefaultDimensions();

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** Emits one metric of one kind, at once: two kinds cannot share a line, for a line has one set of dimensions. */
export function emitMetric(kind: Kind | 'files', name: string, unit: Unit, value: number): void {
  emit({ [METRIC.dimensionKind]: kind }, name, unit, value);
}

/** Emits one metric of the environment as a whole, at once. */
export function emitEnvironmentMetric(name: string, unit: Unit, value: number): void {
  emit({}, name, unit, value);
}

function emit(dimensions: Readonly<Record<string, string>>, name: string, unit: Unit, value: number): void {
  metrics.addDimensions({
    [METRIC.dimensionEnvironment]: requireEnv(LAMBDA_ENV.environment, 'the name of the environment'),
    ...dimensions,
  });
  metrics.addMetric(name, unit, value);
  metrics.publishStoredMetrics();
}
