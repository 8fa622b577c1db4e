import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { alarmName } from '../core/alerts/alarm-name.ts';
import { TOLD_OTHERWISE } from '../core/alerts/told-otherwise.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { BackupAlarm } from './backup-alarm.ts';
import type { Workflows } from './backup-alarms.ts';
import type { BackupFunction } from './backup-function.ts';

export interface SlackNoticesProps {
  readonly config: Pick<EnvironmentConfig, 'name'>;
  /** Tells people in Slack. */
  readonly slack: BackupFunction;
  readonly workflows: Workflows;
  /** Where events end that could not be delivered. */
  readonly deadLetters: Queue;
}

/**
 * What no workflow can tell in Slack itself: alarms that go on and those that are over, executions that were ended from
 * outside, and runs that work again. To be made last: it looks for the alarms that there are.
 */
export class SlackNotices extends Construct {
  readonly #props: SlackNoticesProps;

  constructor(scope: Construct, id: string, props: SlackNoticesProps) {
    super(scope, id);
    this.#props = props;
    this.alarms();
    for (const [workflow, machine] of Object.entries(props.workflows)) this.stopped(workflow, machine);
    const { backup, files } = props.workflows;
    this.succeeded('backup', backup);
    if (files !== undefined) this.succeeded('files', files);
  }

  private alarms(): void {
    const told = Stack.of(this)
      .node.findAll()
      .filter((each) => each instanceof BackupAlarm)
      .filter(({ heading }) => !TOLD_OTHERWISE.includes(heading));
    const lasting = told.filter(({ tellsRecovery }) => tellsRecovery);
    const events = told.filter(({ tellsRecovery }) => !tellsRecovery);
    // two rules, for the names of all of them do not fit into one pattern
    this.alarmRule('Alarms', 'Alarms that go on, and last', lasting, { state: { value: ['ALARM'] } });
    this.alarmRule('Events', 'Alarms of what has happened', events, { state: { value: ['ALARM'] } });
    // one that was never on is not over: a new alarm begins with OK
    this.alarmRule('Recoveries', 'Alarms that are over', lasting, {
      state: { value: ['OK'] },
      previousState: { value: ['ALARM'] },
    });
  }

  private alarmRule(
    id: string,
    what: string,
    alarms: readonly BackupAlarm[],
    detail: Readonly<Record<string, unknown>>,
  ): void {
    if (alarms.length === 0) return;
    const names = alarms.map(({ heading }) => alarmName(this.#props.config.name, heading));
    new events.Rule(this, id, {
      description: `Slack: ${what}`,
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        // by name: their addresses would not fit into a pattern
        detail: { alarmName: names, ...detail },
      },
      targets: [
        this.tell({
          kind: 'alarm',
          at: events.EventField.time,
          region: events.EventField.region,
          detail: events.EventField.fromPath('$.detail'),
        }),
      ],
    });
  }

  private stopped(workflow: string, machine: IStateMachine): void {
    this.executionRule(`Stopped-${workflow}`, machine, ['ABORTED', 'TIMED_OUT'], {
      description: `Slack: executions of the ${workflow} workflow that were aborted or timed out`,
      input: { kind: 'stopped', workflow },
    });
  }

  private succeeded(workflow: string, machine: IStateMachine): void {
    this.executionRule(`Succeeded-${workflow}`, machine, ['SUCCEEDED'], {
      description: `Slack: executions of the ${workflow} workflow that went well, of which the first after a failure is told`,
      input: { kind: 'succeeded', workflow },
    });
  }

  private executionRule(
    id: string,
    { stateMachineArn }: IStateMachine,
    status: readonly string[],
    { description, input }: { description: string; input: Readonly<Record<string, string>> },
  ): void {
    new events.Rule(this, id, {
      description,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: [...status], stateMachineArn: [stateMachineArn] },
      },
      targets: [this.tell({ ...input, detail: events.EventField.fromPath('$.detail') })],
    });
  }

  private tell(input: Readonly<Record<string, unknown>>): LambdaFunction {
    const { slack, deadLetters } = this.#props;
    return new LambdaFunction(slack.function, {
      deadLetterQueue: deadLetters,
      maxEventAge: Duration.hours(2),
      retryAttempts: 10,
      event: events.RuleTargetInput.fromObject(input),
    });
  }
}
