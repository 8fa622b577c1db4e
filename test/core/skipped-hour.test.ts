import { describe, expect, it } from 'vitest';
import { skippedStart } from '../../core/skipped-hour.ts';

describe('a start that the clocks skip', () => {
  it.each([
    ['0 2 * * ? *', 'Asia/Seoul', undefined],
    ['0 2 * * ? *', 'UTC', undefined],
    ['0 2 * * ? *', 'America/New_York', '2026-03-08 02:00'],
    ['30 2 ? * SUN *', 'Europe/Berlin', '2026-03-29 02:30'],
    ['0 3 * * ? *', 'Europe/Berlin', undefined],
    ['59 1 * * ? *', 'Europe/Berlin', undefined],
    // the other half of the year
    ['0 2 * * ? *', 'Australia/Sydney', '2026-10-04 02:00'],
    // half an hour
    ['15 2 * * ? *', 'Australia/Lord_Howe', '2026-10-04 02:15'],
    ['45 2 * * ? *', 'Australia/Lord_Howe', undefined],
    // due again before anybody would miss it
    ['0 * * * ? *', 'Europe/Berlin', undefined],
    ['0/15 * * * ? *', 'Europe/Berlin', undefined],
  ])('of %s in %s is %s', (cron, timeZone, skipped) => {
    expect(skippedStart(cron, timeZone)).toBe(skipped);
  });
});
