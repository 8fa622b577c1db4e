import { alarmState as evaluated } from '../../local/day/alarm-state.ts';
import { ruleOf } from '../../local/day/alarms.ts';

/** An alarm as the template has it. */
export type EvaluatedAlarm = Parameters<typeof ruleOf>[0];

/**
 * The state of an alarm after its last periods; `as it was` where that depends on the state it had.
 * @param periods the value of each period, the newest last; nothing where nobody measured
 */
export function alarmState(
  alarm: EvaluatedAlarm,
  periods: readonly (number | undefined)[],
): 'ALARM' | 'OK' | 'INSUFFICIENT_DATA' | 'as it was' {
  const rule = ruleOf(alarm);
  const last = periods.slice(-rule.evaluationPeriods);
  const [fromOk, fromAlarm] = [evaluated(rule, last, 'OK'), evaluated(rule, last, 'ALARM')];
  return fromOk === fromAlarm ? fromOk : 'as it was';
}
