import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { BackupFunction } from './backup-function.ts';

export interface DrillCleanUpProps {
  readonly workflow: IStateMachine;
  /** Deletes the project of an execution. */
  readonly cleanUp: BackupFunction;
  /** Where events end that could not be delivered. */
  readonly deadLetters: Queue;
}

/** A request for a project may be under way while its execution is stopped: half a minute, and what the list lags behind. */
const APPEARS_WITHIN_SECONDS = 180;

/** Deletes the project of a drill that was stopped from outside: no state of it runs any more. */
export class DrillCleanUp extends Construct {
  constructor(scope: Construct, id: string, { workflow, cleanUp, deadLetters }: DrillCleanUpProps) {
    super(scope, id);
    new events.Rule(this, 'Rule', {
      description: 'Deletes the Supabase project of a drill that was aborted or timed out',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['ABORTED', 'TIMED_OUT'],
          stateMachineArn: [workflow.stateMachineArn],
        },
      },
      targets: [
        new LambdaFunction(cleanUp.function, {
          deadLetterQueue: deadLetters,
          maxEventAge: Duration.hours(2),
          retryAttempts: 10,
          event: events.RuleTargetInput.fromObject({
            execution: {
              id: events.EventField.fromPath('$.detail.executionArn'),
              startedAt: events.EventField.fromPath('$.detail.startDate'),
            },
            appearsWithinSeconds: APPEARS_WITHIN_SECONDS,
          }),
        }),
      ],
    });
  }
}
