import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { EnvironmentInput } from '../../core/environment.ts';
import { METRIC } from '../../core/names.ts';
import { toolchain } from '../../local/toolchain.ts';
import { resourcesOf, testApp, testStacks, testTemplates } from '../support/stacks.ts';

const projectRef = 'abcdefghijklmnopqrst';
const BOTH: EnvironmentInput['supabase'] = { projectRef, drill: { organization: 'videoplanet-drills' } };
const { operations } = testTemplates({ supabase: BOTH });
type Found = [string, { readonly Properties: Record<string, unknown> }][];
const ours = (type: string, template = operations): Found =>
  (Object.entries(template.findResources(type)) as Found).filter(([id]) => id.startsWith('Supabase'));
const functionsOf = (template = operations) =>
  ours('AWS::Lambda::Function', template).map(
    ([, { Properties }]) =>
      [
        String(Properties.Description).split(' ')[0],
        (Properties.Environment as { Variables: Record<string, unknown> }).Variables,
      ] as const,
  );
const headings = (template = operations) =>
  ours('AWS::CloudWatch::Alarm', template).map(([, { Properties }]) =>
    String(Properties.AlarmName).replace('videoplanet-backup/test/', ''),
  );
const alarm = (heading: string, template = operations) => {
  const found = ours('AWS::CloudWatch::Alarm', template).find(
    ([, { Properties }]) => Properties.AlarmName === `videoplanet-backup/test/${heading}`,
  );
  if (found === undefined) throw new Error(`no alarm ${heading}`);
  return found[1].Properties;
};
const TOKEN = { 'Fn::ImportValue': expect.stringContaining('SecretsSupabaseToken') };

describe('an environment without a Supabase project', () => {
  it('has nothing of all this, and neither has one that watches nothing', () => {
    for (const supabase of [undefined, { projectRef, pitr: { watch: false } }]) {
      const { operations: none } = testTemplates(supabase === undefined ? {} : { supabase });
      const ids = Object.keys((none.toJSON() as { Resources: object }).Resources);
      expect(ids.filter((id) => id.startsWith('Supabase'))).toEqual([]);
    }
    expect(JSON.stringify(testTemplates().operations.toJSON())).not.toContain('SupabaseToken');
  });
});

describe('what is watched', () => {
  it('is as much as the environment says', () => {
    const pitrAlone = testTemplates({ supabase: { projectRef } }).operations;
    expect(functionsOf(pitrAlone).map(([name]) => name)).toEqual(['Measures']);
    expect(headings(pitrAlone).sort()).toEqual([
      'Pitr/NotMeasured',
      'Pitr/Off',
      'Pitr/Stale',
      'Pitr/TooShort',
    ]);
    const drill = { organization: 'videoplanet-drills', maxHours: 3, sweep: '0 0/6 * * ? *' };
    const drillAlone = testTemplates({
      supabase: { projectRef, pitr: { watch: false }, drill },
      drill: { timeoutMinutes: 120 },
    }).operations;
    expect(functionsOf(drillAlone)).toEqual([
      [
        'Deletes',
        expect.objectContaining({ SUPABASE_DRILL: '{"organization":"videoplanet-drills","maxHours":3}' }),
      ],
    ]);
    expect(headings(drillAlone).sort()).toEqual([
      'Reaper/Failing',
      'Reaper/LeakDeleted',
      'Reaper/LeakKept',
      'Reaper/NotRunning',
    ]);
    expect(alarm('Reaper/NotRunning', drillAlone)).toMatchObject({ Period: 6 * 3600, EvaluationPeriods: 2 });
  });

  it('is the project, with the token by its name alone', () => {
    expect(
      functionsOf()
        .map(([name]) => name)
        .sort(),
    ).toEqual(['Deletes', 'Measures']);
    for (const [, variables] of functionsOf())
      expect(variables).toMatchObject({
        ENVIRONMENT_NAME: 'test',
        SUPABASE_PROJECT_REF: projectRef,
        SUPABASE_TOKEN_SECRET_ARN: TOKEN,
      });
    for (const [, variables] of functionsOf()) expect(variables).not.toHaveProperty('SUPABASE_API_URL');
  });

  it('is looked at every quarter of an hour and every day, and undelivered starts are kept', () => {
    const schedules = ours('AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties);
    const crons = schedules.map((each) => [each.ScheduleExpression, each.ScheduleExpressionTimezone]);
    expect(crons.sort()).toEqual([
      ['cron(4/15 * * * ? *)', 'Asia/Seoul'],
      ['cron(40 6 * * ? *)', 'Asia/Seoul'],
    ]);
    for (const { Target } of schedules)
      expect(Target).toMatchObject({
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Supabase\w+Function/), 'Arn'] },
        Input: expect.stringMatching(/^\{"scheduled":"(reaper|pitrmonitor)"\}$/),
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesDeadLetters/), 'Arn'] } },
        RetryPolicy: { MaximumRetryAttempts: 3 },
      });
  });
});

describe('the dashboard', () => {
  it('shows how recovery is against its limits, where it is watched', () => {
    const shown = (template = operations) =>
      JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Dashboard'));
    for (const metric of [METRIC.pitrNewestPointAgeMinutes, METRIC.pitrDays]) {
      expect(shown()).toContain(metric);
      expect(shown(testTemplates().operations)).not.toContain(metric);
    }
  });
});

describe('the template', () => {
  it('has nothing in it that cfn-lint finds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vpb-supabase-'));
    try {
      const file = join(folder, 'operations.template.json');
      await writeFile(file, JSON.stringify(operations.toJSON()));
      // W3005: CDK writes down dependencies that a reference implies already
      const args = ['--ignore-checks', 'W3005', '--', file];
      const { exitCode, all } = await execa(toolchain().cfnLint, args, { reject: false, all: true });
      expect([exitCode, all]).toEqual([0, '']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the rights', () => {
  type Statement = { Sid?: string; Action: unknown; Resource: unknown };
  const statementsOf = (found: Found) =>
    found.flatMap(
      ([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    );

  it('of each function are to read the token and to write its log; the reaper puts on record what it did', () => {
    const policies = ours('AWS::IAM::Policy').filter(([id]) => !/^SupabaseRoleDefault/.test(id));
    expect(policies).toHaveLength(2);
    for (const policy of policies)
      expect(statementsOf([policy])).toEqual([
        expect.objectContaining({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
        expect.objectContaining({ Action: 'secretsmanager:GetSecretValue', Resource: TOKEN }),
        ...(/Reaper/.test(policy[0]) ? [expect.objectContaining({ Action: 'lambda:InvokeFunction' })] : []),
      ]);
  });

  it('to read the token are nobody else’s but those of restores', () => {
    const readers = resourcesOf(operations, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      JSON.stringify(Properties).includes('SecretsSupabaseToken'),
    );
    expect(readers.map(([id]) => id.replace(/RoleDefaultPolicy.*/, '')).sort()).toEqual([
      'FunctionsSupabaseDrillCleanUp',
      'FunctionsSupabaseDrillProject',
      'FunctionsSupabasePitr',
      'SupabasePitrMonitor',
      'SupabaseReaper',
    ]);
  });

  it('keep the rules of AWS Solutions', () => {
    const app = testApp();
    testStacks({ supabase: BOTH }, app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});

describe('the alarms', () => {
  const dimensions = [{ Name: 'Environment', Value: 'test' }];

  it('of a state stay as they are while nothing is measured, and say when it is over', () => {
    for (const [heading, MetricName, Statistic, ComparisonOperator, Threshold] of [
      ['Pitr/Off', METRIC.pitrEnabled, 'Minimum', 'LessThanThreshold', 1],
      ['Pitr/Stale', METRIC.pitrNewestPointAgeMinutes, 'Maximum', 'GreaterThanThreshold', 15],
      ['Pitr/TooShort', METRIC.pitrDays, 'Minimum', 'LessThanThreshold', 6],
    ] as const)
      expect(alarm(heading)).toMatchObject({
        Namespace: METRIC.namespace,
        MetricName,
        Dimensions: dimensions,
        Statistic,
        ComparisonOperator,
        Threshold,
        Period: 900,
        EvaluationPeriods: 1,
        TreatMissingData: 'ignore',
        OKActions: [expect.anything()],
      });
  });

  it('go by what the environment wants', () => {
    const { operations: strict } = testTemplates({
      supabase: { projectRef, pitr: { maxAgeMinutes: 60, minDays: 28 } },
      // 28 days of it are some $400 a month
      cost: { monthlyCeilingUsd: 1000 },
    });
    expect(alarm('Pitr/Stale', strict).Threshold).toBe(60);
    expect(alarm('Pitr/TooShort', strict).Threshold).toBe(27);
  });

  it('of silence takes it for the worst, whatever the reason', () => {
    expect(alarm('Pitr/NotMeasured')).toMatchObject({
      MetricName: METRIC.pitrEnabled,
      Dimensions: dimensions,
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    });
    expect(alarm('Reaper/NotRunning')).toMatchObject({
      Period: 86_400,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    });
  });

  it('of a leak go with the first, deleted or not', () => {
    for (const [heading, MetricName] of [
      ['Reaper/LeakDeleted', METRIC.leakedProjectsDeleted],
      ['Reaper/LeakKept', METRIC.leakedProjectsKept],
    ])
      expect(alarm(heading ?? '')).toMatchObject({
        MetricName,
        Dimensions: dimensions,
        Statistic: 'Sum',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
      });
  });
});
