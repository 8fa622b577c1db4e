import { Annotations, Duration, TimeZone, Validations } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke, StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { shortestGapMinutes } from '../core/cron.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from '../core/kinds.ts';
import type { BackupFunction } from './backup-function.ts';
import { type Delivery, delivery, schedulerRole } from './schedule-delivery.ts';
import { TASK_START_RETRY_TIME } from './task-start-retry.ts';

export interface BackupSchedulesProps {
  readonly schedules: EnvironmentConfig['schedules'];
  /** IANA name of the zone the crons are meant in. */
  readonly timeZone: string;
  readonly workflow: IStateMachine;
  /** The workflow that rehearses a recovery. */
  readonly drill: IStateMachine;
  readonly retention: BackupFunction;
  readonly monitor: BackupFunction;
  /**
   * The workflow that copies files, and when.
   * @default - files are not backed up
   */
  readonly filesRun?: { readonly workflow: IStateMachine; readonly cron: string };
}

/**
 * When everything runs. Starting is all that a schedule knows about: whether sets come into being is measured from the
 * sets (spec M1). A start that cannot be delivered ends in a queue that has an alarm.
 */
export class BackupSchedules extends Construct {
  /** Starts that could not be delivered. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: BackupSchedulesProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      // as long as SQS can: somebody looks within two weeks
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue.',
    });
    const group = new scheduler.ScheduleGroup(this, 'Group');
    const role = schedulerRole(this, group, [props.retention, props.monitor]);
    const schedule = (name: string, { enabled, cron }: { enabled: boolean; cron: string }, target: Target) =>
      new scheduler.Schedule(this, capitalized(name), {
        description: `VideoPlanet Backup: ${name}`,
        scheduleGroup: group,
        schedule: scheduler.ScheduleExpression.expression(`cron(${cron})`, TimeZone.of(props.timeZone)),
        enabled,
        target: target(delivery(role, this.deadLetters, cron)),
      });
    for (const kind of SCHEDULED_KINDS) {
      this.refuseOverlongRetries(kind, props.schedules[kind].cron);
      schedule(kind, props.schedules[kind], (delivery) => {
        // the instant it was due, not that of the delivery: delivered twice, it is still one slot (spec B8)
        const input = { kind, slot: scheduler.ContextAttribute.scheduledTime };
        return new StepFunctionsStartExecution(props.workflow, {
          ...delivery,
          input: scheduler.ScheduleTargetInput.fromObject(input),
        });
      });
    }
    const { filesRun } = props;
    if (filesRun !== undefined)
      schedule('files', { enabled: true, cron: filesRun.cron }, (delivery) => {
        const input = { slot: scheduler.ContextAttribute.scheduledTime };
        return new StepFunctionsStartExecution(filesRun.workflow, {
          ...delivery,
          input: scheduler.ScheduleTargetInput.fromObject(input),
        });
      });
    schedule('drill', props.schedules.drill, (delivery) => {
      return new StepFunctionsStartExecution(props.drill, {
        ...delivery,
        input: scheduler.ScheduleTargetInput.fromObject({}),
      });
    });
    for (const name of ['retention', 'monitor'] as const) {
      schedule(name, props.schedules[name], (delivery) => {
        return new LambdaInvoke(props[name].function, {
          ...delivery,
          // the record of the run is filed under it
          input: scheduler.ScheduleTargetInput.fromObject({ scheduled: name }),
        });
      });
    }
  }

  /** A start that is still being retried when the next one is due would keep that one from running. */
  private refuseOverlongRetries(kind: ScheduledKind, cron: string): void {
    const retry = TASK_START_RETRY_TIME.toMinutes({ integral: false });
    const interval = shortestGapMinutes(cron);
    if (retry < interval) return;
    Annotations.of(this).addError(
      `starting a task is retried for up to ${retry} minutes, but a ${kind} set is due every ${interval} minutes ` +
        `(${cron}); make the schedule wider than ${retry} minutes`,
    );
  }
}

type Target = (delivery: Delivery) => scheduler.IScheduleTarget;

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
