import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../core/errors/index.ts';
import { parsePolicy } from '../../core/policy.ts';
import { refusalOf } from '../support/refusal.ts';

const refusal = (value: unknown) => refusalOf(() => parsePolicy(value, 'policy.json'), ConfigurationError);

describe('a policy', () => {
  it('is the strategy of the team when it is empty', () => {
    expect(parsePolicy({}, 'x')).toEqual({
      tiering: 'standard',
      retention: {
        daily: { keepVerified: 2, keepDays: 7 },
        weekly: { keepVerified: 2, keepDays: 2557 },
        important: { keepVerified: 2, keepDays: 2 },
        critical: { keepVerified: 2, keepDays: 1 },
        prerestore: { keepVerified: 1, keepDays: 14 },
      },
      objectLockDays: 7,
      noncurrentDays: 7,
      abortUploadsAfterDays: 1,
    });
  });

  it('is read back from its own JSON as it was', () => {
    const policy = parsePolicy({ tiering: { glacierAfterDays: 3 }, noncurrentDays: 30 }, 'x');
    expect(parsePolicy(JSON.parse(JSON.stringify(policy)), 'x')).toEqual(policy);
  });

  it.each([
    [{ tiering: { iaAfterDays: 7, glacierAfterDays: 30 } }, 'GLACIER on day 30', 'set 37 or more'],
    [{ retention: { weekly: { keepDays: 581 } } }, 'expires on day 581', 'DEEP_ARCHIVE', 'set 582 or more'],
    [{ tiering: 'conservative', retention: { weekly: { keepDays: 604 } } }, 'set 605 or more'],
    [{ retention: { daily: { keepVerified: 0 } } }, 'retention.daily.keepVerified', '>=1'],
    [{ retention: { critical: { keepDays: 0.5 } } }, 'retention.critical.keepDays', 'int'],
    [{ abortUploadsAfterDays: 3 }, 'abortUploadsAfterDays', '<=2'],
    [{ tiering: 'fast' }, 'tiering'],
    [{ keep: 3 }, 'keep'],
  ])('is refused as %j, with the number and the rule', (value, ...says) => {
    for (const part of ['policy.json', ...says]) expect(refusal(value)).toContain(part);
  });

  it('takes an archive that is kept just long enough', () => {
    expect(parsePolicy({ retention: { weekly: { keepDays: 582 } } }, 'x').retention.weekly.keepDays).toBe(
      582,
    );
    expect(parsePolicy({ tiering: {}, retention: { weekly: { keepDays: 1 } } }, 'x').tiering).toEqual({});
  });

  it('is refused where the lock outlasts the time versions are kept, and taken where both end together', () => {
    const message = refusal({ objectLockDays: 9, noncurrentDays: 7 });
    expect(message).toContain('objectLockDays: 9 days of Object Lock outlast the critical sets');
    expect(message).toContain('after 8 (keepDays 1 + noncurrentDays 7)');
    expect(message).toContain('set objectLockDays to 8 or less');
    expect(message).not.toContain('daily');
    expect(message).not.toContain('important');
    expect(parsePolicy({ objectLockDays: 8 }, 'x').objectLockDays).toBe(8);
  });

  it('names every problem at once', () => {
    const message = refusal({
      tiering: { iaAfterDays: 7, glacierAfterDays: 8 },
      retention: { weekly: { keepDays: 20 } },
      objectLockDays: 500,
    });
    for (const part of ['set 37 or more', 'until day 98', 'outlast the daily', 'outlast the critical'])
      expect(message).toContain(part);
  });
});
