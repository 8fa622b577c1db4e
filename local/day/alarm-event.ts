import { randomUUID } from 'node:crypto';
import { ACCOUNT } from '../cloud/identities.ts';
import type { Transition } from './alarms.ts';

/** An event as EventBridge takes it. */
export interface BusEvent extends Readonly<Record<string, unknown>> {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface Envelope {
  readonly region: string;
  readonly at: number;
  readonly resources: readonly string[];
}

/** Puts around an event what EventBridge puts around each. */
export function busEvent(
  source: string,
  detailType: string,
  detail: Readonly<Record<string, unknown>>,
  { region, at, resources }: Envelope,
): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    time: new Date(at).toISOString().replace(/\.\d+/, ''),
    region,
    resources: [...resources],
    detail,
  };
}

/** What CloudWatch puts on the bus when an alarm of one metric changes its state. */
export function alarmEvent({ alarm, from, to, at }: Transition, region: string): BusEvent {
  const { namespace, name, dimensions } = alarm.metric;
  const detail = {
    alarmName: alarm.name,
    configuration: {
      description: alarm.description,
      metrics: [
        {
          id: randomUUID(),
          metricStat: {
            metric: { dimensions, name, namespace },
            period: alarm.periodSeconds,
            stat: alarm.statistic,
          },
          returnData: true,
        },
      ],
    },
    previousState: { value: from, reason: 'as evaluated before', timestamp: timestamp(at) },
    state: { value: to, reason: reasonOf(alarm), reasonData: '{}', timestamp: timestamp(at) },
  };
  return busEvent('aws.cloudwatch', 'CloudWatch Alarm State Change', detail, {
    region,
    at,
    resources: [alarm.arn],
  });
}

/** What CloudWatch publishes to a topic that is among the actions of an alarm. */
export function alarmMail({ alarm, from, to, at }: Transition, region: string) {
  const { namespace, name, dimensions } = alarm.metric;
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm, missing } = alarm.rule;
  const message = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description,
    AWSAccountId: ACCOUNT,
    NewStateValue: to,
    NewStateReason: reasonOf(alarm),
    StateChangeTime: timestamp(at),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: from,
    Trigger: {
      MetricName: name,
      Namespace: namespace,
      StatisticType: 'Statistic',
      Statistic: alarm.statistic.toUpperCase(),
      Dimensions: Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
      Period: alarm.periodSeconds,
      EvaluationPeriods: evaluationPeriods,
      DatapointsToAlarm: datapointsToAlarm,
      ComparisonOperator: comparison,
      Threshold: threshold,
      TreatMissingData: missing,
    },
  };
  return { subject: `${to}: "${alarm.name}" in ${region}`, message: JSON.stringify(message) };
}

/** CloudWatch names the points as well; here the state was found by the same rules, and the points are in the timeline. */
function reasonOf({ rule, statistic, metric }: Transition['alarm']): string {
  return `${statistic} of ${metric.name}, ${rule.comparison} ${rule.threshold}, ${rule.datapointsToAlarm} out of ${rule.evaluationPeriods} periods`;
}

function timestamp(at: number): string {
  return new Date(at).toISOString().replace('Z', '+0000');
}
