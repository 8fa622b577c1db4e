import validate from 'asl-validator';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { STEPS } from '../../core/failure/findings.ts';
import { ENV, TASK_START_ERRORS, WORKFLOW_ERROR } from '../../core/names.ts';
import { CALL_RETRY, CALL_TIMEOUT } from '../../lib/function-call.ts';
import { TASK_START_RETRY_TIME } from '../../lib/task-start-retry.ts';
import { type Definition, definitionsOf, type State, testTemplates } from '../support/stacks.ts';

const { operations } = testTemplates();
const definitions = definitionsOf(operations);
const backup = definitions.find(([id]) => id.startsWith('BackupStateMachine'))?.[1] as Definition;
const states = Object.entries(backup.States);
const tasksOf = (all: [string, State][]) => all.filter(([, { Type }]) => Type === 'Task');
const state = (name: string): State => {
  const found = backup.States[name];
  if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(backup.States).join(', ')}`);
  return found;
};

/** The validator writes into what it is given, and knows no references: they are filled in as deployed. */
function judged(definition: Definition): ReturnType<typeof validate> {
  const text = JSON.stringify(definition)
    .replaceAll(/\$\{AWS::Partition\}/g, 'aws')
    .replaceAll(/\$\{(\w+)\.Arn\}/g, 'arn:aws:lambda:ap-northeast-2:123456789012:function:$1');
  return validate(JSON.parse(text), { checkArn: true, checkPaths: true });
}

describe('every definition', () => {
  it.each(definitions)('%s is valid', (_, definition) => {
    expect(judged(definition)).toMatchObject({ isValid: true, errors: [] });
  });

  it('would be found out if it were not: a beginning nobody made, a path that is none', () => {
    expect(judged({ ...backup, StartAt: 'Nowhere' }).isValid).toBe(false);
    const Plan = { ...state('Plan'), ResultPath: 'plan' };
    expect(judged({ ...backup, States: { ...backup.States, Plan } }).isValid).toBe(false);
  });

  it.each(definitions)('%s uses JSONPath without variables', (_, definition) => {
    const text = JSON.stringify(definition);
    expect(text).not.toContain('"Assign"');
    expect(text).not.toContain('JSONata');
    expect(text).toMatch(/"\$\.plan\.(backupC|c)ommand"/);
  });

  it.each(definitions)('%s ends: machine and tasks have a time limit', (_, definition) => {
    expect(definition.TimeoutSeconds).toBeGreaterThan(0);
    for (const [name, { TimeoutSeconds, TimeoutSecondsPath }] of tasksOf(Object.entries(definition.States))) {
      expect([name, TimeoutSeconds ?? TimeoutSecondsPath]).not.toEqual([name, undefined]);
    }
  });

  it.each(definitions)('%s catches everything in every task', (_, definition) => {
    const all = tasksOf(Object.entries(definition.States));
    expect(all.length).toBeGreaterThan(5);
    for (const [name, { Catch }] of all) {
      expect([name, Catch?.map(({ ErrorEquals }) => ErrorEquals)]).toEqual([name, [['States.ALL']]]);
    }
  });
});

describe('the backup workflow', () => {
  it('waits for its tasks: runTask.sync', () => {
    const engines = tasksOf(states).filter(([, { Resource }]) => Resource?.includes(':ecs:'));
    expect(engines.map(([name, { Resource }]) => [name, Resource])).toEqual([
      ['Backup', expect.stringMatching(/:states:::ecs:runTask\.sync$/)],
      ['Verify', expect.stringMatching(/:states:::ecs:runTask\.sync$/)],
    ]);
  });

  it('runs them on Fargate 1.4.0 with a public address, the commands coming from the plan', () => {
    for (const [name, command] of [
      ['Backup', '$.plan.backupCommand'],
      ['Verify', '$.plan.verifyCommand'],
    ] as const) {
      expect(state(name)).toMatchObject({
        TimeoutSecondsPath: '$.plan.taskTimeoutSeconds',
        Parameters: {
          LaunchType: 'FARGATE',
          PlatformVersion: '1.4.0',
          NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } },
          Overrides: {
            ContainerOverrides: [
              {
                Name: 'engine',
                'Command.$': command,
                Environment: [{ Name: ENV.runMinutes, 'Value.$': '$.plan.runMinutes' }],
              },
            ],
          },
        },
      });
    }
  });

  it('may tag what it starts: a task that takes over tags is refused otherwise', () => {
    expect(state('Backup').Parameters).toMatchObject({ PropagateTags: 'TASK_DEFINITION' });
    operations.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^BackupStateMachineRole'),
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Sid: 'TagTasksAsTheyStart',
            Effect: 'Allow',
            Action: 'ecs:TagResource',
            Resource: {
              'Fn::Join': [
                '',
                Match.arrayWith([
                  Match.stringLikeRegexp(':task/$'),
                  { Ref: Match.stringLikeRegexp('^Cluster') },
                  '/*',
                ]),
              ],
            },
            Condition: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
          },
        ]),
      },
    });
  });

  it('verifies with another task definition than it writes with', () => {
    const family = (name: string) => state(name).Parameters?.TaskDefinition;
    expect(family('Backup')).toMatch(/EngineWriter/);
    expect(family('Verify')).toMatch(/EngineVerifier/);
  });

  it('tries a task again only where it did not start', () => {
    for (const name of ['Backup', 'Verify']) {
      expect(state(name).Retry).toEqual([
        {
          ErrorEquals: TASK_START_ERRORS,
          IntervalSeconds: 30,
          MaxAttempts: 4,
          BackoffRate: 2,
          JitterStrategy: 'FULL',
        },
      ]);
    }
  });

  it('waits between those tries for as long as it is said to', () => {
    const [retry] = state('Backup').Retry ?? [];
    if (retry === undefined) throw new Error('no retry');
    const waits = Array.from(
      { length: retry.MaxAttempts },
      (_, i) => retry.IntervalSeconds * retry.BackoffRate ** i,
    );
    expect(TASK_START_RETRY_TIME.toSeconds()).toBe(waits.reduce((sum, wait) => sum + wait));
  });

  it('never tries again what timed out', () => {
    const retried = tasksOf(states).flatMap(([, { Retry = [] }]) =>
      Retry.flatMap(({ ErrorEquals }) => ErrorEquals),
    );
    expect(retried).toContain('Lambda.TooManyRequestsException');
    expect(retried).not.toContain('States.Timeout');
    expect(retried).not.toContain('States.ALL');
    expect(retried).not.toContain('States.TaskFailed');
  });

  it('has a limit beyond the sum of its longest way', () => {
    const longest = Math.max(...[240, 365, 50, 30]) * 60;
    const lambdaWaits = 2 + 4 + 8;
    const call = (seconds: number) => (CALL_RETRY.maxAttempts + 1) * seconds + lambdaWaits;
    const engine = longest + TASK_START_RETRY_TIME.toSeconds();
    // plan, backup, verify, retention, audit; and the way of failure behind it
    const way = 2 * engine + call(15 * 60) + 6 * call(CALL_TIMEOUT.toSeconds());
    expect(backup.TimeoutSeconds).toBeGreaterThan(way);
    expect(backup.TimeoutSeconds).toBeLessThan(way + 5 * 60);
  });

  it('lets the execution of a set that another run makes succeed, as skipped', () => {
    expect(state('Run?')).toMatchObject({
      Type: 'Choice',
      Choices: [{ Variable: '$.plan.run', BooleanEquals: true, Next: 'Backup' }],
      Default: 'Skipped',
    });
    expect(state('Skipped').Type).toBe('Succeed');
  });

  it('takes any input, an object or not, so that a slip is answered in words', () => {
    expect(state(backup.StartAt)).toMatchObject({ Type: 'Pass', Parameters: { 'input.$': '$' } });
  });

  it('tells the explanation which step failed, by names that it knows', () => {
    const working = tasksOf(states).filter(([, { Catch }]) => Catch?.[0]?.Next === 'Explain');
    expect(working.map(([, { Catch }]) => Catch?.[0]?.ResultPath)).toEqual(
      STEPS.map((step) => `$.failure.${step}`),
    );
  });

  it('ends a failure with audit, alert and the explained error, whatever of these fails too', () => {
    expect(state('Explain')).toMatchObject({ Next: 'AuditFailure', Catch: [{ Next: 'Unexplained' }] });
    expect(state('Unexplained')).toMatchObject({
      Next: 'AuditFailure',
      Parameters: { error: WORKFLOW_ERROR.unexpected },
    });
    expect(state('AuditFailure')).toMatchObject({ Next: 'Alert', Catch: [{ Next: 'Alert' }] });
    expect(state('Alert')).toMatchObject({ Next: 'TellFailure', Catch: [{ Next: 'TellFailure' }] });
    expect(state('TellFailure')).toMatchObject({ Next: 'Failed', Catch: [{ Next: 'Failed' }] });
    expect(state('Failed')).toEqual({
      Type: 'Fail',
      ErrorPath: '$.explained.error',
      CausePath: '$.explained.cause',
    });
  });

  it('lays the results of what fails on the way beside the explanation, not over it', () => {
    for (const [name, { Catch }] of tasksOf(states)) {
      expect([name, Catch?.[0]?.ResultPath]).toEqual([
        name,
        expect.stringMatching(/^\$\.(failure|lost)\.\w+$/),
      ]);
    }
  });

  it('logs everything and is traced', () => {
    operations.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 'videoplanet-test-backup',
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('is found by the function that looks at its executions', () => {
    const address = {
      'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':stateMachine:videoplanet-test-backup$')])],
    };
    operations.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ BACKUP_STATE_MACHINE_ARN: address }) },
    });
  });
});
