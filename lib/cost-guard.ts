import { ArnFormat, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  GraphWidget,
  type IWidget,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LambdaDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { estimateCurve } from '../core/cost/curve.ts';
import type { GuardSettings } from '../core/cost/guard-settings.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { ENV, LAMBDA_ENV, METRIC } from '../core/names.ts';
import { acknowledgePattern, acknowledgeVersions } from './acknowledge-wildcards.ts';
import { BackupAlarm, type BackupAlarmProps, EVENT, EVENT_PERIOD } from './backup-alarm.ts';
import { BackupFunction } from './backup-function.ts';
import { costRights } from './bucket-rights.ts';
import { CostBudget, guardScope } from './cost-budget.ts';
import type { DrillSwitch } from './drill-switch.ts';
import { logsOf } from './links.ts';
import { environmentMetric } from './pitr-graphs.ts';
import { delivery, schedulerRole } from './schedule-delivery.ts';
import type { SlackOutlet } from './slack-outlet.ts';

export interface CostGuardProps {
  readonly config: EnvironmentConfig;
  readonly bucket: IBucket;
  /** Whose tasks are looked at. */
  readonly cluster: ICluster;
  /** What it switches off once the month has cost more than it may. */
  readonly drillSwitch: DrillSwitch;
  /** Puts on record what it found. */
  readonly audit: BackupFunction;
  /** What telling people in Slack needs. */
  readonly outlet: SlackOutlet;
  /** Where starts end that could not be delivered. */
  readonly deadLetters: Queue;
  readonly topic: Topic;
}

const DAY = Duration.days(1);
/** Where the console shows what was spent, and on what. */
const COST_EXPLORER = 'https://us-east-1.console.aws.amazon.com/costmanagement/home#/cost-explorer';

/** Watches what the environment costs after it is deployed (spec C2). It knows nothing of backups, and can stop none. */
export class CostGuard extends Construct {
  /** The dashboard shows them. */
  readonly alarms: readonly Alarm[];
  /** One row of the dashboard. */
  readonly widgets: readonly IWidget[];
  readonly #props: CostGuardProps;

  constructor(scope: Construct, id: string, props: CostGuardProps) {
    super(scope, id);
    this.#props = props;
    const { config, topic } = props;
    new CostBudget(this, 'Budget', { config, topic });
    const guard = this.guard();
    this.schedule(guard);
    this.alarms = this.alarmsOf(guard);
    this.widgets = [
      new GraphWidget({
        title: 'Costs of the month so far, US dollars',
        width: 24,
        left: [environmentMetric(config.name, METRIC.monthToDateUsd, Stats.MAXIMUM, DAY)],
        leftAnnotations: [{ value: config.cost.monthlyCeilingUsd, label: 'ceiling' }],
        leftYAxis: { min: 0 },
      }),
    ];
  }

  private guard(): BackupFunction {
    const { config, bucket, cluster, drillSwitch, outlet, audit } = this.#props;
    const guard = new BackupFunction(this, 'Guard', {
      capability: 'cost-guard',
      description:
        'Looks daily at what could become a surprise on the bill; past the ceiling it switches drills off',
      environment: {
        ...outlet.environment,
        [LAMBDA_ENV.clusterArn]: cluster.clusterArn,
        [LAMBDA_ENV.drillSwitch]: drillSwitch.parameter.parameterName,
        [LAMBDA_ENV.costGuard]: JSON.stringify(guardSettings(config)),
        [ENV.bucket]: bucket.bucketName,
      },
      rights: [...costRights(bucket), ...this.lookingRights(), drillSwitch.writeRight(), ...outlet.rights],
      logRetention: config.logRetentionDays,
      // a bucket that has doubled is listed, up to 200 pages
      timeout: Duration.minutes(5),
    });
    const { role } = guard.function;
    if (role !== undefined) {
      acknowledgePattern(
        role,
        '*',
        'Cost Explorer and CloudWatch know no narrower resource, nor does the listing of tasks, which is bound to the ' +
          'cluster by a condition. All of it is reading.',
      );
      acknowledgeVersions(role, [audit.function]);
    }
    const record = new LambdaDestination(audit.function);
    // not tried again: it would tell everything twice, and every request to Cost Explorer is billed
    guard.function.configureAsyncInvoke({ retryAttempts: 0, onSuccess: record, onFailure: record });
    return guard;
  }

  private lookingRights(): PolicyStatement[] {
    const { cluster } = this.#props;
    const ofCluster = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
    const tasks = Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task',
      resourceName: `${cluster.clusterName}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    return [
      new PolicyStatement({
        sid: 'ReadCosts',
        actions: ['ce:GetCostAndUsage', 'ce:GetCostForecast', 'cloudwatch:GetMetricData'],
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'ListTasks',
        actions: ['ecs:ListTasks'],
        resources: ['*'],
        conditions: ofCluster,
      }),
      new PolicyStatement({ sid: 'LookAtTasks', actions: ['ecs:DescribeTasks'], resources: [tasks] }),
    ];
  }

  private schedule(guard: BackupFunction): void {
    const { config, deadLetters } = this.#props;
    const { cron } = config.cost.guard;
    const group = new scheduler.ScheduleGroup(this, 'Group');
    new scheduler.Schedule(this, 'Schedule', {
      description: 'VideoPlanet Backup: cost guard',
      scheduleGroup: group,
      schedule: scheduler.ScheduleExpression.expression(`cron(${cron})`, TimeZone.of(config.timeZone)),
      target: new LambdaInvoke(guard.function, {
        ...delivery(schedulerRole(this, group, [guard]), deadLetters, cron),
        // the record of the run is filed under it
        input: scheduler.ScheduleTargetInput.fromObject({ scheduled: 'cost-guard' }),
      }),
    });
  }

  private alarmsOf(guard: BackupFunction): Alarm[] {
    const { name, cost } = this.#props.config;
    const links = { ...logsOf(this, guard), 'Cost Explorer': COST_EXPLORER };
    return [
      this.alarm({
        heading: 'Cost/AboveCeiling',
        meaning:
          `The month has cost more than the ceiling of $${cost.monthlyCeilingUsd}. Drills are off until it is over, unless ` +
          'an operator wants them; backups go on.',
        links,
        metric: environmentMetric(name, METRIC.monthToDateUsd, Stats.MAXIMUM, DAY),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: cost.monthlyCeilingUsd,
        // of a day without a measurement another alarm tells
        missing: TreatMissingData.IGNORE,
        tellsRecovery: true,
      }),
      this.alarm({
        ...EVENT,
        heading: 'Cost/Findings',
        meaning:
          'The cost guard has found something that costs more than it should. Its log, and Slack, say what.',
        links,
        metric: environmentMetric(name, METRIC.costFindings, EVENT_PERIOD.statistic, EVENT_PERIOD.period),
      }),
      this.alarm({
        ...EVENT,
        heading: 'Cost/GuardFailing',
        meaning: 'The cost guard could not look at everything, switch what it has to, or tell it.',
        links,
        metric: guard.function.metricErrors(EVENT_PERIOD),
      }),
      this.alarm({
        heading: 'Cost/GuardNotRunning',
        meaning: 'Nobody but the budget watches what this costs.',
        links,
        metric: guard.function.metricInvocations({ period: DAY, statistic: Stats.SUM }),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
        periods: 2,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      }),
    ];
  }

  private alarm(own: Omit<BackupAlarmProps, 'environment' | 'topic'>): Alarm {
    const { config, topic } = this.#props;
    const id = own.heading.replace('/', '');
    return new BackupAlarm(this, id, { ...own, environment: config.name, topic }).alarm;
  }
}

/** All that the guard is told of the environment. */
function guardSettings(config: EnvironmentConfig): GuardSettings {
  const { task, drill, files, cost, supabase } = config;
  return {
    ceilingUsd: cost.monthlyCeilingUsd,
    scope: guardScope(config.name, cost.budget.scope),
    curve: estimateCurve(config),
    longestTaskMinutes: Math.max(
      ...Object.values(task.timeoutMinutes),
      drill.timeoutMinutes,
      ...(files.enabled ? [files.timeoutMinutes] : []),
    ),
    projects: supabase?.drill !== undefined,
  };
}
