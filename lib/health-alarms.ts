import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { longestGapMinutes } from '../core/cron.ts';
import type { EnvironmentConfig } from '../core/environment.ts';
import { expectationsOf } from '../core/health/expectations.ts';
import type { FigureName } from '../core/health/figures.ts';
import { METRIC } from '../core/names.ts';
import { BackupAlarm, type BackupAlarmProps } from './backup-alarm.ts';
import { monitorInterval } from './backup-alarms.ts';
import type { Functions } from './functions.ts';
import { logsOf } from './links.ts';
import { environmentMetric } from './pitr-graphs.ts';

export interface HealthAlarmsProps {
  readonly config: EnvironmentConfig;
  readonly functions: Pick<Functions, 'monitor' | 'retention'>;
  readonly topic: ITopic;
}

type Own = Omit<BackupAlarmProps, 'environment' | 'topic' | 'links'>;

const MORE = ComparisonOperator.GREATER_THAN_THRESHOLD;
const LESS = ComparisonOperator.LESS_THAN_THRESHOLD;
/** CloudWatch looks back no further for an alarm whose periods are an hour or longer. */
const LONGEST_LOOK_MINUTES = 7 * 24 * 60;

/**
 * What is wrong with sets that exist: too small, too slow, damaged, never read back, never finished, never let go. Which set
 * it is the log of the monitor says, and the verb `status`.
 */
export class HealthAlarms extends Construct {
  /** In the order an operator wants to see them; none where nobody measures. */
  readonly all: readonly Alarm[];
  readonly #props: HealthAlarmsProps;

  constructor(scope: Construct, id: string, props: HealthAlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { monitor, retention } = props.config.schedules;
    this.all = [
      ...(monitor.enabled ? [...this.ofSets(), ...this.ofFigures()] : []),
      ...(retention.enabled ? [this.retentionNotRunning()] : []),
    ];
  }

  /** Counted over all kinds. While a kind cannot be counted the alarm stays as it is, and Monitor/Failing is on. */
  private ofSets(): Alarm[] {
    const { policy, health } = this.#props.config;
    const { openUploadHours } = expectationsOf(this.#props.config).health;
    const count = (heading: string, figure: FigureName, meaning: string, threshold = 0) =>
      this.alarm({
        ...{ heading, meaning, threshold, comparison: MORE },
        metric: this.metric(figure),
        missing: TreatMissingData.IGNORE,
        tellsRecovery: true,
      });
    return [
      count(
        'Backup/Damaged',
        'setsDamaged',
        'A set was read back and is not as it was written, or its manifest cannot be read: it cannot be counted on.',
      ),
      count(
        'Backup/Unverified',
        'setsUnverified',
        'A set was finished and never read back, though there was time to, and nothing verified has come since.',
      ),
      count(
        'Backup/Stuck',
        'runsStuck',
        'A run was begun longer ago than it may take and has not made a set, and nothing newer has.',
      ),
      count(
        'Retention/NotCompliant',
        'setsOverdue',
        `Sets are there more than ${health.retentionGraceDays} days after they may have gone: retention does not mark them, or ` +
          'lifecycle does not expire what is marked.',
      ),
      count(
        'Uploads/Stale',
        'oldestOpenUploadHours',
        `An upload has been open for more than ${openUploadHours} hours, longer than any run may take. Its parts are billed; ` +
          `lifecycle gives it up after ${policy.abortUploadsAfterDays} days.`,
        openUploadHours,
      ),
    ];
  }

  /** Of the newest sets. While a kind cannot be seen the alarms stay as they are, and Monitor/Failing is on. */
  private ofFigures(): Alarm[] {
    const { size, duration, shareOfTimeLimit } = this.#props.config.health;
    const state = { missing: TreatMissingData.IGNORE, tellsRecovery: true };
    return [
      this.alarm({
        ...state,
        heading: 'Backup/SizeDropped',
        meaning: `The newest set of a kind holds less than ${size.least} times what the sets before it did: rows may be lost.`,
        metric: this.metric('smallestSizeRatio', Stats.MINIMUM),
        comparison: LESS,
        threshold: size.least,
      }),
      this.alarm({
        ...state,
        heading: 'Backup/SizeJumped',
        meaning: `The newest set of a kind holds more than ${size.most} times what the sets before it did: something grows without end.`,
        metric: this.metric('largestSizeRatio'),
        comparison: MORE,
        threshold: size.most,
      }),
      this.alarm({
        ...state,
        heading: 'Backup/Slow',
        meaning: `The newest set of a kind took more than ${duration.most} times as long as the sets before it.`,
        metric: this.metric('longestDurationRatio'),
        comparison: MORE,
        threshold: duration.most,
      }),
      this.alarm({
        ...state,
        heading: 'Backup/NearTimeLimit',
        meaning: `The newest set of a kind took more than ${Math.round(shareOfTimeLimit * 100)} % of the time it is given: soon it is stopped.`,
        metric: this.metric('longestShareOfTimeLimit'),
        comparison: MORE,
        threshold: shareOfTimeLimit,
      }),
    ];
  }

  /**
   * Every backup has its own kind looked at, so that the function is called says nothing about its schedule. Sets that
   * restores kept are looked at by the run over all kinds alone.
   */
  private retentionNotRunning(): Alarm {
    const { config, functions } = this.#props;
    const gap = longestGapMinutes(config.schedules.retention.cron);
    const metric = new Metric({
      namespace: METRIC.namespace,
      metricName: METRIC.setsMarkedExpired,
      dimensionsMap: {
        [METRIC.dimensionEnvironment]: config.name,
        [METRIC.dimensionKind]: 'prerestore',
      },
      statistic: Stats.SAMPLE_COUNT,
      period: Duration.minutes(gap),
    });
    return new BackupAlarm(this, 'RetentionNotRunning', {
      heading: 'Retention/NotRunning',
      meaning:
        'Nobody looks over the sets of all kinds: those whose backups do not run, and those that restores kept, are never let go.',
      links: logsOf(this, functions.retention),
      metric,
      comparison: LESS,
      threshold: 1,
      // one run may be missed without anybody being called
      periods: 2 * gap <= LONGEST_LOOK_MINUTES ? 2 : 1,
      missing: TreatMissingData.BREACHING,
      tellsRecovery: true,
      environment: config.name,
      topic: this.#props.topic,
    }).alarm;
  }

  private metric(figure: FigureName, statistic: string = Stats.MAXIMUM): Metric {
    return healthMetric(this.#props.config, figure, statistic);
  }

  private alarm(own: Own): Alarm {
    const { config, topic, functions } = this.#props;
    const id = own.heading.replace('/', '');
    const links = logsOf(this, functions.monitor);
    return new BackupAlarm(this, id, { ...own, links, environment: config.name, topic }).alarm;
  }
}

/** A figure of all kinds together, as the monitor measures it. */
export function healthMetric(
  config: Pick<EnvironmentConfig, 'name' | 'schedules'>,
  figure: FigureName,
  statistic: string = Stats.MAXIMUM,
): Metric {
  return environmentMetric(config.name, METRIC[figure], statistic, monitorInterval(config));
}
