export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** By what an alarm judges its data points. */
export interface AlarmRule {
  readonly comparison:
    | 'GreaterThanThreshold'
    | 'GreaterThanOrEqualToThreshold'
    | 'LessThanThreshold'
    | 'LessThanOrEqualToThreshold';
  readonly threshold: number;
  /** N: how many data points are judged. */
  readonly evaluationPeriods: number;
  /** M: how many of those must be beyond the threshold. */
  readonly datapointsToAlarm: number;
  readonly missing: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

/**
 * CloudWatch looks further back than it judges, where points are missing, and does not say how far: its documentation shows
 * five points for three periods.
 */
const FURTHER_BACK = 2;

/** How many points, the newest included, an evaluation looks at. */
export function evaluationRange({ evaluationPeriods }: AlarmRule): number {
  return evaluationPeriods + FURTHER_BACK;
}

/**
 * The state that CloudWatch gives an alarm (AlarmThatSendsEmail, "How Alarm State is Evaluated When Data is Missing"): real
 * points come first, from further back if need be; only where there are fewer than N do missing ones count as the alarm says.
 * @param points of the evaluation range, oldest first; undefined where nothing was reported
 * @param current what the alarm keeps where it is to ignore what is missing
 */
export function alarmState(
  rule: AlarmRule,
  points: readonly (number | undefined)[],
  current: AlarmState,
): AlarmState {
  const real = points.filter((point) => point !== undefined);
  const judged = real.slice(-rule.evaluationPeriods);
  const beyond = judged.filter((point) => isBeyond(rule, point)).length;
  const filled = rule.evaluationPeriods - judged.length;
  if (beyond >= rule.datapointsToAlarm) return 'ALARM';
  if (filled === 0) return 'OK';
  switch (rule.missing) {
    case 'breaching':
      return beyond + filled >= rule.datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return beyond === judged.length ? current : 'OK';
    case 'missing':
      if (beyond < judged.length) return 'OK';
      // nothing but breaches, and the first of them is as old as can be: it has not recovered since
      return points[0] === undefined ? 'INSUFFICIENT_DATA' : 'ALARM';
  }
}

function isBeyond({ comparison, threshold }: AlarmRule, value: number): boolean {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}
