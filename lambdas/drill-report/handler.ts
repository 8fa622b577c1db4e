import { z } from 'zod';
import { type DrillOutcome, outcomeOfDrill } from '../../core/drill/outcome.ts';
import { caughtSchema } from '../../core/run-end.ts';
import { bucketName } from '../common/bucket.ts';
import { parseEvent } from '../common/event.ts';
import { resultText } from '../common/result.ts';
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
  const outcome = outcomeOfDrill(await resultText(resultKey), failure.drill, bucketName());
  logger.info('drill ended', { drill: outcome.drill, ended: outcome.ended, report: outcome.report });
  return outcome;
}
