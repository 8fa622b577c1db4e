import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { TASK_START_ERRORS } from '../core/names.ts';

const FIRST_WAIT_SECONDS = 30;
const BACKOFF_RATE = 2;
const ATTEMPTS = 4;

/** Fargate had no room, or ECS was asked too often: the task never ran, and asking again is safe. */
export const TASK_START_RETRY = {
  errors: [...TASK_START_ERRORS],
  interval: Duration.seconds(FIRST_WAIT_SECONDS),
  backoffRate: BACKOFF_RATE,
  maxAttempts: ATTEMPTS,
  // many accounts ask again when capacity is short; all at once would meet the same shortage
  jitterStrategy: JitterType.FULL,
} as const satisfies RetryProps;

/** The longest the retries can wait in all: 30 s + 60 s + 120 s + 240 s = 7.5 min; jitter only makes it less. */
export const TASK_START_RETRY_TIME = Duration.seconds(
  (FIRST_WAIT_SECONDS * (BACKOFF_RATE ** ATTEMPTS - 1)) / (BACKOFF_RATE - 1),
);
