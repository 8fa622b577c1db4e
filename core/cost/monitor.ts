import { longestGapMinutes } from '../cron.ts';
import type { EnvironmentConfig } from '../environment.ts';
import { SCHEDULED_KINDS } from '../kinds.ts';
import type { CostLine, WriteLine } from './line.ts';
import { DAYS_OF_MONTH } from './sets.ts';

/** Of each look: the folders of every kind, of drills and of files, and the open uploads. */
const LISTS_OF_A_LOOK = 9;
/** Of each kind and look: manifest and verification of 16 sets (test/core/health/kind.test.ts counts them). */
const READS_OF_A_KIND = 32;

/** What it costs to look at the health of the backups every quarter of an hour. */
export function monitorLines(line: WriteLine, { schedules }: EnvironmentConfig): CostLine[] {
  const { enabled, cron } = schedules.monitor;
  const looks = enabled ? (DAYS_OF_MONTH * 24 * 60) / longestGapMinutes(cron) : 0;
  const kinds = SCHEDULED_KINDS.filter((kind) => schedules[kind].enabled).length;
  return [
    line('Requests', 'listings of the monitor', (looks * LISTS_OF_A_LOOK) / 1000, 's3Write'),
    line('Requests', 'manifests that the monitor reads', (looks * kinds * READS_OF_A_KIND) / 1000, 's3Read'),
  ];
}
