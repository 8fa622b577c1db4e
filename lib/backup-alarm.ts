import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmName } from '../core/alerts/alarm-name.ts';
import { runbookLink } from '../core/runbook.ts';

export interface BackupAlarmProps {
  /** Name of the environment: first part of the alarm's name. */
  readonly environment: string;
  /** Heading of docs/runbook.md, and second part of the alarm's name. */
  readonly heading: string;
  /** What it means that this alarm is on, in one or two sentences. */
  readonly meaning: string;
  /** Where to look first: a label and an address. */
  readonly links: Readonly<Record<string, string>>;
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /**
   * Periods in a row that must be beyond the threshold.
   * @default 1
   */
  readonly periods?: number;
  /** What silence means: nothing happened, or nobody is measuring. */
  readonly missing: TreatMissingData;
  /**
   * Says too when it is over: for a state that lasts, not for an event.
   * @default false
   */
  readonly tellsRecovery?: boolean;
  readonly topic: ITopic;
}

/** An event has happened, or has not; silence means that it has not. */
export const EVENT = {
  comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  missing: TreatMissingData.NOT_BREACHING,
};
/** How the metric of an event is read: how often it happened within some minutes. */
export const EVENT_PERIOD = { period: Duration.minutes(5), statistic: Stats.SUM };

/** An alarm somebody can act on: it has a name, a meaning, a place in the runbook, and people who hear of it. */
export class BackupAlarm extends Construct {
  /** The dashboard shows it. */
  readonly alarm: Alarm;
  /** Heading of the runbook. */
  readonly heading: string;
  /** Whether it is a state that lasts, and people hear too when it is over. */
  readonly tellsRecovery: boolean;

  constructor(scope: Construct, id: string, props: BackupAlarmProps) {
    super(scope, id);
    this.heading = props.heading;
    this.tellsRecovery = props.tellsRecovery ?? false;
    this.alarm = new Alarm(this, 'Alarm', {
      alarmName: alarmName(props.environment, props.heading),
      alarmDescription: [
        props.meaning,
        `Runbook: ${runbookLink(props.heading)}`,
        ...Object.entries(props.links).map(([label, url]) => `${label}: ${url}`),
      ].join('\n'),
      metric: props.metric,
      comparisonOperator: props.comparison,
      threshold: props.threshold,
      evaluationPeriods: props.periods ?? 1,
      treatMissingData: props.missing,
    });
    const tell = new SnsAction(props.topic);
    this.alarm.addAlarmAction(tell);
    if (this.tellsRecovery) this.alarm.addOkAction(tell);
  }
}
