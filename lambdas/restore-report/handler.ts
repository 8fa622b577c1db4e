import { z } from 'zod';
import { StorageError } from '../../core/errors/index.ts';
import { caughtSchema, type RestoreReport, reportOf } from '../../core/restore-report.ts';
import { openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
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
  const report = reportOf(await textOf(resultKey), failure[step]);
  logger.info('restore ended', { step, resultKey, ended: report.ended, exitCode: report.exitCode });
  return report;
}

/** A report that cannot be read must not turn a restore that is done into one that failed. */
async function textOf(key: string): Promise<string | undefined> {
  try {
    return await openBucket().getText(key);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    logger.warn('the result could not be read', { key, error });
    return undefined;
  }
}
