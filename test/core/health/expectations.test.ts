import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../../core/environment.ts';
import { ConfigurationError } from '../../../core/errors/index.ts';
import {
  expectationsOf,
  expectationsSchema,
  strategyExpectations,
} from '../../../core/health/expectations.ts';
import { supabaseSettingsSchema } from '../../../core/supabase/settings.ts';
import { refusalOf } from '../../support/refusal.ts';

const needed = { name: 'test', alertEmails: ['ops@videoplanet.example'] };
const read = (more: object) => parseEnvironment({ ...needed, ...more }, 'environments.ts');
const refusal = (more: object) => refusalOf(() => read(more), ConfigurationError);

describe('what health is judged by', () => {
  it('is what the environment says', () => {
    const expected = expectationsOf(
      read({
        schedules: { important: { enabled: false }, drill: { enabled: false } },
        files: { enabled: true, staleAfterMinutes: 100 },
        policy: { retention: { daily: { keepDays: 9, keepVerified: 5 } } },
        supabase: { projectRef: 'abcdefghijklmnopqrst', pitr: { minDays: 14, maxAgeMinutes: 30 } },
        health: { size: { least: 0.9 } },
      }),
    );
    expect(expected).toMatchObject({
      kinds: {
        daily: {
          made: 'yes',
          rpoMinutes: 1440,
          staleAfterMinutes: 1620,
          timeLimitMinutes: 240,
          keepDays: 9,
          keepVerified: 5,
        },
        important: { made: 'no' },
        prerestore: { made: 'no', rpoMinutes: null, staleAfterMinutes: null, timeLimitMinutes: 360 },
      },
      files: { made: 'yes', staleAfterMinutes: 100 },
      drill: { made: 'no', staleAfterDays: 35 },
      pitr: { minDays: 14, maxAgeMinutes: 30 },
      health: { size: { least: 0.9, most: 3 }, shareOfTimeLimit: 0.8, retentionGraceDays: 3 },
    });
  });

  it('is the strategy for whatever there is, where no environment is named', () => {
    const expected = strategyExpectations();
    const { critical, prerestore } = expected.kinds;
    expect([critical.made, prerestore.made]).toEqual(['if-there', 'no']);
    expect([expected.files.made, expected.drill.made]).toEqual(['if-there', 'if-there']);
    const { minDays, maxAgeMinutes } = supabaseSettingsSchema.parse({
      projectRef: 'abcdefghijklmnopqrst',
    }).pitr;
    expect(expected.pitr).toEqual({ minDays, maxAgeMinutes });
  });

  it('goes to the function as JSON, and comes back as it was', () => {
    for (const expected of [strategyExpectations(), expectationsOf(read({}))])
      expect(expectationsSchema.parse(JSON.parse(JSON.stringify(expected)))).toEqual(expected);
  });

  it('calls an upload left open an hour after the longest run is over, unless the environment says when', () => {
    const hours = (more: object) => expectationsOf(read(more)).health.openUploadHours;
    expect(hours({})).toBe(8);
    expect(hours({ files: { enabled: true, timeoutMinutes: 1000 } })).toBe(18);
    expect(hours({ health: { openUploadHours: 30 } })).toBe(30);
  });
});

describe('limits that cannot be meant', () => {
  it.each([
    [{ health: { openUploadHours: 5 } }, 'health.openUploadHours', 'a run of 365 minutes'],
    [{ health: { size: { least: 1.2 } } }, 'health.size.least', '<1'],
    [{ health: { size: { most: 0.9 } } }, 'health.size.most', '>1'],
    [{ health: { shareOfTimeLimit: 80 } }, 'health.shareOfTimeLimit', '<=1'],
    [{ health: { retentionGraceDays: 1 } }, 'health.retentionGraceDays', '>=2'],
    [{ health: { sizes: {} } }, 'health', 'sizes'],
    [
      { schedules: { retention: { cron: '30 5 1 * ? *' } } },
      'schedules.retention.cron',
      'no alarm can look back so far',
    ],
  ])('%j are refused', (more, path, problem) => {
    expect(refusal(more)).toContain(path);
    expect(refusal(more)).toContain(problem);
  });

  it('are not those of a retention that is off', () => {
    expect(() => read({ schedules: { retention: { enabled: false, cron: '30 5 1 * ? *' } } })).not.toThrow();
  });
});
