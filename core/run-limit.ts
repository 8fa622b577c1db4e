import { EnvironmentError } from './errors/index.ts';
import { ENV } from './names.ts';

/**
 * Of the time limit of a task, the minutes that are not the engine's: until it runs (Fargate, the image), and after its own
 * limit, to take back what it began. Stopping a task from outside is attempted, not promised; a run that ends itself first
 * is the one that leaves nothing behind, and says why.
 */
export const AROUND_RUN_MINUTES = 5;

/** How long the engine may run in a task that is stopped after so many minutes. */
export function runMinutesOf(taskTimeoutMinutes: number): number {
  return taskTimeoutMinutes - AROUND_RUN_MINUTES;
}

/**
 * Minutes after which a run ends itself: what is configured, or less where whoever started it says so.
 * @param configured `limits.runMinutes`
 * @param asked value of BACKUP_RUN_MINUTES, by which a workflow says it for the kind at hand
 * @throws EnvironmentError when it is no number of minutes
 */
export function runLimitMinutes(configured: number, asked: string | undefined): number {
  if (asked === undefined || asked === '') return configured;
  const minutes = Number(asked);
  if (!(minutes > 0 && Number.isFinite(minutes)))
    throw new EnvironmentError(
      ENV.runMinutes,
      `is ${JSON.stringify(asked)}`,
      'expected a number of minutes above 0',
    );
  return Math.min(minutes, configured);
}
