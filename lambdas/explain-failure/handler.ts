import { z } from 'zod';
import { drillFailureSchema, explainDrill } from '../../core/failure/drill.ts';
import { type Explanation, explainFailure, failureSchema } from '../../core/failure/explain.ts';
import { explainRestore, restoreFailureSchema } from '../../core/failure/restore.ts';
import { type TaskLogs, taskLogsSchema } from '../../core/failure/task-log.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { redactAll } from '../../core/redact.ts';
import { parseEvent } from '../common/event.ts';
import { requireEnv } from '../common/settings.ts';
import { logger } from '../common/telemetry.ts';

const eventSchema = z.union([
  restoreFailureSchema.extend({ workflow: z.literal('restore') }),
  drillFailureSchema.extend({ workflow: z.literal('drill') }),
  failureSchema.extend({ workflow: z.literal('files') }),
  failureSchema.extend({ workflow: z.literal('backup').default('backup') }),
]);

/** First step after a failure: turns what Catch was given into a name, a sentence and a mail. */
export async function handler(event: unknown): Promise<Explanation> {
  const failure = parseEvent(eventSchema, event);
  const environment = requireEnv(LAMBDA_ENV.environment, 'the name of the environment');
  // an alert without the way to the log is better than none
  const logs = taskLogsSchema.parse(JSON.parse(process.env[LAMBDA_ENV.taskLogs] ?? '{}'));
  // goes to mail, Slack, the audit log and the execution's own end
  const explanation = redactAll(explained(environment, failure, logs));
  logger.error('workflow failed', {
    error: explanation.error,
    cause: explanation.cause,
    execution: failure.execution.name,
  });
  return explanation;
}

function explained(environment: string, failure: z.output<typeof eventSchema>, logs: TaskLogs): Explanation {
  if (failure.workflow === 'restore') return explainRestore(environment, failure, logs);
  if (failure.workflow === 'drill') return explainDrill(environment, failure, logs);
  return explainFailure(environment, failure, logs, failure.workflow === 'files' ? 'files' : 'sets');
}
