import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../../core/config.ts';
import { longestGapMinutes } from '../../core/cron.ts';
import { parseEnvironment } from '../../core/environment.ts';
import { ENVIRONMENTS } from '../../core/environments.ts';
import { ConfigurationError } from '../../core/errors/index.ts';
import { lifecycleRules, validateLifecycle } from '../../core/lifecycle.ts';
import { refusalOf } from '../support/refusal.ts';

const needed = { name: 'test', alertEmails: ['ops@videoplanet.example'] };
const read = (more: object) => parseEnvironment({ ...needed, ...more }, 'environments.ts');
const refusal = (more: object) => refusalOf(() => read(more), ConfigurationError);

describe('the environments there are', () => {
  it.each(Object.entries(ENVIRONMENTS))(
    'include %s, under its own name, with a lifecycle S3 takes',
    (name, config) => {
      expect(config.name).toBe(name);
      expect(validateLifecycle(lifecycleRules(config.policy))).toEqual([]);
    },
  );

  it('have all schedules of the strategy in production', () => {
    const { schedules, timeZone, region } = ENVIRONMENTS.production;
    expect([timeZone, region]).toEqual(['Asia/Seoul', 'ap-northeast-2']);
    expect(Object.values(schedules).every(({ enabled }) => enabled)).toBe(true);
    expect(schedules.daily.cron).toBe('0 2 * * ? *');
    expect(schedules.weekly.cron).toBe('0 1 ? * SUN *');
    expect(longestGapMinutes(schedules.critical.cron)).toBe(15);
    expect(longestGapMinutes(schedules.important.cron)).toBe(60);
    expect(longestGapMinutes(schedules.monitor.cron)).toBe(15);
    expect(longestGapMinutes(schedules.retention.cron)).toBe(1440);
  });

  it('bound the loss of each level as the strategy says', () => {
    expect(ENVIRONMENTS.production.rpoMinutes).toEqual({
      daily: 1440,
      weekly: 10_080,
      important: 60,
      critical: 15,
    });
  });
});

describe('an environment', () => {
  it('is complete with a name and somebody to alert', () => {
    expect(read({})).toMatchObject({
      name: 'test',
      policy: { tiering: 'standard' },
      engine: DEFAULT_CONFIG,
      task: { cpu: 1024, memoryMiB: 2048 },
      logRetentionDays: 90,
    });
    expect(read({}).account).toBeUndefined();
  });

  it.each([
    [{ name: 'Production' }, 'name:', 'a-z'],
    [{ account: '123' }, 'account:', '12 digits'],
    [{ region: 'Seoul' }, 'region:', 'ap-northeast-2'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone:', '"Mars/Olympus" is no time zone'],
    [{ alertEmails: [] }, 'alertEmails:'],
    [{ alertEmails: ['nobody'] }, 'alertEmails.0:', 'email'],
    [{ logRetentionDays: 8 }, 'logRetentionDays:', '7|14'],
    [{ task: { cpu: 1000 } }, 'task.cpu:', 'no 1000 CPU units', '256, 512, 1024'],
    [{ task: { cpu: 256, memoryMiB: 4096 } }, 'task.memoryMiB:', '512 to 2048 MiB in steps of 512, got 4096'],
    [{ task: { memoryMiB: 2500 } }, 'task.memoryMiB:', 'steps of 1024, got 2500'],
    [{ engine: { backup: { workers: -1 } } }, 'engine.backup.workers:'],
    [{ policy: { noncurrentDays: 0 } }, 'policy.noncurrentDays:'],
    [{ policy: { retention: { weekly: { keepDays: 500 } } } }, 'policy:', 'day 500', 'set 582 or more'],
    [{ schedule: {} }, '"schedule"'],
    [{ schedules: { daily: { cron: '0 2 * * *' } } }, 'schedules.daily.cron:', 'six fields'],
    [{ schedules: { daily: { cron: 'cron(0 2 * * ? *)' } } }, 'schedules.daily.cron:', 'six fields'],
    [{ schedules: { daily: { cron: '0 2 * * * *' } } }, 'one of day of month and day of week must be ?'],
    [{ schedules: { daily: { cron: '0 2 ? * ? *' } } }, 'one of day of month and day of week must be ?'],
    [{ schedules: { daily: { cron: '0 25 * * ? *' } } }, '25 is not between 0 and 23'],
    [{ schedules: { daily: { cron: 'X 2 * * ? *' } } }, 'schedules.daily.cron: X 2 * * ? *'],
    [{ schedules: { daily: { cron: '0 2 * * ? 2026' } } }, '0 2 * * ? 2026 ends'],
  ])('is refused as %j, with the path and what was expected', (more, ...says) => {
    for (const part of ['environments.ts', ...says]) expect(refusal(more)).toContain(part);
  });

  it('is refused where the schedule cannot keep the loss that is promised', () => {
    expect(
      refusal({ schedules: { critical: { cron: '0/30 * * * ? *' } }, staleAfterMinutes: { critical: 90 } }),
    ).toContain(
      'rpoMinutes.critical: up to 15 minutes may be lost, but schedules.critical leaves 30 minutes between sets',
    );
    // nights and weekends are gaps too
    expect(refusal({ schedules: { daily: { cron: '0 2 ? * MON-FRI *' } } })).toContain('leaves 4320 minutes');
  });

  it('is refused where the alarm would go with every set', () => {
    expect(refusal({ staleAfterMinutes: { important: 60 } })).toContain(
      'staleAfterMinutes.important: an alarm at 60 minutes goes with every set',
    );
    expect(read({ staleAfterMinutes: { important: 61 } }).staleAfterMinutes.important).toBe(61);
  });

  it('does not hold against a kind what its schedule would not keep, where that is switched off', () => {
    const off = { schedules: { critical: { enabled: false, cron: '0 * * * ? *' } } };
    expect(read(off).schedules.critical.enabled).toBe(false);
  });

  it('is refused where the engine would end a run for which the task has more time', () => {
    const message = refusal({ task: { timeoutMinutes: { daily: 400 } } });
    expect(message).toContain(
      'engine.limits.runMinutes: the engine ends every run after 360 minutes, and task.timeoutMinutes.daily gives it 395',
    );
    expect(message).toContain('set 395 or more');
    const enough = { engine: { limits: { runMinutes: 395 } }, task: { timeoutMinutes: { daily: 400 } } };
    expect(read(enough).task.timeoutMinutes.daily).toBe(400);
  });

  it('is refused where a set is due at a time that clocks skip', () => {
    expect(refusal({ timeZone: 'America/New_York' })).toContain(
      'schedules.daily.cron: 0 2 * * ? * is due on 2026-03-08 02:00, a time that the clocks of America/New_York skip',
    );
    const early = { daily: { cron: '0 4 * * ? *' } };
    expect(read({ timeZone: 'America/New_York', schedules: early }).timeZone).toBe('America/New_York');
  });

  it('is refused where ages would be measured too seldom for their alarms, or not at all', () => {
    expect(refusal({ schedules: { monitor: { cron: '7 * * * ? *' } } })).toContain(
      'schedules.monitor.cron: the age of sets is measured every 60 minutes (7 * * * ? *), too seldom for an alarm at 45 ' +
        'minutes (staleAfterMinutes.critical); measure every 45 minutes or more often',
    );
    expect(refusal({ schedules: { monitor: { enabled: false } } })).toContain(
      'schedules.monitor.enabled: nobody would measure the age of daily, weekly, important, critical sets',
    );
    const weeklyAlone = {
      daily: { enabled: false },
      important: { enabled: false },
      critical: { enabled: false },
    };
    // CloudWatch looks back for a week at most, and an alarm needs two measurements
    expect(refusal({ schedules: { ...weeklyAlone, monitor: { cron: '0 9 ? * MON *' } } })).toContain(
      'measure every 1440 minutes or more often',
    );
    expect(read({ schedules: { ...weeklyAlone, monitor: { cron: '0 9 * * ? *' } } }).name).toBe('test');
    const off = { ...weeklyAlone, weekly: { enabled: false }, monitor: { enabled: false } };
    expect(read({ schedules: off }).schedules.monitor.enabled).toBe(false);
  });

  it('is refused where a task has no time left for a run', () => {
    expect(refusal({ task: { timeoutMinutes: { critical: 9 } } })).toContain('task.timeoutMinutes.critical');
  });

  it('is refused where a task may still upload when lifecycle aborts uploads', () => {
    const engine = { limits: { runMinutes: 5000 } };
    const message = refusal({ engine, task: { timeoutMinutes: { weekly: 1441 } } });
    expect(message).toContain('task.timeoutMinutes.weekly: a task of 1441 minutes');
    expect(message).toContain('set 1440 or less');
    expect(read({ engine, task: { timeoutMinutes: { weekly: 1440 } } }).task.timeoutMinutes.weekly).toBe(
      1440,
    );
  });

  it('names every problem at once, in all its parts', () => {
    const message = refusal({
      name: 'X',
      policy: { tiering: { iaAfterDays: 7, glacierAfterDays: 8 }, objectLockDays: 400 },
      schedules: { daily: { cron: 'never' } },
      task: { memoryMiB: 1 },
      logRetentionDays: 2,
    });
    for (const part of [
      'name:',
      'set 37 or more',
      'objectLockDays',
      'schedules.daily.cron',
      'task.memoryMiB',
      'logRetentionDays',
    ])
      expect(message).toContain(part);
  });
});

describe('the longest gap of a schedule', () => {
  it.each([
    ['0/15 * * * ? *', 15],
    ['5,10 * * * ? *', 55],
    ['0 2 * * ? *', 1440],
    ['0/15 9-17 ? * MON-FRI *', 3 * 1440 - 8 * 60 - 45],
    ['0 1 ? * SUN *', 10_080],
    ['0 3 1 * ? *', 31 * 1440],
  ])('%s is %i minutes', (cron, minutes) => {
    expect(longestGapMinutes(cron)).toBe(minutes);
  });
});
