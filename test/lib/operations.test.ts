import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../core/config.ts';
import { SCHEDULED_KINDS } from '../../core/kinds.ts';
import { CONTAINER } from '../../core/names.ts';
import { resourcesOf, testApp, testStacks, testTemplates, textOf } from '../support/stacks.ts';

const templates = testTemplates();
const { operations } = templates;

describe('the network', () => {
  it('has no NAT gateway, no interface endpoint and no address kept', () => {
    for (const type of ['AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::EgressOnlyInternetGateway']) {
      operations.resourceCountIs(type, 0);
    }
    const endpoints = resourcesOf(operations, 'AWS::EC2::VPCEndpoint').map(
      ([, { Properties }]) => Properties,
    );
    expect(endpoints.map(({ VpcEndpointType }) => VpcEndpointType)).toEqual(['Gateway']);
    expect(textOf(endpoints[0]?.ServiceName)).toMatch(/\.s3$/);
  });

  it('is of public dual-stack subnets that give nothing an IPv4 address unasked', () => {
    const subnets = resourcesOf(operations, 'AWS::EC2::Subnet');
    expect(subnets).toHaveLength(2);
    for (const [, { Properties }] of subnets) {
      expect(Properties).toMatchObject({ AssignIpv6AddressOnCreation: true, MapPublicIpOnLaunch: false });
      expect(Properties).toHaveProperty('Ipv6CidrBlock');
    }
    const routes = resourcesOf(operations, 'AWS::EC2::Route').map(([, { Properties }]) => Properties);
    expect(routes.filter(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock === '::/0')).toHaveLength(
      2,
    );
    expect(routes.filter(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0')).toHaveLength(2);
  });

  it('asks nobody which zones there are', () => {
    const { operations: stack } = testStacks({ account: '123456789012' });
    expect(stack.availabilityZones.map((zone) => stack.resolve(zone))).toEqual([
      { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] },
      { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
    ]);
  });

  it('lets nobody in, and everything out by IPv4 and IPv6', () => {
    const groups = resourcesOf(operations, 'AWS::EC2::SecurityGroup').map(([, { Properties }]) => Properties);
    expect(groups).toEqual([
      expect.objectContaining({
        SecurityGroupEgress: [
          expect.objectContaining({ CidrIp: '0.0.0.0/0' }),
          expect.objectContaining({ CidrIpv6: '::/0' }),
        ],
      }),
    ]);
    expect(groups[0]).not.toHaveProperty('SecurityGroupIngress');
    operations.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  it('writes down who talked to whom', () => {
    operations.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'ALL', ResourceType: 'VPC' });
  });
});

describe('the logs', () => {
  it('all expire, and go with the stack', () => {
    const groups = resourcesOf(operations, 'AWS::Logs::LogGroup');
    // thirteen functions, six tasks, three workflows, the network
    expect(groups).toHaveLength(23);
    for (const [id, { Properties, DeletionPolicy }] of groups) {
      expect([id, Properties.RetentionInDays, DeletionPolicy]).toEqual([id, 90, 'Delete']);
    }
  });

  it('are made by nobody else: every function and every container names its own', () => {
    for (const [id, { Properties }] of resourcesOf(operations, 'AWS::Lambda::Function')) {
      expect([id, Properties.LoggingConfig]).toEqual([
        id,
        { LogFormat: 'JSON', LogGroup: { Ref: expect.stringMatching(/^(Functions|CostGuard)\w*Logs/) } },
      ]);
    }
  });
});

describe('the engine’s tasks', () => {
  const definitions = resourcesOf(operations, 'AWS::ECS::TaskDefinition');
  const containerOf = (name: string) => {
    const found = definitions.find(([id]) => id.startsWith(`Engine${name}Definition`));
    if (found === undefined) throw new Error(`no task ${name}`);
    return (found[1].Properties.ContainerDefinitions as Record<string, unknown>[])[0] ?? {};
  };
  const secretsOf = (name: string) =>
    ((containerOf(name).Secrets ?? []) as { Name: string }[]).map((secret) => secret.Name).sort();

  it.each(definitions)(
    '%s is one container on ARM, without root, that can write to its scratch volume alone',
    (id, { Properties }) => {
      // a drill has a server beside the engine, and the restored database on its disk
      const ofDrill = id.startsWith('EngineDrill');
      expect(Properties).toMatchObject({
        RequiresCompatibilities: ['FARGATE'],
        RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
        Cpu: ofDrill ? '2048' : '1024',
        Memory: ofDrill ? '8192' : '2048',
        ...(ofDrill ? { EphemeralStorage: { SizeInGiB: 50 } } : {}),
        Volumes: [{ Name: 'scratch' }],
      });
      expect(Properties.ContainerDefinitions).toEqual([
        expect.objectContaining({
          Name: CONTAINER.name,
          User: CONTAINER.user,
          ReadonlyRootFilesystem: true,
          StopTimeout: 120,
          LinuxParameters: expect.objectContaining({ InitProcessEnabled: true }),
          MountPoints: [{ ContainerPath: CONTAINER.scratchDir, ReadOnly: false, SourceVolume: 'scratch' }],
          LogConfiguration: expect.objectContaining({
            LogDriver: 'awslogs',
            Options: expect.objectContaining({
              'awslogs-group': { Ref: expect.stringMatching(/^Engine\w+Logs/) },
            }),
          }),
        }),
      ]);
    },
  );

  it('have each the secrets of their purpose, and no other', () => {
    expect(definitions).toHaveLength(6);
    // the source, to count what would be lost, and no target: it makes its own
    expect(secretsOf('Drill')).toEqual(['DATABASE_URL', 'GPG_PASSPHRASE', 'GPG_PRIVATE_KEY']);
    expect(secretsOf('Writer')).toEqual(['DATABASE_URL', 'GPG_PUBLIC_KEY']);
    expect(secretsOf('Preserver')).toEqual(secretsOf('Writer'));
    expect(secretsOf('Verifier')).toEqual([]);
    expect(secretsOf('Reader')).toEqual(['GPG_PASSPHRASE', 'GPG_PRIVATE_KEY', 'TARGET_DATABASE_URL']);
    // without another target the engine restores over the database itself
    expect(secretsOf('InPlaceReader')).toEqual(['DATABASE_URL', 'GPG_PASSPHRASE', 'GPG_PRIVATE_KEY']);
    expect(secretsOf('Preserver')).toEqual(['DATABASE_URL', 'GPG_PUBLIC_KEY']);
  });

  it('have plain settings that the engine takes, none of them a secret', () => {
    const environment = containerOf('Writer').Environment as { Name: string; Value: unknown }[];
    const settings = Object.fromEntries(environment.map(({ Name, Value }) => [Name, Value]));
    expect(Object.keys(settings).sort()).toEqual([
      'AWS_REGION',
      'BACKUP_BUCKET',
      'BACKUP_CONFIG_JSON',
      'LOG_LEVEL',
      'TMPDIR',
    ]);
    expect(settings).toMatchObject({ AWS_REGION: 'ap-northeast-2', TMPDIR: CONTAINER.scratchDir });
    expect(
      parseConfig(JSON.parse(String(settings.BACKUP_CONFIG_JSON)), 'the template').limits.runMinutes,
    ).toBe(360);
  });
});

describe('the functions', () => {
  it.each(resourcesOf(operations, 'AWS::Lambda::Function'))(
    '%s runs Node 24 on ARM, with a role of its own',
    (id, { Properties }) => {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 512 });
      const role = (Properties.Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0];
      expect(role).toMatch(new RegExp(`^${id.replace(/Function[0-9A-F]{8}$/, 'Role')}`));
    },
  );

  it('are given no policy of AWS’s, and neither is anybody else', () => {
    for (const [id, { Properties }] of resourcesOf(operations, 'AWS::IAM::Role')) {
      expect([id, Properties.ManagedPolicyArns]).toEqual([id, undefined]);
    }
  });
});

describe('the schedules', () => {
  const schedules = resourcesOf(operations, 'AWS::Scheduler::Schedule');
  const scheduleOf = (name: string) => {
    const found = schedules.find(([id]) => new RegExp(`^Schedules${name}[0-9A-F]{8}$`, 'i').test(id));
    if (found === undefined) throw new Error(`no schedule ${name}`);
    return found[1].Properties;
  };
  const targetOf = (name: string) => scheduleOf(name).Target as Record<string, unknown>;

  it('are these, in the time of the team', () => {
    const crons = schedules.map(([, { Properties }]) => [
      Properties.Description,
      Properties.ScheduleExpression,
      Properties.ScheduleExpressionTimezone,
      Properties.State,
    ]);
    const row = (name: string, cron: string) => [
      `VideoPlanet Backup: ${name}`,
      `cron(${cron})`,
      'Asia/Seoul',
      'ENABLED',
    ];
    expect(crons.sort()).toEqual([
      row('cost guard', '0 10 * * ? *'),
      row('critical', '0/15 * * * ? *'),
      row('daily', '0 2 * * ? *'),
      row('drill', '30 4 1 * ? *'),
      row('important', '0 * * * ? *'),
      row('monitor', '7/15 * * * ? *'),
      row('retention', '30 5 * * ? *'),
      row('weekly', '0 1 ? * SUN *'),
    ]);
  });

  it.each(schedules)('%s gives up in time, and says so in the queue', (_, { Properties }) => {
    const { DeadLetterConfig, RetryPolicy } = Properties.Target as {
      DeadLetterConfig: unknown;
      RetryPolicy: { MaximumRetryAttempts: number; MaximumEventAgeInSeconds: number };
    };
    expect(DeadLetterConfig).toEqual({
      Arn: { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesDeadLetters/), 'Arn'] },
    });
    expect(RetryPolicy.MaximumRetryAttempts).toBe(3);
    expect(RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(3600);
  });

  it('wait no longer than until the next is due', () => {
    const age = (name: string) => targetOf(name).RetryPolicy;
    expect(age('Critical')).toMatchObject({ MaximumEventAgeInSeconds: 15 * 60 });
    expect(age('Daily')).toMatchObject({ MaximumEventAgeInSeconds: 60 * 60 });
  });

  it.each(SCHEDULED_KINDS)('start the workflow for %s sets with the instant they were due', (kind) => {
    expect(targetOf(kind)).toMatchObject({
      Arn: { Ref: expect.stringMatching(/^BackupStateMachine/) },
      Input: `{"kind":"${kind}","slot":"<aws.scheduler.scheduled-time>"}`,
    });
  });

  it('call retention and the monitor, and say what the record is filed under', () => {
    for (const name of ['Retention', 'Monitor']) {
      expect(targetOf(name)).toMatchObject({
        Arn: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Functions${name}Function`)), 'Arn'] },
        Input: JSON.stringify({ scheduled: name.toLowerCase() }),
      });
    }
  });

  it('are off where the environment says so', () => {
    const { operations: off } = testTemplates({ schedules: { critical: { enabled: false } } });
    const states = resourcesOf(off, 'AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties.State);
    expect(states.sort()).toEqual(['DISABLED', ...Array(7).fill('ENABLED')]);
  });

  it('leave undelivered starts in an encrypted queue for two weeks', () => {
    operations.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
    operations.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('are refused where a start would be retried until the next is due', () => {
    const app = testApp();
    testStacks({ schedules: { critical: { cron: '0/5 * * * ? *' } } }, app);
    expect(() => app.synth()).toThrow(
      'starting a task is retried for up to 7.5 minutes, but a critical set is due every 5 minutes (0/5 * * * ? *); ' +
        'make the schedule wider than 7.5 minutes',
    );
  });
});

describe('the outputs', () => {
  it('say where the backups are, where the runs are seen, and how one is started', () => {
    expect(Object.values(templates.vault.findOutputs('BucketName'))).toHaveLength(1);
    const outputs = operations.findOutputs('*');
    const value = (name: string) => textOf(outputs[name]?.Value);
    expect(Object.keys(outputs).filter((name) => !name.startsWith('Exports'))).toEqual([
      'BackupConsole',
      'BackupStateMachine',
      'StartBackup',
      'RestoreConsole',
      'RestoreStateMachine',
      'StartRestore',
      'DrillStateMachine',
      'StartDrill',
      'DrillSwitch',
      'DrillLog',
      'DashboardConsole',
      'ClusterName',
      'WriterLog',
      'VerifierLog',
      'ReaderLog',
      'InPlaceReaderLog',
      'AlertTopic',
      'DeadLetterQueue',
    ]);
    expect(value('ReaderLog')).toMatch(/^\$\{EngineReaderLogs/);
    expect(value('DashboardConsole')).toMatch(/#dashboards\/dashboard\/videoplanet-backup-test$/);
    expect(value('BackupConsole')).toMatch(
      /^https:\/\/ap-northeast-2\.console\.aws\.amazon\.com\/states\/.*BackupStateMachine/,
    );
    expect(value('StartRestore')).toMatch(
      /^aws stepfunctions start-execution --region ap-northeast-2 --state-machine-arn \$\{RestoreStateMachine\w+\} --input '\{"mode":"full"\}'$/,
    );
    expect(value('StartBackup')).toMatch(
      /^aws stepfunctions start-execution --region ap-northeast-2 --state-machine-arn \$\{BackupStateMachine\w+\} --input '\{"kind":"daily"\}'$/,
    );
  });
});
