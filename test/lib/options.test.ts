import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, Pass, StateMachine, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { BackupAlarm } from '../../lib/backup-alarm.ts';
import { BackupBucket } from '../../lib/backup-bucket.ts';
import { BackupFunction } from '../../lib/backup-function.ts';
import { BackupSecrets } from '../../lib/backup-secrets.ts';
import { EngineTask } from '../../lib/engine-task.ts';
import { functionCall } from '../../lib/function-call.ts';
import { definitionsOf, resourcesOf, testApp, testStacks } from '../support/stacks.ts';

/** The template of a stack in which something was built. */
function templateOf(build: (stack: Stack) => void): Template {
  const stack = new Stack(testApp(), 'Options');
  build(stack);
  return Template.fromStack(stack);
}

describe('what may be left out of the bucket', () => {
  const expiry = (props: object) =>
    resourcesOf(
      templateOf(
        (stack) => new BackupBucket(stack, 'B', { lifecycle: [], lockFor: Duration.days(1), ...props }),
      ),
      'AWS::S3::Bucket',
    )
      .filter(([id]) => id.startsWith('BAccessLogs'))
      .map(([, { Properties }]) => Properties.LifecycleConfiguration);

  it('is how long access logs are kept: 400 days', () => {
    const rule = (days: number) => [
      { Rules: expect.arrayContaining([expect.objectContaining({ ExpirationInDays: days })]) },
    ];
    expect(expiry({})).toEqual(rule(400));
    expect(expiry({ accessLogsFor: Duration.days(30) })).toEqual(rule(30));
  });
});

describe('what may be left out of a function', () => {
  const timeout = (props: object) =>
    resourcesOf(
      templateOf((stack) => {
        const common = {
          capability: 'audit',
          description: 'd',
          environment: {},
          rights: [],
          logRetention: 7,
        };
        new BackupFunction(stack, 'F', { ...common, ...props });
      }),
      'AWS::Lambda::Function',
    ).map(([, { Properties }]) => Properties.Timeout);

  it('is its time limit: 30 seconds', () => {
    expect(timeout({})).toEqual([30]);
    expect(timeout({ timeout: Duration.minutes(2) })).toEqual([120]);
  });
});

describe('what may be left out of a call of a function', () => {
  const limit = (props: object) =>
    definitionsOf(
      templateOf((stack) => {
        const common = {
          capability: 'audit',
          description: 'd',
          environment: {},
          rights: [],
          logRetention: 7,
        };
        const target = new BackupFunction(stack, 'F', common);
        const payload = TaskInput.fromObject({});
        const call = functionCall(stack, 'Call', { target, payload, resultPath: '$.x', ...props });
        new StateMachine(stack, 'M', {
          definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Begin').next(call)),
        });
      }),
    ).map(([, { States }]) => States.Call?.TimeoutSeconds);

  it('is its time limit: a minute', () => {
    expect(limit({})).toEqual([60]);
    expect(limit({ timeout: Duration.minutes(15) })).toEqual([900]);
  });
});

describe('what may be left out of a task', () => {
  const secrets = (give: boolean) =>
    resourcesOf(
      templateOf((stack) => {
        const { databaseUrl } = new BackupSecrets(stack, 'S', { environment: 'e' });
        new EngineTask(stack, 'T', {
          image: ContainerImage.fromRegistry('image'),
          cpu: 256,
          memoryMiB: 512,
          environment: {},
          rights: [],
          logRetention: 7,
          ...(give ? { secrets: { DATABASE_URL: databaseUrl } } : {}),
        });
      }),
      'AWS::ECS::TaskDefinition',
    ).map(([, { Properties }]) => (Properties.ContainerDefinitions as { Secrets?: unknown }[])[0]?.Secrets);

  it('are secrets', () => {
    expect(secrets(false)).toEqual([undefined]);
    expect(secrets(true)).toEqual([[expect.objectContaining({ Name: 'DATABASE_URL' })]]);
  });
});

describe('what may be left out of an alarm', () => {
  const alarm = (props: object) =>
    templateOf((stack) => {
      new BackupAlarm(stack, 'A', {
        environment: 'e',
        heading: 'Some/Thing',
        meaning: 'm',
        links: {},
        metric: new Metric({ namespace: 'n', metricName: 'm' }),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: 1,
        missing: TreatMissingData.BREACHING,
        topic: new Topic(stack, 'Topic'),
        ...props,
      });
    });

  it('are the periods in a row: one', () => {
    alarm({}).hasResourceProperties('AWS::CloudWatch::Alarm', { EvaluationPeriods: 1 });
    alarm({ periods: 3 }).hasResourceProperties('AWS::CloudWatch::Alarm', { EvaluationPeriods: 3 });
  });

  it('is that it tells when it is over', () => {
    alarm({}).hasResourceProperties('AWS::CloudWatch::Alarm', { OKActions: Match.absent() });
    alarm({ tellsRecovery: true }).hasResourceProperties('AWS::CloudWatch::Alarm', {
      OKActions: [{ Ref: Match.stringLikeRegexp('^Topic') }],
    });
  });
});

describe('what may be left out of an environment', () => {
  it('is the account: that of the credentials is taken', () => {
    const account = (changes: object) => {
      const { vault, operations } = testStacks(changes);
      return [vault, operations].map((stack) => stack.environment.split('/')[2]);
    };
    expect(account({})).toEqual(['unknown-account', 'unknown-account']);
    expect(account({ account: '123456789012' })).toEqual(['123456789012', '123456789012']);
  });
});
