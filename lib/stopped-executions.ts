import * as events from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { runbookLink } from '../core/runbook.ts';
import { stateMachineUrl } from './links.ts';

export interface StoppedExecutionsProps {
  readonly environment: string;
  readonly workflows: Readonly<Record<'backup' | 'restore' | 'drill', IStateMachine>> & {
    readonly files?: IStateMachine;
  };
  readonly topic: ITopic;
}

/**
 * Tells of executions that were stopped from outside, by a person or by the machine's own time limit. No Catch sees
 * those, so no state can tell of them; a failure is told of by the workflow itself.
 */
export class StoppedExecutions extends Construct {
  constructor(scope: Construct, id: string, props: StoppedExecutionsProps) {
    super(scope, id);
    const { backup, restore, drill, files } = props.workflows;
    this.rule('Rule', props, backup, 'backup', [
      'Its set may be missing, and its task may still be running: stopping a task is attempted, not promised.',
      `Runbook: ${runbookLink('Backup/TimedOut')}, ${runbookLink('Backup/Aborted')}`,
    ]);
    this.rule('RestoreRule', props, restore, 'restore', [
      'What it was restoring may be there in part, and its task may still be running: stopping a task is attempted, not promised.',
      `Runbook: ${runbookLink('Restore/TimedOut')}, ${runbookLink('Restore/Aborted')}`,
    ]);
    this.rule('DrillRule', props, drill, 'drill', [
      'Nothing was proved, and its task may still be running: stopping a task is attempted, not promised.',
      `Runbook: ${runbookLink('Drill/TimedOut')}, ${runbookLink('Drill/Aborted')}`,
    ]);
    if (files !== undefined)
      this.rule('FilesRule', props, files, 'files', [
        'What it had copied is kept, and the next run goes on from it; its task may still be running.',
        `Runbook: ${runbookLink('Files/TimedOut')}, ${runbookLink('Files/Aborted')}`,
      ]);
  }

  private rule(
    id: string,
    { environment, topic }: StoppedExecutionsProps,
    workflow: IStateMachine,
    name: string,
    words: readonly string[],
  ): void {
    const status = events.EventField.fromPath('$.detail.status');
    const execution = events.EventField.fromPath('$.detail.name');
    new events.Rule(this, id, {
      description: `Executions of the ${name} workflow that were aborted or timed out`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['ABORTED', 'TIMED_OUT'],
          stateMachineArn: [workflow.stateMachineArn],
        },
      },
      targets: [
        new SnsTopic(topic, {
          // by a role, for otherwise the topic would take what any rule of any account sends
          authorizeUsingRole: true,
          message: events.RuleTargetInput.fromMultilineText(
            [
              `VideoPlanet Backup (${environment}): execution ${execution} of the ${name} workflow ended as ${status}.`,
              ...words,
              `Executions: ${stateMachineUrl(this, workflow.stateMachineArn)}`,
            ].join('\n'),
          ),
        }),
      ],
    });
  }
}
