import { describe, expect, it } from 'vitest';
import { longestGapMinutes, shortestGapMinutes } from '../../core/cron.ts';

describe('the time between two firings', () => {
  it.each([
    ['0/15 * * * ? *', 15, 15],
    ['0 * * * ? *', 60, 60],
    ['0 2 * * ? *', 24 * 60, 24 * 60],
    ['0 1 ? * SUN *', 7 * 24 * 60, 7 * 24 * 60],
    ['0,10 * * * ? *', 10, 50],
    ['0 9 ? * MON-FRI *', 24 * 60, 3 * 24 * 60],
    ['0 3 1 * ? *', 28 * 24 * 60, 31 * 24 * 60],
  ])('of %s is %i minutes at the least and %i at the most', (cron, least, most) => {
    expect([shortestGapMinutes(cron), longestGapMinutes(cron)]).toEqual([least, most]);
  });
});
