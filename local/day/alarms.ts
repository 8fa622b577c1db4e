import { z } from 'zod';
import type { LocalCloud } from '../cloud/cloud.ts';
import { CloudCannot } from '../cloud/errors.ts';
import { type AlarmRule, type AlarmState, alarmState, evaluationRange } from './alarm-state.ts';
import { type MetricId, type Metrics, type Statistic, statisticSchema } from './metrics.ts';
import { resourcesOf } from './template.ts';

/** An alarm that has changed its state. */
export interface Transition {
  readonly alarm: Alarm;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly at: number;
}

/** An alarm of the templates. */
export interface Alarm {
  readonly name: string;
  /** Last two parts of its name, by which the runbook goes: `Backup/CriticalStale`. */
  readonly heading: string;
  readonly arn: string;
  readonly description: string;
  readonly metric: MetricId;
  readonly statistic: Statistic;
  readonly periodSeconds: number;
  readonly rule: AlarmRule;
  /** ARNs of what hears of a change, by the state it changes to. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
}

const arns = z.array(z.string()).default([]);
/** Strict: an alarm that is judged by something which is not known here must not be taken for one that is. */
const propertiesSchema = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z.string().default(''),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
  Statistic: statisticSchema,
  Period: z.int(),
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  EvaluationPeriods: z.int(),
  DatapointsToAlarm: z.int().optional(),
  TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching']).default('missing'),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: arns,
  OKActions: arns,
  InsufficientDataActions: arns,
  Unit: z.string().optional(),
  Tags: z.unknown().optional(),
});

/**
 * The alarms of the templates.
 * @throws {CloudCannot} one of them is judged in a way that is not known here: several metrics, an expression, a percentile
 */
export function alarmsOf(cloud: LocalCloud): Alarm[] {
  const composite = resourcesOf(cloud, 'AWS::CloudWatch::CompositeAlarm');
  if (composite[0] !== undefined)
    throw new CloudCannot(composite[0].logicalId, 'it is a composite alarm', 'add it to local/day/alarms.ts');
  return resourcesOf(cloud, 'AWS::CloudWatch::Alarm').map((found) => {
    const { success, data, error } = propertiesSchema.safeParse(found.properties);
    if (!success) {
      throw new CloudCannot(
        found.logicalId,
        `it is judged in a way that is not known here (${error.message})`,
        'add it to local/day/alarms.ts',
      );
    }
    return alarm(data, found.attribute('Arn'));
  });
}

/** What of an alarm's properties says how it is judged. */
export function ruleOf(
  given: Pick<
    z.output<typeof propertiesSchema>,
    'ComparisonOperator' | 'Threshold' | 'EvaluationPeriods' | 'DatapointsToAlarm' | 'TreatMissingData'
  >,
): AlarmRule {
  return {
    comparison: given.ComparisonOperator,
    threshold: given.Threshold,
    evaluationPeriods: given.EvaluationPeriods,
    datapointsToAlarm: given.DatapointsToAlarm ?? given.EvaluationPeriods,
    missing: given.TreatMissingData,
  };
}

function alarm(given: z.output<typeof propertiesSchema>, arn: string): Alarm {
  const dimensions = Object.fromEntries(given.Dimensions.map(({ Name, Value }) => [Name, Value]));
  const tell = (actions: readonly string[]) => (given.ActionsEnabled ? actions : []);
  return {
    name: given.AlarmName,
    heading: given.AlarmName.split('/').slice(-2).join('/'),
    arn,
    description: given.AlarmDescription,
    metric: { namespace: given.Namespace, name: given.MetricName, dimensions },
    statistic: given.Statistic,
    periodSeconds: given.Period,
    rule: ruleOf(given),
    actions: {
      ALARM: tell(given.AlarmActions),
      OK: tell(given.OKActions),
      INSUFFICIENT_DATA: tell(given.InsufficientDataActions),
    },
  };
}

/** All alarms, and the state each is in. */
export interface Watch {
  readonly alarms: readonly Alarm[];
  /** Evaluates every alarm as it is done every minute. @returns those that change their state */
  evaluate(at: number): Transition[];
  stateOf(alarm: Alarm): AlarmState;
}

/**
 * Watches metrics. Periods end at the minute of the evaluation, as those of a sliding window do. What CloudWatch needs besides,
 * until a value has arrived and has been looked at, takes a minute or two there and nothing here.
 */
export function watch(alarms: readonly Alarm[], metrics: Metrics): Watch {
  const states = new Map<Alarm, AlarmState>();
  const stateOf = (each: Alarm): AlarmState => states.get(each) ?? 'INSUFFICIENT_DATA';
  return {
    alarms,
    stateOf,
    evaluate: (at) =>
      alarms.flatMap((each) => {
        const from = stateOf(each);
        const to = alarmState(each.rule, pointsOf(each, metrics, at), from);
        states.set(each, to);
        return from === to ? [] : [{ alarm: each, from, to, at }];
      }),
  };
}

function pointsOf({ metric, statistic, periodSeconds, rule }: Alarm, metrics: Metrics, at: number) {
  const period = periodSeconds * 1000;
  const range = evaluationRange(rule);
  return Array.from({ length: range }, (_, i) => {
    const to = at - (range - 1 - i) * period;
    return metrics.point(metric, statistic, to - period, to);
  });
}
