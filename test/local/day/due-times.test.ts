import { describe, expect, it } from 'vitest';
import { CloudCannot } from '../../../local/cloud/errors.ts';
import { dueTimes } from '../../../local/day/due-times.ts';

const MIDNIGHT = Date.parse('2026-11-01T00:00:00+09:00');
const DAY = 24 * 60 * 60_000;
const times = (expression: string, zone = 'Asia/Seoul', from = MIDNIGHT) =>
  dueTimes(expression, zone, from, from + DAY).map((time) => new Date(time).toISOString());

describe('the times a schedule is due on a Sunday that is the first of a month', () => {
  it.each([
    ['daily', 'cron(0 2 * * ? *)', ['2026-10-31T17:00:00.000Z']],
    ['weekly', 'cron(0 1 ? * SUN *)', ['2026-10-31T16:00:00.000Z']],
    ['monthly', 'cron(30 4 1 * ? *)', ['2026-10-31T19:30:00.000Z']],
    ['at its first minute', 'cron(0 0 * * ? *)', ['2026-10-31T15:00:00.000Z']],
    ['on another day', 'cron(0 1 ? * MON *)', []],
  ])('%s', (_, expression, due) => {
    expect(times(expression)).toEqual(due);
  });

  it('every quarter of an hour, from the first minute on, and not at the one after the last', () => {
    const due = times('cron(0/15 * * * ? *)');
    expect(due).toHaveLength(96);
    expect([due[0], due.at(-1)]).toEqual(['2026-10-31T15:00:00.000Z', '2026-11-01T14:45:00.000Z']);
  });

  it('by the clock of the zone', () => {
    expect(times('cron(0 2 * * ? *)', 'UTC', Date.parse('2026-11-01T00:00:00Z'))).toEqual([
      '2026-11-01T02:00:00.000Z',
    ]);
  });

  it('a rate is no cron', () => {
    expect(() => times('rate(5 minutes)')).toThrow(CloudCannot);
  });
});
