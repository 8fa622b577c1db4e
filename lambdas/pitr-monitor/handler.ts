import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { type PitrState, pitrState } from '../../core/supabase/pitr.ts';
import { requireEnv } from '../common/settings.ts';
import { openSupabase } from '../common/supabase.ts';
import { emitEnvironmentMetric, logger } from '../common/telemetry.ts';

/**
 * Measures how well point-in-time recovery is (spec P2). An API that does not answer says nothing about it: the function
 * fails, nothing is emitted, and the alarm of silence goes, not the one of a recovery that is off.
 */
export async function handler(): Promise<PitrState> {
  const projectRef = requireEnv(LAMBDA_ENV.supabaseProjectRef, 'the reference of the Supabase project');
  const supabase = await openSupabase();
  const state = pitrState(await supabase.backups(projectRef), new Date());
  report(state);
  return state;
}

function report(state: PitrState): void {
  emitEnvironmentMetric(METRIC.pitrEnabled, MetricUnit.Count, state.enabled ? 1 : 0);
  if (!state.enabled) {
    logger.warn('point-in-time recovery is off');
    return;
  }
  const { newestAgeMinutes, days } = state;
  // CloudWatch has no unit of minutes or days; the metrics' names say it
  emitEnvironmentMetric(METRIC.pitrDays, MetricUnit.NoUnit, days);
  if (newestAgeMinutes === undefined) {
    logger.warn('point-in-time recovery has no point yet');
    return;
  }
  emitEnvironmentMetric(METRIC.pitrNewestPointAgeMinutes, MetricUnit.NoUnit, newestAgeMinutes);
  logger.info('point-in-time recovery', { newestAgeMinutes, days });
}
