import { Aws, Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { shortestGapMinutes } from '../core/cron.ts';
import { acknowledgeVersions } from './acknowledge-wildcards.ts';
import type { BackupFunction } from './backup-function.ts';

/** How a schedule delivers a start, and where one ends that it could not deliver. */
export interface Delivery {
  readonly role: Role;
  readonly deadLetterQueue: Queue;
  readonly retryAttempts: number;
  readonly maxEventAge: Duration;
}

/** Three tries within minutes get over a throttle; what outlasts them is for people, not for 185 tries over a day. */
const RETRY_ATTEMPTS = 3;
/** A backup due at 02:00 may start until 03:00, not the next afternoon. */
const LONGEST_WAIT_MINUTES = 60;

/** Tries a start that was due by `cron` until it would be in the way of the next. */
export function delivery(role: Role, deadLetterQueue: Queue, cron: string): Delivery {
  return {
    role,
    deadLetterQueue,
    retryAttempts: RETRY_ATTEMPTS,
    maxEventAge: Duration.minutes(Math.min(LONGEST_WAIT_MINUTES, shortestGapMinutes(cron))),
  };
}

/** What the schedules of the group, and nobody else, may start. */
export function schedulerRole(
  scope: Construct,
  group: ScheduleGroup,
  functions: readonly BackupFunction[],
): Role {
  const ofThisGroup = {
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.scheduleGroupArn },
  };
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', { conditions: ofThisGroup }),
  });
  acknowledgeVersions(
    role,
    functions.map(({ function: called }) => called),
  );
  return role;
}
