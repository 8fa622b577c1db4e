import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { guardSettingsSchema } from '../../core/cost/guard-settings.ts';
import { type EnvironmentInput, parseEnvironment } from '../../core/environment.ts';
import { ConfigurationError } from '../../core/errors/index.ts';
import { LAMBDA_ENV, METRIC } from '../../core/names.ts';
import { refusalOf } from '../support/refusal.ts';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

type Cost = EnvironmentInput['cost'];
const withCost = (cost: Cost) => testTemplates({ cost });
const { operations, vault } = testTemplates();
const tagged = withCost({ budget: { scope: { tag: 'cost-center' } } });
const refusal = (cost: Cost) =>
  refusalOf(
    () => parseEnvironment({ name: 'test', alertEmails: ['a@b.example'], cost }, 'a test'),
    ConfigurationError,
  );
const publishers = (template: Template) =>
  resourcesOf(template, 'AWS::SNS::TopicPolicy')
    .flatMap(
      ([, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: { Principal: unknown }[] }).Statement,
    )
    .map(({ Principal }) => (Principal as { Service?: string }).Service);

describe('the budget', () => {
  const [, { Properties, ...resource }] = resourcesOf(operations, 'AWS::Budgets::Budget')[0] ?? ['', {}];
  const topic = { Ref: Match.stringLikeRegexp('^AlertsTopic') };

  it('is the ceiling, of a month, without tax and credits, of the whole account', () => {
    operations.resourceCountIs('AWS::Budgets::Budget', 1);
    expect(Properties?.Budget).toEqual({
      BudgetName: 'videoplanet-backup-test',
      BudgetType: 'COST',
      TimeUnit: 'MONTHLY',
      BudgetLimit: { Amount: 250, Unit: 'USD' },
      CostTypes: { IncludeTax: false, IncludeCredit: false, IncludeRefund: false },
    });
  });

  it('tells the topic of half, of four fifths, of all, and of what it foresees', () => {
    const told = Properties?.NotificationsWithSubscribers as {
      Notification: Record<string, unknown>;
      Subscribers: unknown;
    }[];
    expect(told.map(({ Notification }) => [Notification.NotificationType, Notification.Threshold])).toEqual([
      ['ACTUAL', 50],
      ['ACTUAL', 80],
      ['ACTUAL', 100],
      ['FORECASTED', 100],
    ]);
    for (const each of told) {
      expect(each.Notification).toMatchObject({
        ThresholdType: 'PERCENTAGE',
        ComparisonOperator: 'GREATER_THAN',
      });
      expect(each.Subscribers).toEqual([
        { SubscriptionType: 'SNS', Address: { Ref: expect.stringMatching(/^AlertsTopic/) } },
      ]);
    }
    operations.hasResourceProperties('AWS::SNS::TopicPolicy', { Topics: [topic] });
  });

  it('is made once the topic takes what it publishes', () => {
    const { DependsOn } = resource as unknown as { DependsOn: string[] };
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^AlertsTopicPolicy/)]));
  });

  it('counts what carries the tag, where a tag is given, and everything carries it', () => {
    const value = 'videoplanet-backup-test';
    tagged.operations.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({ CostFilters: { TagKeyValue: [`user:cost-center$${value}`] } }),
    });
    const tag = { Key: 'cost-center', Value: value };
    for (const [template, type] of [
      [tagged.vault, 'AWS::S3::Bucket'],
      [tagged.vault, 'AWS::SecretsManager::Secret'],
      [tagged.operations, 'AWS::Lambda::Function'],
      [tagged.operations, 'AWS::ECS::TaskDefinition'],
      [tagged.operations, 'AWS::ECS::Cluster'],
      [tagged.operations, 'AWS::Logs::LogGroup'],
      [tagged.operations, 'AWS::StepFunctions::StateMachine'],
    ] as const)
      for (const [id, { Properties }] of resourcesOf(template, type))
        expect([id, Properties.Tags]).toEqual([id, expect.arrayContaining([tag])]);
    expect(JSON.stringify(vault.toJSON())).not.toContain('cost-center');
  });

  it('is not there where it is off, and then nobody lets it publish', () => {
    const off = withCost({ budget: { enabled: false } }).operations;
    off.resourceCountIs('AWS::Budgets::Budget', 0);
    expect(publishers(off)).not.toContain('budgets.amazonaws.com');
    expect(publishers(operations)).toContain('budgets.amazonaws.com');
  });
});

describe('the monitor of anomalies', () => {
  it('is there only where it is asked for: an account has but one', () => {
    operations.resourceCountIs('AWS::CE::AnomalyMonitor', 0);
    operations.resourceCountIs('AWS::CE::AnomalySubscription', 0);
    expect(publishers(operations)).not.toContain('costalerts.amazonaws.com');
  });

  it('looks at services, and tells the topic at once, from a tenth of the ceiling on', () => {
    const on = withCost({ anomalyMonitor: true }).operations;
    on.hasResourceProperties('AWS::CE::AnomalyMonitor', {
      MonitorType: 'DIMENSIONAL',
      MonitorDimension: 'SERVICE',
    });
    const [found] = resourcesOf(on, 'AWS::CE::AnomalySubscription');
    expect(found?.[1].Properties).toMatchObject({
      Frequency: 'IMMEDIATE',
      Subscribers: [{ Type: 'SNS', Address: { Ref: expect.stringMatching(/^AlertsTopic/) } }],
    });
    expect(JSON.parse(String(found?.[1].Properties.ThresholdExpression))).toEqual({
      Dimensions: {
        Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
        MatchOptions: ['GREATER_THAN_OR_EQUAL'],
        Values: ['25'],
      },
    });
    expect(publishers(on)).toContain('costalerts.amazonaws.com');
  });
});

describe('the guard', () => {
  const variablesOf = (template: Template) => {
    const found = resourcesOf(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith('CostGuard'));
    if (found === undefined) throw new Error('no function of the guard');
    return (found[1].Properties.Environment as { Variables: Record<string, unknown> }).Variables;
  };
  const settingsOf = (template: Template) =>
    guardSettingsSchema.parse(JSON.parse(String(variablesOf(template)[LAMBDA_ENV.costGuard])));

  it('is told what it goes by, and that fits into its variables', () => {
    const settings = settingsOf(operations);
    expect(settings).toMatchObject({
      ceilingUsd: 250,
      scope: 'account',
      longestTaskMinutes: 365,
      projects: false,
    });
    expect(settings.curve.length).toBeGreaterThan(10);
    // a function takes 4 KiB of variables; ARNs in place of references need some hundred
    expect(JSON.stringify(variablesOf(operations)).length).toBeLessThan(3000);
    expect(variablesOf(operations)[LAMBDA_ENV.drillSwitch]).toEqual({
      Ref: expect.stringMatching(/^DrillsParameter/),
    });
  });

  it('counts what the budget counts', () => {
    expect(settingsOf(tagged.operations).scope).toEqual({
      tag: 'cost-center',
      value: 'videoplanet-backup-test',
    });
  });

  it('knows the longest task there is, and whether projects may be left', () => {
    const other = testTemplates({
      supabase: { projectRef: 'abcdefghijklmnopqrst', drill: { organization: 'drills' } },
      files: { enabled: true, timeoutMinutes: 700 },
    });
    expect(settingsOf(other.operations)).toMatchObject({ longestTaskMinutes: 700, projects: true });
  });

  it('is not called again when it fails, for it would tell and ask twice, and is put on record either way', () => {
    const audit = {
      Destination: { 'Fn::GetAtt': [expect.stringMatching(/^FunctionsAuditFunction/), 'Arn'] },
    };
    const found = resourcesOf(operations, 'AWS::Lambda::EventInvokeConfig').find(([id]) =>
      id.startsWith('CostGuard'),
    );
    expect(found?.[1].Properties).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: audit, OnFailure: audit },
    });
  });

  it('runs once a day, and says what its record is filed under', () => {
    operations.hasResourceProperties('AWS::Scheduler::Schedule', {
      Description: 'VideoPlanet Backup: cost guard',
      ScheduleExpression: 'cron(0 10 * * ? *)',
      ScheduleExpressionTimezone: 'Asia/Seoul',
      Target: Match.objectLike({
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CostGuardFunction'), 'Arn'] },
        Input: '{"scheduled":"cost-guard"}',
      }),
    });
  });

  it('has an alarm at the ceiling, which silence does not end', () => {
    operations.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'videoplanet-backup/test/Cost/AboveCeiling',
      Namespace: METRIC.namespace,
      MetricName: METRIC.monthToDateUsd,
      Threshold: 250,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
      OKActions: Match.anyValue(),
    });
  });

  it('has a place for its word, which is empty', () => {
    operations.hasResourceProperties('AWS::SSM::Parameter', {
      Name: '/videoplanet-backup/test/drills',
      Type: 'String',
      Value: '{}',
    });
  });
});

describe('a cost configuration', () => {
  it.each(['application', 'environment'])('takes no tag that others may carry with our value: %s', (tag) => {
    expect(refusal({ budget: { scope: { tag } } })).toContain('take another key');
  });

  it.each(['aws:createdBy', '', 'a$b', 'x'.repeat(200)])('takes no tag that AWS would refuse: %s', (tag) => {
    expect(refusal({ budget: { scope: { tag } } })).toContain('budget.scope');
  });

  it.each(['0 * * * ? *', '0 10 ? * MON *', '0 10,22 * * ? *'])('takes no guard at %s', (cron) => {
    expect(refusal({ guard: { cron } })).toContain('is not once a day');
  });

  it('says of a cron that is none only that', () => {
    expect(refusal({ guard: { cron: 'daily' } })).not.toContain('once a day');
  });
});
