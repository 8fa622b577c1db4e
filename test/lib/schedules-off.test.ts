import { describe, expect, it } from 'vitest';
import { longestGapMinutes } from '../../core/cron.ts';
import { parseEnvironment } from '../../core/environment.ts';
import { expectationsOf } from '../../core/health/expectations.ts';
import { measureHealth } from '../../core/health/health.ts';
import { METRIC } from '../../core/names.ts';
import { alarmState, type EvaluatedAlarm } from '../support/alarm-state.ts';
import { HealthStore, NOW } from '../support/health.ts';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

const ENVIRONMENT = {
  supabase: { projectRef: 'abcdefghijklmnopqrst', drill: { organization: 'videoplanet-drills' } },
  files: { enabled: true },
};
const CONFIG = parseEnvironment({ name: 'test', alertEmails: ['a@b.example'], ...ENVIRONMENT }, 'a test');
const { operations } = testTemplates(ENVIRONMENT);

interface AlarmProperties extends EvaluatedAlarm {
  readonly AlarmName: string;
  readonly MetricName: string;
  readonly Period: number;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}
const alarms = resourcesOf(operations, 'AWS::CloudWatch::Alarm').map(
  ([, { Properties }]) => Properties as unknown as AlarmProperties,
);
const alarmOf = (heading: string): AlarmProperties => {
  const found = alarms.find(({ AlarmName }) => AlarmName === `videoplanet-backup/test/${heading}`);
  if (found === undefined) throw new Error(`there is no alarm ${heading}`);
  return found;
};

/** Every schedule of the template, by what its description calls it. */
const schedules = resourcesOf(operations, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => ({
  name: String(Properties.Description).replace('VideoPlanet Backup: ', ''),
  cron: /^cron\((.*)\)$/.exec(String(Properties.ScheduleExpression))?.[1] ?? '',
  state: Properties.State ?? 'ENABLED',
}));

/** The alarm that goes when somebody switches the schedule off, or deletes it. */
const TELLS: Readonly<Record<string, string>> = {
  daily: 'Backup/DailyStale',
  weekly: 'Backup/WeeklyStale',
  important: 'Backup/ImportantStale',
  critical: 'Backup/CriticalStale',
  files: 'Files/Stale',
  drill: 'Drill/Stale',
  retention: 'Retention/NotRunning',
  monitor: 'Monitor/NotRunning',
  PitrMonitor: 'Pitr/NotMeasured',
  Reaper: 'Reaper/NotRunning',
  'cost guard': 'Cost/GuardNotRunning',
};
/** Alarms of ages: the monitor goes on measuring, and what it measures grows. */
const AGES: readonly string[] = [
  METRIC.newestVerifiedAgeMinutes,
  METRIC.newestInventoryAgeMinutes,
  METRIC.verifiedDrillAgeDays,
];
/** Metrics that only what the schedule starts makes. */
const FROM_RUNS: Readonly<Record<string, string>> = {
  retention: METRIC.setsMarkedExpired,
  monitor: 'Invocations',
  PitrMonitor: METRIC.pitrEnabled,
  Reaper: 'Invocations',
  'cost guard': 'Invocations',
};

describe('a schedule that somebody switches off by hand', () => {
  it('is one of these: a new one needs an alarm that tells when it is off', () => {
    expect(schedules.map(({ name }) => name).sort()).toEqual(Object.keys(TELLS).sort());
    expect(schedules.every(({ state }) => state === 'ENABLED')).toBe(true);
  });

  it.each(schedules)('$name: its alarm goes, and is off while it runs', async ({ name, cron }) => {
    const alarm = alarmOf(TELLS[name] ?? '');
    const gap = longestGapMinutes(cron);
    if (AGES.includes(alarm.MetricName)) {
      // just before the next run has ended the figure is as old as it ever is
      const minutes = alarm.MetricName === METRIC.verifiedDrillAgeDays ? gap / 1440 : gap;
      const unit = alarm.MetricName === METRIC.verifiedDrillAgeDays ? 1 / 1440 : 1;
      expect(alarmState(alarm, Array(3).fill(minutes + 5 * unit))).toBe('OK');
      expect(alarmState(alarm, Array(3).fill(3 * minutes + 5 * unit))).toBe('ALARM');
      // whoever deletes sets as well, or breaks the monitor, does not come away with silence
      expect(alarmState(alarm, [undefined, undefined])).toBe('ALARM');
      return;
    }
    expect(alarm.MetricName).toBe(FROM_RUNS[name]);
    // at least one run falls into each period
    expect(alarm.Period).toBeGreaterThanOrEqual(gap * 60);
    expect(alarmState(alarm, [1, 1])).toBe('OK');
    expect(alarmState(alarm, [undefined, undefined])).toBe('ALARM');
  });

  it('of a kind, of files or of drills lets the very figure grow that the alarm goes by', async () => {
    const store = new HealthStore();
    for (const kind of ['daily', 'weekly', 'important', 'critical'] as const)
      store.add(kind, new Date(NOW.getTime() - 3 * 60_000), 'verified');
    const expected = expectationsOf(CONFIG);
    const later = new Date(NOW.getTime() + 40 * 24 * 60 * 60_000);
    const health = await measureHealth({ store, openUploads: async () => [] }, expected, later);
    for (const { kind, looked } of health.kinds) {
      if (kind === 'prerestore' || !('seen' in looked)) continue;
      const alarm = alarmOf(TELLS[kind] ?? '');
      expect(alarmState(alarm, Array(2).fill(looked.seen.newest?.ageMinutes)), kind).toBe('ALARM');
    }
    const drill = health.drill !== undefined && 'seen' in health.drill ? health.drill.seen : undefined;
    expect(alarmState(alarmOf('Drill/Stale'), Array(2).fill(drill?.ageDays))).toBe('ALARM');
  });

  it('of retention is not hidden by the backups, which have their own kind looked over', () => {
    expect(alarmOf('Retention/NotRunning').Dimensions).toContainEqual({ Name: 'Kind', Value: 'prerestore' });
    // no schedule makes sets of that kind, so no backup workflow looks them over
    expect(schedules.map(({ name }) => name)).not.toContain('prerestore');
  });
});

describe('alarms of what is wrong with sets', () => {
  const counts = ['Backup/Damaged', 'Backup/Unverified', 'Backup/Stuck', 'Retention/NotCompliant'];

  it.each(counts)('%s: one is enough, and none ends it; not knowing does neither', (heading) => {
    const alarm = alarmOf(heading);
    expect(alarmState(alarm, [1])).toBe('ALARM');
    expect(alarmState(alarm, [0])).toBe('OK');
    expect(alarmState(alarm, [undefined])).toBe('as it was');
  });

  it.each([
    ['Backup/SizeDropped', 0.49, 0.5],
    ['Backup/SizeJumped', 3.01, 3],
    ['Backup/Slow', 3.01, 3],
    ['Backup/NearTimeLimit', 0.81, 0.8],
    ['Uploads/Stale', 8.1, 8],
  ])('%s goes beyond its limit, not at it', (heading, beyond, at) => {
    expect(alarmState(alarmOf(heading), [beyond])).toBe('ALARM');
    expect(alarmState(alarmOf(heading), [at])).toBe('OK');
  });

  it('go by the limits of the environment', () => {
    const changed = testTemplates({
      health: { size: { least: 0.8, most: 1.5 }, openUploadHours: 20 },
    }).operations;
    const thresholds = Object.fromEntries(
      resourcesOf(changed, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => [
        String(Properties.AlarmName).replace('videoplanet-backup/test/', ''),
        Properties.Threshold,
      ]),
    );
    expect(thresholds).toMatchObject({
      'Backup/SizeDropped': 0.8,
      'Backup/SizeJumped': 1.5,
      'Uploads/Stale': 20,
    });
  });

  it('are none where nobody measures, and none of a retention that is off', () => {
    const off = Object.fromEntries(
      ['daily', 'weekly', 'important', 'critical', 'monitor', 'retention', 'drill'].map((name) => [
        name,
        { enabled: false },
      ]),
    );
    const names = resourcesOf(testTemplates({ schedules: off }).operations, 'AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => String(Properties.AlarmName),
    );
    expect(names.filter((name) => /Stale|Size|\/NotRunning|Stuck|NotCompliant/.test(name))).toEqual([]);
  });
});
