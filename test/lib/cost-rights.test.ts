import { describe, expect, it } from 'vitest';
import { ACCOUNT, may, mayOn, roleOf } from '../support/policies.ts';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

const templates = testTemplates({
  supabase: { projectRef: 'abcdefghijklmnopqrst', drill: { organization: 'drills' } },
  files: { enabled: true },
});
const { operations } = templates;
const guard = roleOf(templates, 'CostGuardRole');
const drillPlan = roleOf(templates, 'FunctionsDrillPlanRole');
const arn = (service: string, rest: string) => `arn:aws:${service}:ap-northeast-2:${ACCOUNT}:${rest}`;
const SWITCH = arn('ssm', 'parameter/videoplanet-backup/test/drills');

describe('the cost guard', () => {
  it('may do these things and no others', () => {
    const actions = guard.policies.flatMap(({ policy }) =>
      (policy as { Statement: { Effect: string; Action: string | string[] }[] }).Statement.flatMap(
        ({ Action }) => Action,
      ),
    );
    expect([...new Set(actions)].sort()).toEqual([
      'ce:GetCostAndUsage',
      'ce:GetCostForecast',
      'cloudwatch:GetMetricData',
      'dynamodb:DeleteItem',
      'dynamodb:UpdateItem',
      'ecs:DescribeTasks',
      'ecs:ListTasks',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:ListBucketVersions',
      's3:ListMultipartUploadParts',
      'secretsmanager:GetSecretValue',
      'sns:Publish',
      'ssm:GetParameter',
      'ssm:PutParameter',
    ]);
  });

  it('calls nobody but what puts it on record', () => {
    const called = resourcesOf(operations, 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith('CostGuardRole'))
      .flatMap(
        ([, { Properties }]) =>
          (Properties.PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
      )
      .filter(({ Action }) => JSON.stringify(Action).includes('lambda:'))
      .map(({ Resource }) => JSON.stringify(Resource));
    expect(called).toHaveLength(1);
    expect(called[0]?.match(/"Functions\w+"/g)?.every((id) => id.startsWith('"FunctionsAudit'))).toBe(true);
  });

  it.each([
    ['scheduler:UpdateSchedule', arn('scheduler', 'schedule/group/daily')],
    ['scheduler:DeleteSchedule', arn('scheduler', 'schedule/group/daily')],
    ['states:StartExecution', arn('states', 'stateMachine:videoplanet-test-backup')],
    ['states:StopExecution', arn('states', 'execution:videoplanet-test-backup:x')],
    ['states:UpdateStateMachine', arn('states', 'stateMachine:videoplanet-test-backup')],
    ['states:DeleteStateMachine', arn('states', 'stateMachine:videoplanet-test-backup')],
    ['ecs:StopTask', arn('ecs', 'task/c/1')],
    ['ecs:RunTask', arn('ecs', 'task-definition/Writer:1')],
    ['lambda:PutFunctionConcurrency', arn('lambda', 'function:Plan')],
    ['events:DisableRule', arn('events', 'rule/x')],
    ['iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/writer`],
    ['ssm:PutParameter', arn('ssm', 'parameter/videoplanet-backup/production/drills')],
    ['ssm:DeleteParameter', SWITCH],
  ])('can stop no backup: it may not %s', async (action, resource) => {
    expect(await mayOn(guard, action, resource)).toBe(false);
  });

  it.each([
    ['s3:GetObject', 'daily/20261123T170000Z/rest.dump.zst.gpg'],
    ['s3:GetObject', 'daily/20261123T170000Z/manifest.json'],
    ['s3:PutObject', 'daily/x'],
    ['s3:PutObjectTagging', 'daily/x'],
    ['s3:AbortMultipartUpload', 'daily/x'],
    ['s3:DeleteObject', 'daily/x'],
    ['s3:PutLifecycleConfiguration', undefined],
  ])('counts what lies in the bucket, and may not %s %s', async (action, key) => {
    expect(await may(templates, guard, action, key, { 's3:RequestObjectTag/retention': 'expired' })).toBe(
      false,
    );
    expect(await may(templates, guard, 's3:ListBucketVersions', undefined)).toBe(true);
    expect(await may(templates, guard, 's3:ListBucketMultipartUploads', undefined)).toBe(true);
  });

  it('looks at tasks of its own cluster only', async () => {
    const list = (cluster: string) => mayOn(guard, 'ecs:ListTasks', '*', { 'ecs:cluster': cluster });
    expect(await list(arn('ecs', 'cluster/another'))).toBe(false);
    const policy = JSON.stringify(guard.policies);
    const [, own = ''] = /"ecs:cluster":"([^"]+)"/.exec(policy) ?? [];
    expect(own).not.toBe('');
    expect(await list(own)).toBe(true);
  });
});

describe('the switch of drills', () => {
  it('is written by the guard, read by the plan of drills, and known to nobody else', async () => {
    expect(await mayOn(guard, 'ssm:PutParameter', SWITCH)).toBe(true);
    expect(await mayOn(guard, 'ssm:GetParameter', SWITCH)).toBe(true);
    expect(await mayOn(drillPlan, 'ssm:GetParameter', SWITCH)).toBe(true);
    expect(await mayOn(drillPlan, 'ssm:PutParameter', SWITCH)).toBe(false);
    const knowing = resourcesOf(operations, 'AWS::IAM::Policy')
      .filter(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument).includes('"ssm:'))
      .map(([id]) => id.replace(/DefaultPolicy.*/, ''));
    expect(knowing.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'CostGuardRole',
      'FunctionsDrillPlanRole',
    ]);
  });

  it('is in the variables of those two functions, so that no backup can go by it', () => {
    const told = resourcesOf(operations, 'AWS::Lambda::Function')
      .filter(([, { Properties }]) => JSON.stringify(Properties.Environment).includes('DrillsParameter'))
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(told.sort()).toEqual(['CostGuardFunction', 'FunctionsDrillPlanFunction']);
    const machines = JSON.stringify(resourcesOf(operations, 'AWS::StepFunctions::StateMachine'));
    expect(machines).not.toContain('DrillsParameter');
  });
});
