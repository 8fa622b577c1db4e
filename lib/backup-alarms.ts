import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { longestGapMinutes } from '../core/cron.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { SCHEDULED_KINDS, type ScheduledKind } from '../core/kinds.ts';
import { METRIC } from '../core/names.ts';
import { BackupAlarm, type BackupAlarmProps, EVENT, EVENT_PERIOD } from './backup-alarm.ts';
import type { BackupFunction } from './backup-function.ts';
import type { Functions } from './functions.ts';
import { logsOf, queuesUrl, stateMachineUrl } from './links.ts';

/** The state machines that are watched. */
export type Workflows = Readonly<Record<'backup' | 'restore' | 'drill', StateMachine>> & {
  /** Only where files are backed up. */
  readonly files?: StateMachine;
};

export interface BackupAlarmsProps {
  readonly config: Pick<EnvironmentConfig, 'name' | 'schedules' | 'staleAfterMinutes' | 'files' | 'drill'>;
  readonly workflows: Workflows;
  readonly functions: Functions;
  readonly deadLetters: Queue;
  readonly topic: ITopic;
}

/**
 * Everything that people are told without asking: what failed, what was stopped, and above all what did not happen. A
 * schedule that is off and a function that is broken look alike from here, and both are found by the age of the sets.
 */
export class BackupAlarms extends Construct {
  /** In the order an operator wants to see them. */
  readonly all: readonly Alarm[];
  readonly #props: BackupAlarmsProps;

  constructor(scope: Construct, id: string, props: BackupAlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { schedules } = props.config;
    const kinds = SCHEDULED_KINDS.filter((kind) => schedules[kind].enabled);
    this.all = [
      ...kinds.map((kind) => this.stale(kind)),
      ...this.ofExecutions('Backup', props.workflows.backup, {
        failed:
          'A backup failed. Nothing that looks like a backup was left; the set of that slot is missing or unverified.',
        timedOut:
          "A backup outlasted the workflow's own limit and was stopped. Its task may still be running.",
        aborted: 'Somebody stopped a backup. Its task may still be running.',
      }),
      ...this.ofExecutions('Restore', props.workflows.restore, {
        failed: 'A restore did not end verified. The error of its execution says what is in the target now.',
        timedOut:
          "A restore outlasted the workflow's own limit and was stopped. Its task may still be running.",
        aborted: 'Somebody stopped a restore. Its task may still be running.',
      }),
      ...this.ofFiles(),
      ...this.ofDrills(),
      ...(schedules.monitor.enabled ? [this.monitorNotRunning()] : []),
      this.failing('Monitor', props.functions.monitor, 'The age of the backups is not being measured.'),
      this.failing(
        'Retention',
        props.functions.retention,
        'Old sets are not marked, so they stay and are billed.',
      ),
      this.failing('Audit', props.functions.audit, 'Records are missing from the audit copy.'),
      this.failing('Slack', props.functions.slack, 'Slack does not take our messages. Mail still arrives.'),
      this.failing('Explain', props.functions.explain, 'Alerts of failures arrive without an explanation.'),
      this.deadLetters(),
    ];
  }

  /** No verified set for too long, whatever the reason; no figure at all means that there has never been one. */
  private stale(kind: ScheduledKind): Alarm {
    const { config } = this.#props;
    const limit = config.staleAfterMinutes[kind];
    return this.alarm(`Backup/${title(kind)}Stale`, {
      meaning:
        `The newest verified ${kind} set is more than ${limit} minutes old, or there is none. ` +
        'A schedule that is off looks exactly like one that fails: look at the schedule first.',
      links: this.executions(this.#props.workflows.backup),
      metric: ageMetric(config, kind),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: limit,
      // one measurement may be missed without anybody being called
      periods: 2,
      missing: TreatMissingData.BREACHING,
      tellsRecovery: true,
    });
  }

  private ofFiles(): Alarm[] {
    const { config, workflows } = this.#props;
    if (workflows.files === undefined) return [];
    const limit = config.files.staleAfterMinutes;
    const stale = this.alarm('Files/Stale', {
      meaning:
        `The newest inventory of the files of Storage is of a run that began more than ${limit} minutes ago, or there is ` +
        'none. Files that were added or changed since are not in the backup.',
      links: this.executions(workflows.files),
      metric: monitorMetric(config, METRIC.newestInventoryAgeMinutes, 'files'),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: limit,
      periods: 2,
      missing: TreatMissingData.BREACHING,
      tellsRecovery: true,
    });
    return [
      stale,
      ...this.ofExecutions('Files', workflows.files, {
        failed:
          'Not every file of Storage is in the backup as it is now. What was copied before is untouched.',
        timedOut:
          "A backup of files outlasted the workflow's own limit and was stopped. The next one goes on from there.",
        aborted: 'Somebody stopped a backup of files. Its task may still be running.',
      }),
    ];
  }

  private ofDrills(): Alarm[] {
    const { config, workflows } = this.#props;
    const limit = config.drill.staleAfterDays;
    const stale = () =>
      this.alarm('Drill/Stale', {
        meaning:
          `No drill has verified everything for more than ${limit} days: nobody knows whether a restore would work. A schedule ` +
          'that is off looks exactly like one that fails: look at the schedule first.',
        links: this.executions(workflows.drill),
        metric: drillAgeMetric(config),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: limit,
        periods: 2,
        missing: TreatMissingData.BREACHING,
        tellsRecovery: true,
      });
    return [
      ...(config.schedules.drill.enabled ? [stale()] : []),
      ...this.ofExecutions('Drill', workflows.drill, {
        failed: 'A drill did not verify everything. The error of its execution, and its report, say what.',
        timedOut:
          "A drill outlasted the workflow's own limit and was stopped. Its task may still be running.",
        aborted: 'Somebody stopped a drill. Its task may still be running.',
      }),
      ...this.ofDrillProjects(),
    ];
  }

  private ofDrillProjects(): Alarm[] {
    const { supabase } = this.#props.functions;
    if (supabase?.drill === undefined) return [];
    const { cleanUp } = supabase.drill;
    return [
      this.alarm('Drill/ProjectLeft', {
        ...EVENT,
        meaning:
          'The project that a drill has made may still be there: it holds a copy of the data, and every hour of it is billed.',
        metric: cleanUp.function.metricErrors(EVENT_PERIOD),
        links: logsOf(this, cleanUp),
      }),
    ];
  }

  private ofExecutions(
    name: string,
    workflow: StateMachine,
    meanings: Readonly<Record<'failed' | 'timedOut' | 'aborted', string>>,
  ): Alarm[] {
    const event = (heading: string, metric: IMetric, meaning: string) =>
      this.alarm(`${name}/${heading}`, { ...EVENT, meaning, metric, links: this.executions(workflow) });
    return [
      event('Failing', workflow.metricFailed(EVENT_PERIOD), meanings.failed),
      event('TimedOut', workflow.metricTimedOut(EVENT_PERIOD), meanings.timedOut),
      event('Aborted', workflow.metricAborted(EVENT_PERIOD), meanings.aborted),
    ];
  }

  private monitorNotRunning(): Alarm {
    const { config, functions } = this.#props;
    return this.alarm('Monitor/NotRunning', {
      meaning:
        'Nobody measures the age of the backups: the alarms of age are worth nothing until this one is over.',
      links: logsOf(this, functions.monitor),
      metric: functions.monitor.function.metricInvocations({
        period: monitorInterval(config),
        statistic: Stats.SUM,
      }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 2,
      missing: TreatMissingData.BREACHING,
      tellsRecovery: true,
    });
  }

  private failing(name: string, target: BackupFunction, meaning: string): Alarm {
    return this.alarm(`${name}/Failing`, {
      ...EVENT,
      meaning,
      metric: target.function.metricErrors(EVENT_PERIOD),
      links: logsOf(this, target),
    });
  }

  private deadLetters(): Alarm {
    return this.alarm('Schedules/DeadLetters', {
      ...EVENT,
      meaning: 'A schedule could not start what it starts, and gave up. The queue says what and why.',
      metric: this.#props.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: Stats.MAXIMUM,
      }),
      links: { Queue: queuesUrl(this) },
      tellsRecovery: true,
    });
  }

  private alarm(heading: string, props: Omit<BackupAlarmProps, 'environment' | 'heading' | 'topic'>): Alarm {
    const { config, topic } = this.#props;
    const id = heading.replace('/', '');
    return new BackupAlarm(this, id, { ...props, environment: config.name, heading, topic }).alarm;
  }

  private executions({ stateMachineArn }: StateMachine): Record<string, string> {
    return { Executions: stateMachineUrl(this, stateMachineArn) };
  }
}

type MeasuredConfig = Pick<EnvironmentConfig, 'name' | 'schedules'>;

/** Age of the newest verified set, in minutes, as the monitor measures it. */
export function ageMetric(config: MeasuredConfig, kind: ScheduledKind): Metric {
  return monitorMetric(config, METRIC.newestVerifiedAgeMinutes, kind);
}

/** Days since the newest drill that verified everything, as the monitor reads it from the reports. */
function drillAgeMetric(config: MeasuredConfig): Metric {
  return new Metric({
    namespace: METRIC.namespace,
    metricName: METRIC.verifiedDrillAgeDays,
    dimensionsMap: { [METRIC.dimensionEnvironment]: config.name },
    statistic: Stats.MAXIMUM,
    period: monitorInterval(config),
  });
}

/** How many sets there are, as the monitor counts them. */
export function setsMetric(config: MeasuredConfig, kind: ScheduledKind): Metric {
  return monitorMetric(config, METRIC.sets, kind);
}

function monitorMetric(config: MeasuredConfig, metricName: string, kind: ScheduledKind | 'files'): Metric {
  return new Metric({
    namespace: METRIC.namespace,
    metricName,
    dimensionsMap: { [METRIC.dimensionEnvironment]: config.name, [METRIC.dimensionKind]: kind },
    statistic: Stats.MAXIMUM,
    period: monitorInterval(config),
  });
}

/** At least one measurement in each period. */
export function monitorInterval({ schedules }: MeasuredConfig): Duration {
  return Duration.minutes(longestGapMinutes(schedules.monitor.cron));
}

function title(kind: ScheduledKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}
