import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { LambdaDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeVersions } from './acknowledge-wildcards.ts';
import type { BackupFunction } from './backup-function.ts';

export interface AuditSourcesProps {
  readonly audit: BackupFunction;
  /** By what their records are filed under. */
  readonly workflows: Readonly<Record<string, IStateMachine | undefined>>;
  readonly retention: BackupFunction;
  /** Deletes what drills have left, where there is one. */
  readonly reaper: BackupFunction | undefined;
}

/**
 * What no workflow can put on record itself: executions that were ended from outside, who asked for one (AWS tells where the
 * account has a trail, docs/adr/0022), and what functions did that a schedule calls.
 */
export class AuditSources extends Construct {
  constructor(scope: Construct, id: string, { audit, workflows, retention, reaper }: AuditSourcesProps) {
    super(scope, id);
    const record = (input: Record<string, unknown>) =>
      new LambdaFunction(audit.function, {
        event: events.RuleTargetInput.fromObject({
          ...input,
          detail: events.EventField.fromPath('$.detail'),
        }),
      });
    for (const [event, workflow] of Object.entries(workflows)) {
      if (workflow === undefined) continue;
      new events.Rule(this, `Stopped-${event}`, {
        description: `Audit: executions of the ${event} workflow that were aborted or timed out`,
        eventPattern: stopped(workflow),
        targets: [record({ stopped: event })],
      });
      new events.Rule(this, `Requested-${event}`, {
        description: `Audit: who started or stopped executions of the ${event} workflow, as CloudTrail tells`,
        eventPattern: requested(this, workflow),
        targets: [record({ requested: event })],
      });
    }
    const destination = new LambdaDestination(audit.function);
    for (const { function: called } of [retention, ...(reaper === undefined ? [] : [reaper])]) {
      called.configureAsyncInvoke({ onSuccess: destination, onFailure: destination });
      if (called.role !== undefined) acknowledgeVersions(called.role, [audit.function]);
    }
  }
}

function stopped({ stateMachineArn }: IStateMachine): events.EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { status: ['ABORTED', 'TIMED_OUT'], stateMachineArn: [stateMachineArn] },
  };
}

/** A call that was refused has started nothing. */
function requested(scope: Construct, { stateMachineArn }: IStateMachine): events.EventPattern {
  const executions = Stack.of(scope).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${Fn.select(6, Fn.split(':', stateMachineArn))}:`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return {
    source: ['aws.states'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['states.amazonaws.com'],
      errorCode: events.Match.doesNotExist(),
      $or: [
        { eventName: ['StartExecution'], requestParameters: { stateMachineArn: [stateMachineArn] } },
        {
          eventName: ['StopExecution'],
          requestParameters: { executionArn: events.Match.prefix(executions) },
        },
      ],
    },
  };
}
