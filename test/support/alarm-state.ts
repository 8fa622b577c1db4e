/** What CloudWatch evaluates of an alarm, as the template has it. */
export interface EvaluatedAlarm {
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly TreatMissingData: string;
}

/**
 * The state of an alarm after its last periods, by the rules of CloudWatch for alarms of all periods in a row.
 * @param periods the value of each period, the newest last; nothing where nobody measured
 */
export function alarmState(
  alarm: EvaluatedAlarm,
  periods: readonly (number | undefined)[],
): 'ALARM' | 'OK' | 'as it was' {
  const last = periods.slice(-alarm.EvaluationPeriods);
  if (last.every((value) => value === undefined) && alarm.TreatMissingData === 'ignore') return 'as it was';
  const breaches = last.map((value) =>
    value === undefined ? alarm.TreatMissingData === 'breaching' : isBeyond(alarm, value),
  );
  return breaches.length === alarm.EvaluationPeriods && breaches.every(Boolean) ? 'ALARM' : 'OK';
}

function isBeyond({ ComparisonOperator, Threshold }: EvaluatedAlarm, value: number): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    default:
      throw new Error(`${ComparisonOperator} is not known here`);
  }
}
