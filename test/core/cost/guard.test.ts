import { describe, expect, it } from 'vitest';
import { findingsOf, type GuardFacts, judge, messageOf } from '../../../core/cost/guard.ts';
import type { GuardSettings } from '../../../core/cost/guard-settings.ts';
import type { CostAnswer, CostRow } from '../../../core/cost/guard-spending.ts';
import { spendingOf } from '../../../core/cost/guard-spending.ts';
import type { DrillState } from '../../../core/messages/cost-findings.ts';

const settings: GuardSettings = {
  ceilingUsd: 100,
  scope: 'account',
  curve: [{ months: 0, awsUsd: 30, storedGb: 50 }],
  longestTaskMinutes: 365,
  projects: true,
};
/** A Wednesday, noon of the eleventh day: 10.5 of 30 days are over, of which 30 dollars a month make 10.50. */
const WEDNESDAY = new Date('2026-11-11T12:00:00Z');
const MONDAY = new Date('2026-11-16T12:00:00Z');
const THIRD = new Date('2026-12-03T01:00:00Z');

const row = (day: string, usd: number, service = 'Amazon S3'): CostRow => ({ day, service, usd });
const answer = (rows: readonly CostRow[], restUsd: number | null = null): CostAnswer => ({
  rows,
  days: [...new Set(rows.map(({ day }) => day))],
  restUsd,
});
const facts = (more: Partial<GuardFacts>): GuardFacts => ({ ageDays: 200, problems: [], ...more });
const namesOf = (given: GuardFacts, now = WEDNESDAY, drills: DrillState = 'on', own = settings) =>
  findingsOf(given, judge(given, own, now), own, drills).map(({ what }) => what);
const told = (given: GuardFacts, now: Date, drills: DrillState = 'on') => {
  const judgement = judge(given, settings, now);
  return messageOf(findingsOf(given, judgement, settings, drills), given, judgement, settings, drills);
};

describe('what a month has come to', () => {
  it('is the sum of its days, and of no other month', () => {
    const given = answer([row('2026-10-31', 50), row('2026-11-01', 2), row('2026-11-10', 3, 'AWS Lambda')]);
    expect(spendingOf(given, '2026-11', WEDNESDAY)).toEqual({
      month: '2026-11',
      spentUsd: 5,
      forecastUsd: null,
      largest: [
        { service: 'AWS Lambda', usd: 3 },
        { service: 'Amazon S3', usd: 2 },
      ],
    });
    expect(spendingOf(given, '2026-10', WEDNESDAY).spentUsd).toBe(50);
  });

  it('is expected from what is over and what is to come: today is not counted twice', () => {
    const given = answer([row('2026-11-10', 4), row('2026-11-11', 1)], 20);
    expect(spendingOf(given, '2026-11', WEDNESDAY)).toMatchObject({ spentUsd: 5, forecastUsd: 24 });
    // what is to come says nothing of a month that is over
    expect(spendingOf(given, '2026-10', WEDNESDAY).forecastUsd).toBeNull();
  });

  it('is unknown where AWS has answered for none of its days, and nothing where it has', () => {
    expect(spendingOf(answer([]), '2026-11', WEDNESDAY).spentUsd).toBeNull();
    const empty = { rows: [], days: ['2026-11-01'], restUsd: null };
    expect(spendingOf(empty, '2026-11', WEDNESDAY)).toMatchObject({ spentUsd: 0, largest: [] });
  });

  it('is less by what was given back, which is no service that costs', () => {
    const given = answer([row('2026-11-01', 10), row('2026-11-02', -4), row('2026-11-02', -3, 'Savings')]);
    const { spentUsd, largest } = spendingOf(given, '2026-11', WEDNESDAY);
    expect(spentUsd).toBe(3);
    expect(largest).toEqual([{ service: 'Amazon S3', usd: 6 }]);
  });

  it('names the three that cost most', () => {
    const given = answer(['a', 'b', 'c', 'd'].map((service, i) => row('2026-11-01', i + 1, service)));
    expect(spendingOf(given, '2026-11', WEDNESDAY).largest.map(({ service }) => service)).toEqual([
      'd',
      'c',
      'b',
    ]);
  });
});

describe('the ceiling', () => {
  it.each([
    [100, false],
    [100.01, true],
    [-5, false],
  ])('is passed by what was spent: %d dollars, %s', (usd, above) => {
    const given = facts({ costs: answer([row('2026-11-05', usd)]) });
    expect(judge(given, settings, WEDNESDAY).aboveCeiling).toBe(above);
  });

  it('is not passed by what is expected, which is said', () => {
    const given = facts({ costs: answer([row('2026-11-05', 9)], 95) });
    expect(judge(given, settings, WEDNESDAY).aboveCeiling).toBe(false);
    expect(namesOf(given)).toEqual(['forecast-above-ceiling']);
  });

  it('is expected to be passed before anything was spent', () => {
    const given = facts({ costs: { rows: [], days: ['2026-11-01'], restUsd: 500 } });
    const [finding] = findingsOf(
      given,
      judge(given, settings, new Date('2026-11-02T00:00:00Z')),
      settings,
      'on',
    );
    expect(finding?.en).toBe('AWS expects $500.00 for 2026-11, above the ceiling of $100.00.');
  });

  it('is not passed by the month before', () => {
    const given = facts({ costs: answer([row('2026-11-05', 500), row('2026-12-01', 1)]) });
    expect(judge(given, settings, THIRD).aboveCeiling).toBe(false);
  });

  it('is watched by nobody here where AWS does not say what was spent', () => {
    expect(judge(facts({ costs: 'AccessDeniedException: not enabled' }), settings, WEDNESDAY)).toMatchObject({
      aboveCeiling: false,
      spending: undefined,
    });
    expect(namesOf(facts({ costs: 'not enabled' }))).toEqual(['costs-unknown']);
    expect(namesOf(facts({}))).toEqual([]);
  });

  it.each([
    ['switched-off', 'drills are switched off until the month is over'],
    ['off', 'drills are off until the month is over'],
    ['wanted', 'drills go on, as an operator wants it'],
    ['on', 'drills could not be switched off'],
  ] as const)('says what becomes of drills: %s', (drills, words) => {
    const given = facts({ costs: answer([row('2026-11-05', 120)]) });
    const [finding] = findingsOf(given, judge(given, settings, WEDNESDAY), settings, drills);
    expect(finding?.en).toContain(
      `2026-11 has cost $120.00, above the ceiling of $100.00; ${words}, backups go on`,
    );
    expect(finding?.en).toContain('Most: Amazon S3 $120.00');
    expect(finding?.ko).toMatch(/\$120\.00.*\$100\.00.*백업은 계속됩니다/);
  });
});

describe('what was spent against the estimate', () => {
  it.each([
    // 10.50 are estimated: half as much again is 15.75
    ['much more', 15.8, ['above-estimate']],
    ['somewhat more', 15.7, []],
    ['less', 2, []],
  ])('%s: $%d', (_, usd, findings) => {
    expect(namesOf(facts({ costs: answer([row('2026-11-05', usd)]) }))).toEqual(findings);
  });

  it('is not compared in the first days, in which what is billed at once weighs most', () => {
    const given = facts({ costs: answer([row('2026-11-01', 60)]) });
    expect(namesOf(given, new Date('2026-11-03T23:59:00Z'))).toEqual([]);
    expect(namesOf(given, new Date('2026-11-04T00:00:00Z'))).toEqual(['above-estimate']);
  });

  it('is not called much more for some dollars', () => {
    const own = { ...settings, curve: [{ months: 0, awsUsd: 3, storedGb: 1 }] };
    // 1.05 are estimated: four times that is still but three dollars
    expect(namesOf(facts({ costs: answer([row('2026-11-05', 4)]) }), WEDNESDAY, 'on', own)).toEqual([]);
  });

  it('says that others may be counted, where the whole account is', () => {
    const given = facts({ costs: answer([row('2026-11-05', 60)]) });
    const words = (scope: GuardSettings['scope']) =>
      findingsOf(given, judge(given, { ...settings, scope }, WEDNESDAY), { ...settings, scope }, 'on')[0]?.en;
    expect(words('account')).toContain('count by a tag');
    expect(words({ tag: 'team', value: 'x' })).not.toContain('count by a tag');
  });
});

describe('a bill of nothing', () => {
  const nothing = facts({ costs: { rows: [], days: ['2026-11-01'], restUsd: null } });

  it('is not believed', () => {
    expect(namesOf(nothing)).toEqual(['nothing-counted']);
    const own = { ...settings, scope: { tag: 'team', value: 'x' } };
    const [finding] = findingsOf(nothing, judge(nothing, own, WEDNESDAY), own, 'on');
    expect(finding?.en).toContain('activate the cost allocation tag team');
    expect(finding?.ko).toContain('비용 할당 태그 team');
  });

  it('is none where more was given back than spent, nor where nobody knows the age', () => {
    expect(namesOf(facts({ costs: answer([row('2026-11-05', -3)]) }))).toEqual([]);
    expect(namesOf({ ...nothing, ageDays: undefined })).toEqual([]);
  });

  it('is believed in the first days of a month, and of an environment', () => {
    expect(namesOf(nothing, new Date('2026-11-02T12:00:00Z'))).toEqual([]);
    expect(namesOf({ ...nothing, ageDays: 2 })).toEqual([]);
  });
});

describe('what is told', () => {
  const standing = facts({ costs: answer([row('2026-11-05', 40)]) });
  const urgent = facts({ projectsLeft: 1, costs: answer([row('2026-11-05', 5)]) });

  it('is nothing on a day with nothing to say', () => {
    expect(told(facts({ costs: answer([row('2026-11-05', 5)]) }), MONDAY)).toBeUndefined();
  });

  it('is every day what grows dearer by the day, on Mondays what stays', () => {
    expect(told(standing, WEDNESDAY)).toBeUndefined();
    expect(told(standing, MONDAY)?.findings.map(({ what }) => what)).toEqual(['above-estimate']);
    expect(told(urgent, WEDNESDAY)?.findings.map(({ what }) => what)).toEqual(['project-left']);
  });

  it('is at once that drills were switched off, and then once a week', () => {
    const above = facts({ costs: answer([row('2026-11-05', 120)]) });
    expect(told(above, WEDNESDAY, 'switched-off')).toMatchObject({ drillsOff: true, spentUsd: 120 });
    expect(told(above, WEDNESDAY, 'off')).toBeUndefined();
    expect(told(above, MONDAY, 'off')).toMatchObject({ drillsOff: true });
    expect(told(above, MONDAY, 'wanted')).toMatchObject({ drillsOff: false });
  });

  it('has the sums of the month', () => {
    expect(told({ ...urgent, costs: answer([row('2026-11-05', 5)], 12) }, WEDNESDAY)).toEqual({
      kind: 'cost',
      month: '2026-11',
      spentUsd: 5,
      estimateUsd: 30,
      ceilingUsd: 100,
      forecastUsd: 17,
      findings: [{ what: 'project-left', en: expect.any(String), ko: expect.any(String) }],
      drillsOff: false,
    });
  });

  it('is on the third the month before, with whatever there is to say besides', () => {
    const both = facts({ costs: answer([row('2026-11-20', 31), row('2026-12-01', 1)], 40) });
    // what is said of the month is of the one that runs, whatever the one before came to
    expect(told(both, THIRD)).toMatchObject({
      month: '2026-12',
      spentUsd: 1,
      forecastUsd: 41,
      findings: [{ what: 'month-before', en: expect.stringContaining('2026-11 has cost $31.00') }],
    });
    expect(told({ ...both, projectsLeft: 2 }, THIRD)?.findings).toHaveLength(2);
    expect(told(both, new Date('2026-12-04T01:00:00Z'))).toBeUndefined();
  });

  it('is on the third also where nobody knows what was spent', () => {
    for (const nothing of [facts({ costs: 'not enabled' }), facts({ problems: ['costs (x)'] })]) {
      const message = told(nothing, THIRD);
      expect(message).toMatchObject({ month: '2026-12', spentUsd: null });
      expect(message?.findings[0]?.en).toBe('What 2026-11 has cost AWS does not say.');
    }
  });

  it('is by UTC: in Seoul the third begins at nine in the morning', () => {
    const quiet = facts({ costs: answer([row('2026-12-01', 1)]) });
    expect(told(quiet, new Date('2026-12-03T08:00:00+09:00'))).toBeUndefined();
    expect(told(quiet, new Date('2026-12-03T10:00:00+09:00'))).toBeDefined();
  });

  it('names what could not be looked at', () => {
    const [finding] = told(facts({ problems: ['running tasks (denied)'] }), WEDNESDAY)?.findings ?? [];
    expect(finding).toMatchObject({ what: 'not-looked-at' });
    expect(finding?.en).toContain('running tasks (denied)');
  });
});
