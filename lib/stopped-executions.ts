import * as events from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { runbookLink } from '../core/runbook.ts';
import { stateMachineUrl } from './links.ts';

export interface StoppedExecutionsProps {
  readonly environment: string;
  readonly workflow: IStateMachine;
  readonly topic: ITopic;
}

/**
 * Tells of executions that were stopped from outside, by a person or by the machine's own time limit. No Catch sees
 * those, so no state can tell of them; a failure is told of by the workflow itself.
 */
export class StoppedExecutions extends Construct {
  constructor(scope: Construct, id: string, props: StoppedExecutionsProps) {
    super(scope, id);
    const status = events.EventField.fromPath('$.detail.status');
    const name = events.EventField.fromPath('$.detail.name');
    new events.Rule(this, 'Rule', {
      description: 'Executions of the backup workflow that were aborted or timed out',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['ABORTED', 'TIMED_OUT'],
          stateMachineArn: [props.workflow.stateMachineArn],
        },
      },
      targets: [
        new SnsTopic(props.topic, {
          // by a role, for otherwise the topic would take what any rule of any account sends
          authorizeUsingRole: true,
          message: events.RuleTargetInput.fromMultilineText(
            [
              `VideoPlanet Backup (${props.environment}): execution ${name} ended as ${status}.`,
              'Its set may be missing, and its task may still be running: stopping a task is attempted, not promised.',
              `Runbook: ${runbookLink('Backup/TimedOut')}, ${runbookLink('Backup/Aborted')}`,
              `Executions: ${stateMachineUrl(this, props.workflow.stateMachineArn)}`,
            ].join('\n'),
          ),
        }),
      ],
    });
  }
}
