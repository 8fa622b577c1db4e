import { type Explanation, explainFailure, failureSchema } from '../../core/failure/explain.ts';
import { taskLogsSchema } from '../../core/failure/task-log.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

/** First step after a failure: turns what Catch was given into a name, a sentence and a mail. */
export async function handler(event: unknown): Promise<Explanation> {
  const failure = parseEvent(failureSchema, event);
  const explanation = explainFailure(
    requireEnv(LAMBDA_ENV.environment, 'the name of the environment'),
    failure,
    // an alert without the way to the log is better than none
    taskLogsSchema.parse(JSON.parse(process.env[LAMBDA_ENV.taskLogs] ?? '{}')),
  );
  logger.error('workflow failed', {
    error: explanation.error,
    cause: explanation.cause,
    execution: failure.execution.name,
  });
  return explanation;
}
