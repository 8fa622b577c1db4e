import type { DrillReport } from '../../../core/drill/report.ts';
import type { DatabaseAddress } from '../database/url.ts';
import type { DrillRun } from './context.ts';

export async function measureLoss(
  _run: DrillRun,
  _source: DatabaseAddress | undefined,
): Promise<DrillReport['dataLoss']> {
  return { lookedAt: null, reason: 'stub', tables: [] };
}
