import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { BackupFunction } from './backup-function.ts';

/** Calls of functions and topics that make a handful of requests; functions have 30 seconds for themselves. */
export const CALL_TIMEOUT = Duration.minutes(1);

const FIRST_WAIT_SECONDS = 2;
const BACKOFF_RATE = 2;
const ATTEMPTS = 3;

/** The service, not the function, was at fault: asking again is safe, for every function of ours may be asked twice. */
export const CALL_RETRY = {
  errors: [
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  interval: Duration.seconds(FIRST_WAIT_SECONDS),
  backoffRate: BACKOFF_RATE,
  maxAttempts: ATTEMPTS,
  jitterStrategy: sfn.JitterType.FULL,
} satisfies sfn.RetryProps;

/** The longest a call can take with all its retries, whose waits are 2 s + 4 s + 8 s. */
export function longestCall(timeout: Duration): Duration {
  const waits = (FIRST_WAIT_SECONDS * (BACKOFF_RATE ** ATTEMPTS - 1)) / (BACKOFF_RATE - 1);
  return Duration.seconds((ATTEMPTS + 1) * timeout.toSeconds() + waits);
}

/** The execution as functions are told of it. */
export function execution(): Record<string, string> {
  return {
    id: sfn.JsonPath.executionId,
    name: sfn.JsonPath.executionName,
    startedAt: sfn.JsonPath.executionStartTime,
  };
}

/** Input of the audit function. */
export function auditRecord(event: string, status: string, more: Record<string, unknown>): sfn.TaskInput {
  return sfn.TaskInput.fromObject({
    event,
    status,
    execution: execution(),
    input: sfn.JsonPath.objectAt('$.input'),
    ...more,
  });
}

export interface FunctionCallProps {
  readonly target: BackupFunction;
  readonly payload: sfn.TaskInput;
  /** Where the answer goes; DISCARD for none. */
  readonly resultPath: string;
  /**
   * Longest one attempt may take.
   * @default CALL_TIMEOUT
   */
  readonly timeout?: Duration;
  /**
   * Never asked twice, whatever the service says: what it asks others for must not be done twice.
   * @default false
   */
  readonly once?: boolean;
}

/** A state that calls a function and gets its answer as it is, without the service's wrapping. */
export function functionCall(scope: Construct, id: string, props: FunctionCallProps): LambdaInvoke {
  const call = LambdaInvoke.jsonPath(scope, id, {
    stateName: id,
    lambdaFunction: props.target.function,
    payload: props.payload,
    payloadResponseOnly: true,
    // CDK's own list waits longer and leaves out the throttle
    retryOnServiceExceptions: false,
    taskTimeout: sfn.Timeout.duration(props.timeout ?? CALL_TIMEOUT),
    resultPath: props.resultPath,
  });
  if (props.once !== true) call.addRetry(CALL_RETRY);
  return call;
}
