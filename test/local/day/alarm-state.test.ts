import { describe, expect, it } from 'vitest';
import { type AlarmRule, alarmState, evaluationRange } from '../../../local/day/alarm-state.ts';

const rule: AlarmRule = {
  comparison: 'GreaterThanThreshold',
  threshold: 5,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  missing: 'missing',
};
const VALUES = { '0': 1, X: 9, '-': undefined } as const;
/** As the tables of the documentation write them. */
const points = (text: string) => text.split(' ').map((mark) => VALUES[mark as keyof typeof VALUES]);

/** What the documentation says for each way to treat what is missing; `kept` stands for the current state. */
const kept = 'kept';
const LACKING = 'INSUFFICIENT_DATA';
const COLUMNS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;

describe('the state of an alarm, by the tables of the documentation', () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['0 - - - -', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', [LACKING, kept, 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - - - X', [LACKING, kept, 'ALARM', 'OK']],
    ['X - - - -', ['ALARM', kept, 'ALARM', 'OK']],
  ])('3 out of 3: %s', (text, states) => {
    for (const current of ['OK', 'ALARM'] as const)
      expect(COLUMNS.map((missing) => alarmState({ ...rule, missing }, points(text), current))).toEqual(
        states.map((state) => (state === kept ? current : state)),
      );
  });

  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - X', [LACKING, kept, 'ALARM', 'OK']],
  ])('2 out of 3: %s', (text, states) => {
    const given = (missing: AlarmRule['missing']) => ({ ...rule, datapointsToAlarm: 2, missing });
    for (const current of ['OK', 'ALARM'] as const)
      expect(COLUMNS.map((missing) => alarmState(given(missing), points(text), current))).toEqual(
        states.map((state) => (state === kept ? current : state)),
      );
  });

  it('looks at five points for three periods', () => {
    expect(evaluationRange(rule)).toBe(5);
  });
});

it.each([
  ['GreaterThanThreshold', [false, false, true]],
  ['GreaterThanOrEqualToThreshold', [false, true, true]],
  ['LessThanThreshold', [true, false, false]],
  ['LessThanOrEqualToThreshold', [true, true, false]],
] as const)('%s compares 4, 5 and 6 with 5', (comparison, beyond) => {
  const one = { ...rule, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 };
  expect([4, 5, 6].map((value) => alarmState(one, [value], 'OK') === 'ALARM')).toEqual(beyond);
});
