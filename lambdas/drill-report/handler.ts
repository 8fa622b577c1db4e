import { z } from 'zod';
import { type DrillOutcome, outcomeOfDrill } from '../../core/drill/outcome.ts';
import { StorageError } from '../../core/errors/index.ts';
import { caughtSchema } from '../../core/restore-report.ts';
import { bucketName, openBucket } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.object({
  /** Where the run was told to write its result. */
  resultKey: z.string().min(1),
  /** What was caught so far, by step. */
  failure: z.object({ drill: caughtSchema.optional() }),
});

/** Reads what a drill said of itself, after it has ended in whatever way. */
export async function handler(event: unknown): Promise<DrillOutcome> {
  const { resultKey, failure } = parseEvent(eventSchema, event);
  const outcome = outcomeOfDrill(await textOf(resultKey), failure.drill, bucketName());
  logger.info('drill ended', { drill: outcome.drill, ended: outcome.ended, report: outcome.report });
  return outcome;
}

/** A result that cannot be read must not turn a drill that has verified everything into one that failed. */
async function textOf(key: string): Promise<string | undefined> {
  try {
    return await openBucket().getText(key);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    logger.warn('the result could not be read', { key, error });
    return undefined;
  }
}
