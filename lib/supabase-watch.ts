import { Duration, TimeZone } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  type IWidget,
  type Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { longestGapMinutes } from '../core/cron.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { LAMBDA_ENV, METRIC } from '../core/names.ts';
import { leastPitrDays } from '../core/supabase/pitr.ts';
import type { SupabaseSettings } from '../core/supabase/settings.ts';
import { BackupAlarm, type BackupAlarmProps, EVENT, EVENT_PERIOD } from './backup-alarm.ts';
import { BackupFunction, type BackupFunctionProps } from './backup-function.ts';
import { logsOf } from './links.ts';
import { environmentMetric, PITR_MONITOR_CRON, pitrGraphs } from './pitr-graphs.ts';
import { delivery, schedulerRole } from './schedule-delivery.ts';
import { readSecretsRight } from './secret-rights.ts';

export interface SupabaseWatchProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'timeZone' | 'logRetentionDays'>;
  readonly settings: SupabaseSettings;
  /** Holds the access token of the Management API. */
  readonly token: ISecret;
  /** Where starts end that could not be delivered. */
  readonly deadLetters: Queue;
  readonly topic: ITopic;
}

type Drill = NonNullable<SupabaseSettings['drill']>;
type Own = Omit<BackupAlarmProps, 'environment' | 'topic'>;

/** What is looked at in Supabase: whether its point-in-time recovery is well, and what drills left behind. */
export class SupabaseWatch extends Construct {
  /** The dashboard shows them. */
  readonly alarms: readonly Alarm[];
  /** One row of the dashboard; none where recovery is not watched. */
  readonly widgets: readonly IWidget[];
  /** Deletes what drills have left; nothing where drills make no projects. */
  readonly reaper: BackupFunction | undefined;
  readonly #props: SupabaseWatchProps;

  constructor(scope: Construct, id: string, props: SupabaseWatchProps) {
    super(scope, id);
    this.#props = props;
    const { pitr, drill } = props.settings;
    const monitor = pitr.watch ? this.monitor() : undefined;
    const reaper = drill === undefined ? undefined : this.makeReaper(drill);
    this.reaper = reaper;
    this.schedule([
      ...(monitor === undefined ? [] : [{ name: 'PitrMonitor', called: monitor, cron: PITR_MONITOR_CRON }]),
      ...(reaper === undefined || drill === undefined
        ? []
        : [{ name: 'Reaper', called: reaper, cron: drill.sweep }]),
    ]);
    this.widgets = monitor === undefined ? [] : pitrGraphs(props.config.name, pitr);
    this.alarms = [
      ...(monitor === undefined ? [] : this.monitorAlarms(monitor)),
      ...(reaper === undefined || drill === undefined ? [] : this.reaperAlarms(reaper, drill)),
    ];
  }

  private monitor(): BackupFunction {
    return this.function('PitrMonitor', {
      capability: 'pitr-monitor',
      description:
        'Measures whether point-in-time recovery of the Supabase project is on, fresh and long enough',
      environment: {},
      // the API is asked again for up to three minutes
      timeout: Duration.minutes(5),
    });
  }

  private makeReaper({ organization, maxHours }: Drill): BackupFunction {
    return this.function('Reaper', {
      capability: 'supabase-reaper',
      description: 'Deletes projects that drills of this environment left in their organization',
      environment: { [LAMBDA_ENV.supabaseDrill]: JSON.stringify({ organization, maxHours }) },
      // each page of the list may take three minutes, each deletion half a minute
      timeout: Duration.minutes(15),
    });
  }

  /** Each may read the token, and nothing else of this account. */
  private function(id: string, own: Omit<BackupFunctionProps, 'rights' | 'logRetention'>): BackupFunction {
    const { config, settings, token } = this.#props;
    return new BackupFunction(this, id, {
      ...own,
      environment: {
        [LAMBDA_ENV.environment]: config.name,
        [LAMBDA_ENV.supabaseProjectRef]: settings.projectRef,
        [LAMBDA_ENV.supabaseTokenSecretArn]: token.secretArn,
        ...own.environment,
      },
      rights: [readSecretsRight('ReadToken', [token])],
      logRetention: config.logRetentionDays,
    });
  }

  private schedule(starts: readonly { name: string; called: BackupFunction; cron: string }[]): void {
    const { config, deadLetters } = this.#props;
    const group = new scheduler.ScheduleGroup(this, 'Group');
    const called = starts.map((start) => start.called);
    const role = schedulerRole(this, group, called);
    for (const start of starts)
      new scheduler.Schedule(this, `${start.name}Schedule`, {
        description: `VideoPlanet Backup: ${start.name}`,
        scheduleGroup: group,
        schedule: scheduler.ScheduleExpression.expression(
          `cron(${start.cron})`,
          TimeZone.of(config.timeZone),
        ),
        target: new LambdaInvoke(start.called.function, {
          ...delivery(role, deadLetters, start.cron),
          // the record of the run is filed under it
          input: scheduler.ScheduleTargetInput.fromObject({ scheduled: start.name.toLowerCase() }),
        }),
      });
  }

  /** A measurement that is missing leaves the alarms as they are; that it is missing has an alarm of its own. */
  private monitorAlarms(monitor: BackupFunction): Alarm[] {
    const { projectRef, pitr } = this.#props.settings;
    const state = {
      links: linksOf(this, monitor, projectRef),
      missing: TreatMissingData.IGNORE,
      tellsRecovery: true,
    };
    const days = leastPitrDays(pitr.minDays);
    return [
      this.alarm({
        ...state,
        heading: 'Pitr/Off',
        meaning:
          'Point-in-time recovery of the Supabase project is off: it cannot be taken back to a minute.',
        metric: this.metric(METRIC.pitrEnabled, Stats.MINIMUM),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
      }),
      this.alarm({
        ...state,
        heading: 'Pitr/Stale',
        meaning: `The newest point that the Supabase project can be taken back to is more than ${pitr.maxAgeMinutes} minutes old.`,
        metric: this.metric(METRIC.pitrNewestPointAgeMinutes, Stats.MAXIMUM),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: pitr.maxAgeMinutes,
      }),
      this.alarm({
        ...state,
        heading: 'Pitr/TooShort',
        meaning: `Point-in-time recovery reaches back less than ${days} days; ${pitr.minDays} are wanted, snapshots are a day apart.`,
        metric: this.metric(METRIC.pitrDays, Stats.MINIMUM),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: days,
      }),
      this.alarm({
        ...state,
        heading: 'Pitr/NotMeasured',
        meaning:
          'Nobody measures point-in-time recovery: whether it is on and fresh is not known until this is over.',
        metric: this.metric(METRIC.pitrEnabled, Stats.SAMPLE_COUNT),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
        // one measurement may be missed without anybody being called
        periods: 2,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      }),
    ];
  }

  private reaperAlarms(reaper: BackupFunction, drill: Drill): Alarm[] {
    const links = {
      ...logsOf(this, reaper),
      Projects: `https://supabase.com/dashboard/org/${drill.organization}`,
    };
    const event = (heading: string, meaning: string, metric: Metric) =>
      this.alarm({ ...EVENT, heading, meaning, metric, links });
    const counted = (name: string) => this.metric(name, EVENT_PERIOD.statistic, EVENT_PERIOD.period);
    return [
      event(
        'Reaper/LeakDeleted',
        `A drill left a project behind for more than ${drill.maxHours} hours. It is deleted now; what it cost until then is billed.`,
        counted(METRIC.leakedProjectsDeleted),
      ),
      event(
        'Reaper/LeakKept',
        'A drill left a project behind, and it could not be deleted: it is billed for every hour until somebody does.',
        counted(METRIC.leakedProjectsKept),
      ),
      event(
        'Reaper/Failing',
        'Nobody knows whether drills left projects behind: their list cannot be read.',
        reaper.function.metricErrors(EVENT_PERIOD),
      ),
      this.alarm({
        heading: 'Reaper/NotRunning',
        meaning: 'Nobody looks for projects that drills left behind.',
        links,
        metric: reaper.function.metricInvocations({
          period: Duration.minutes(longestGapMinutes(drill.sweep)),
          statistic: Stats.SUM,
        }),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: 1,
        periods: 2,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      }),
    ];
  }

  private metric(metricName: string, statistic: string, period?: Duration): Metric {
    return environmentMetric(this.#props.config.name, metricName, statistic, period);
  }

  private alarm(own: Own): Alarm {
    const { config, topic } = this.#props;
    const id = own.heading.replace('/', '');
    return new BackupAlarm(this, id, { ...own, environment: config.name, topic }).alarm;
  }
}

function linksOf(scope: Construct, monitor: BackupFunction, projectRef: string): Record<string, string> {
  return {
    'Point in time': `https://supabase.com/dashboard/project/${projectRef}/database/backups/pitr`,
    ...logsOf(scope, monitor),
  };
}
