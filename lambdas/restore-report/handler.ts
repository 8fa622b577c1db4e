import { z } from 'zod';
import { type RestoreReport, reportOf } from '../../core/restore-report.ts';
import { caughtSchema } from '../../core/run-end.ts';
import { parseEvent } from '../common/event.ts';
import { resultText } from '../common/result.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.object({
  /** Where the run was told to write its result. */
  resultKey: z.string().min(1),
  /** What was caught so far, by step. */
  failure: z.object({ restore: caughtSchema.optional(), files: caughtSchema.optional() }),
  /** The run that is meant: files of a new project are brought back after its database. */
  step: z.enum(['restore', 'files']).default('restore'),
});

/** Reads what a run of the engine said, after it has ended in whatever way. */
export async function handler(event: unknown): Promise<RestoreReport> {
  const { resultKey, failure, step } = parseEvent(eventSchema, event);
  const report = reportOf(await resultText(resultKey), failure[step]);
  logger.info('restore ended', { step, resultKey, ended: report.ended, exitCode: report.exitCode });
  return report;
}
