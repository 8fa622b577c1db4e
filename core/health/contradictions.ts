import type { Contradiction } from '../contradictions.ts';
import { isCron, longestGapMinutes } from '../cron.ts';
import type { EnvironmentConfig } from '../environment.ts';

/** CloudWatch looks no further back for an alarm whose periods are an hour or longer. */
const LONGEST_LOOK_MINUTES = 7 * 24 * 60;

/** Of whatever uploads to the bucket. */
export function longestRunMinutes({ task, files }: Pick<EnvironmentConfig, 'task' | 'files'>): number {
  return Math.max(...Object.values(task.timeoutMinutes), files.enabled ? files.timeoutMinutes : 0);
}

/** Limits of health that would call what is well an alarm, or could never be seen. */
export function ofHealth(environment: EnvironmentConfig): Contradiction[] {
  const { health, schedules } = environment;
  const longest = longestRunMinutes(environment);
  const found: Contradiction[] = [];
  if (health.openUploadHours !== undefined && health.openUploadHours * 60 < longest)
    found.push([
      ['health', 'openUploadHours'],
      `an alarm at ${health.openUploadHours} hours goes while a run of ${longest} minutes is still uploading ` +
        `(task.timeoutMinutes, files.timeoutMinutes); set ${Math.ceil(longest / 60)} or more, or leave it out`,
    ]);
  const { enabled, cron } = schedules.retention;
  if (enabled && isCron(cron) && longestGapMinutes(cron) > LONGEST_LOOK_MINUTES)
    found.push([
      ['schedules', 'retention', 'cron'],
      `${cron} leaves more than a week between two runs, and no alarm can look back so far to see that one is missing; ` +
        'let retention run every week or more often, such as 30 5 * * ? *',
    ]);
  return found;
}
