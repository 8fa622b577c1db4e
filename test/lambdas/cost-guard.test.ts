import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
  GetCostForecastCommand,
} from '@aws-sdk/client-cost-explorer';
import { DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CostGuardIncomplete } from '../../core/errors/index.ts';
import { ENV, LAMBDA_ENV, METRIC } from '../../core/names.ts';
import type { handler as Handler } from '../../lambdas/cost-guard/handler.ts';
import { createTable } from '../../local/cloud/tables.ts';
import { type LocalS3, startS3 } from '../../local/s3.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';

/** Real: S3, the parameter, the secret, Slack. Scripted: what no emulator has, costs, sizes and running tasks. */
const explorer = mockClient(CostExplorerClient);
const cloudwatch = mockClient(CloudWatchClient);
const ecs = mockClient(ECSClient);
const SWITCH = '/videoplanet-backup/test/drills';
const GB = 1024 ** 3;
/** A Wednesday long after the objects of these tests were made, and a Monday. */
const WEDNESDAY = new Date('2031-03-12T01:00:00Z');
const MONDAY = new Date('2031-03-17T01:00:00Z');
const THIRD = new Date('2031-03-03T01:00:00Z');

let s3: LocalS3;
let slack: LocalSlack;
let ssm: SSMClient;
let secretArn: string;
let topicArn: string;
let handler: typeof Handler;
let buckets = 0;
let lines: string[] = [];

beforeAll(async () => {
  [s3, slack] = await Promise.all([startS3(), startSlack()]);
  const place = {
    endpoint: s3.endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  ssm = new SSMClient(place);
  const { ARN = '' } = await new SecretsManagerClient(place).send(
    new CreateSecretCommand({ Name: 'webhook', SecretString: slack.webhookUrl }),
  );
  secretArn = ARN;
  const { TopicArn = '' } = await new SNSClient(place).send(new CreateTopicCommand({ Name: 'alerts' }));
  topicArn = TopicArn;
  // clients are made once, and find the emulator by it
  vi.stubEnv('AWS_ENDPOINT_URL', s3.endpoint);
  vi.stubEnv('AWS_REGION', 'ap-northeast-2');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  ({ handler } = await import('../../lambdas/cost-guard/handler.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([s3.stop(), slack.stop()]);
});
beforeEach(async () => {
  buckets += 1;
  const table = `told-${buckets}`;
  await Promise.all([
    s3.createBucket(`costs-${buckets}`, { versioned: true }),
    createTable({ endpoint: s3.endpoint, region: 'ap-northeast-2' }, table, {
      KeySchema: [{ AttributeName: 'cause', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'cause', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  ]);
  for (const [name, value] of Object.entries({
    [ENV.bucket]: `costs-${buckets}`,
    [LAMBDA_ENV.environment]: 'test',
    [LAMBDA_ENV.language]: 'en',
    [LAMBDA_ENV.timeZone]: 'Asia/Seoul',
    [LAMBDA_ENV.slackWebhookSecret]: secretArn,
    [LAMBDA_ENV.toldTable]: table,
    [LAMBDA_ENV.alertTopicArn]: topicArn,
    [LAMBDA_ENV.clusterArn]: 'arn:aws:ecs:ap-northeast-2:123456789012:cluster/c',
    [LAMBDA_ENV.drillSwitch]: SWITCH,
    [LAMBDA_ENV.costGuard]: settings(),
  }))
    vi.stubEnv(name, value);
  await says('{}');
  slack.answerWith(200);
  lines = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
  for (const mock of [explorer, cloudwatch, ecs]) mock.reset();
  costs([['2031-03-05', 12]]);
  explorer.on(GetCostForecastCommand).resolves({ Total: { Amount: '20', Unit: 'USD' } });
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [] });
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function settings(more: object = {}): string {
  return JSON.stringify({
    ceilingUsd: 100,
    scope: 'account',
    curve: [{ months: 0, awsUsd: 30, storedGb: 50 }],
    longestTaskMinutes: 365,
    projects: true,
    ...more,
  });
}
const says = (Value: string) =>
  ssm.send(new PutParameterCommand({ Name: SWITCH, Value, Type: 'String', Overwrite: true }));
const said = async () => (await ssm.send(new GetParameterCommand({ Name: SWITCH }))).Parameter?.Value;

type Cost = readonly [day: string, usd: number, service?: string];
const result = ([Start, usd, service = 'Amazon S3']: Cost) => ({
  TimePeriod: { Start, End: Start },
  Groups: [{ Keys: [service], Metrics: { UnblendedCost: { Amount: String(usd), Unit: 'USD' } } }],
});
const costs = (rows: readonly Cost[]) =>
  explorer.on(GetCostAndUsageCommand).resolves({ ResultsByTime: rows.map(result) });
const refused = (name: string, message = name) => Object.assign(new Error(message), { name });
const asked = (): GetCostAndUsageCommandInput[] =>
  explorer.commandCalls(GetCostAndUsageCommand).map(({ args }) => args[0].input);

/** Runs the guard on a day. */
async function guardOn(day: Date): Promise<Awaited<ReturnType<typeof Handler>>> {
  vi.useFakeTimers({ now: day, toFake: ['Date'] });
  try {
    return await handler();
  } finally {
    vi.useRealTimers();
  }
}
const metrics = () =>
  Object.fromEntries(
    lines
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.includes('"_aws"'))
      .map((line) => JSON.parse(line))
      .flatMap((line) => {
        const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
        // alarms look for exactly these
        expect([Namespace, Dimensions, line.Environment]).toEqual([
          METRIC.namespace,
          [['Environment']],
          'test',
        ]);
        return Metrics.map(({ Name }: { Name: string }) => [Name, line[Name]]);
      }),
  );
const incomplete = async (day: Date) => {
  const error = await guardOn(day).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CostGuardIncomplete);
  return (error as Error).message;
};

describe('a day on which nothing is wrong', () => {
  it('is told to nobody, and measured', async () => {
    const before = slack.messages.length;
    const report = await guardOn(WEDNESDAY);
    expect(report).toEqual({
      month: '2031-03',
      spentUsd: 12,
      forecastUsd: 32,
      estimateUsd: 30,
      ceilingUsd: 100,
      storedGb: null,
      growthGbPerMonth: null,
      drills: 'on',
      findings: [],
      told: false,
    });
    expect(metrics()).toEqual({ MonthToDateUsd: 12, CostFindings: 0 });
    expect(slack.messages).toHaveLength(before);
    expect(await said()).toBe('{}');
  });

  it('asks Cost Explorer twice, for a month that ends where the next begins', async () => {
    await guardOn(new Date('2031-12-01T00:30:00Z'));
    expect(explorer.calls()).toHaveLength(2);
    expect(asked()[0]).toMatchObject({
      // on the first day too the period is not empty, which would be refused
      TimePeriod: { Start: '2031-12-01', End: '2032-01-01' },
      Granularity: 'DAILY',
      Filter: { Not: { Dimensions: { Key: 'RECORD_TYPE', Values: ['Tax', 'Credit', 'Refund'] } } },
    });
    expect(explorer.commandCalls(GetCostForecastCommand)[0]?.args[0].input).toMatchObject({
      TimePeriod: { Start: '2031-12-01', End: '2032-01-01' },
    });
  });

  it('counts by the tag where it is told to', async () => {
    vi.stubEnv(LAMBDA_ENV.costGuard, settings({ scope: { tag: 'team', value: 'videoplanet-backup-test' } }));
    await guardOn(WEDNESDAY);
    for (const call of explorer.calls())
      expect(call.args[0].input).toMatchObject({
        Filter: {
          And: [
            { Not: expect.anything() },
            { Tags: { Key: 'team', Values: ['videoplanet-backup-test'], MatchOptions: ['EQUALS'] } },
          ],
        },
      });
  });

  it('reads every page of the answer', async () => {
    explorer
      .on(GetCostAndUsageCommand)
      .resolvesOnce({ ResultsByTime: [result(['2031-03-05', 12])], NextPageToken: 'more' })
      .resolves({ ResultsByTime: [result(['2031-03-06', 1.5])] });
    expect((await guardOn(WEDNESDAY)).spentUsd).toBe(13.5);
    expect(asked()[1]).toMatchObject({ NextPageToken: 'more' });
  });

  it('needs no forecast, which takes weeks of history', async () => {
    explorer.on(GetCostForecastCommand).rejects(refused('DataUnavailableException'));
    expect(await guardOn(WEDNESDAY)).toMatchObject({ spentUsd: 12, forecastUsd: null, findings: [] });
  });
});

describe('a month above its ceiling', () => {
  beforeEach(() => {
    costs([
      ['2031-03-05', 90, 'Amazon EC2 - Other'],
      ['2031-03-06', 30],
    ]);
  });

  it('switches drills off for the month, and says so', async () => {
    const report = await guardOn(WEDNESDAY);
    expect(report).toMatchObject({ drills: 'switched-off', findings: ['above-ceiling'], told: true });
    expect(JSON.parse((await said()) ?? '')).toEqual({
      offForMonth: '2031-03',
      because: '$120.00 > $100.00 (cost.monthlyCeilingUsd)',
    });
    const message = slack.messages.at(-1);
    expect(message).toContain('this month has cost more than its ceiling');
    expect(message).toMatch(/Month:\*? ?2031-03[\s\S]*So far:\*? ?\$120\.00/);
    expect(message).toContain('Most: Amazon EC2 - Other $90.00, Amazon S3 $30.00');
    expect(message).toContain('Drills are switched off until the month is over');
    expect(message).toContain('Backups go on.');
    expect(message).toContain('docs/runbook.md#cost');
    // the alarm of the ceiling tells by mail, not the one of findings as well
    expect(metrics()).toEqual({ MonthToDateUsd: 120, CostFindings: 0 });
  });

  it('says it in Korean where the team does', async () => {
    vi.stubEnv(LAMBDA_ENV.language, 'ko');
    await guardOn(WEDNESDAY);
    expect(slack.messages.at(-1)).toMatch(
      /이번 달 비용이 한도를 넘었습니다[\s\S]*훈련은 꺼져 있습니다\.[\s\S]*백업은 계속됩니다\./,
    );
  });

  it('is off already the day after, which is said on Mondays only', async () => {
    const off = '{"offForMonth":"2031-03","because":"then"}';
    await says(off);
    expect(await guardOn(WEDNESDAY)).toMatchObject({ drills: 'off', told: false });
    expect(await guardOn(MONDAY)).toMatchObject({ drills: 'off', told: true });
    expect(await said()).toBe(off);
  });

  it('leaves drills on where an operator wants them this month', async () => {
    const word = '{"onForMonth":"2031-03"}';
    await says(word);
    expect(await guardOn(MONDAY)).toMatchObject({ drills: 'wanted', told: true });
    expect(slack.messages.at(-1)).toContain('drills go on, as an operator wants it');
    expect(await said()).toBe(word);
  });

  it.each(['{"offForMonth":"2031-02","because":"then"}', '{"onForMonth":"2031-02"}', 'drills off please'])(
    'switches them off whatever was said of another month, or not understandably: %s',
    async (before) => {
      await says(before);
      expect(await guardOn(WEDNESDAY)).toMatchObject({ drills: 'switched-off' });
      expect(await said()).toContain('"offForMonth":"2031-03"');
    },
  );

  it('fails where it cannot switch them off, and has told what it found', async () => {
    await ssm.send(new DeleteParameterCommand({ Name: SWITCH }));
    const before = slack.messages.length;
    expect(await incomplete(WEDNESDAY)).toMatch(/the switch of drills \(.*ParameterNotFound|not found/i);
    expect(slack.messages).toHaveLength(before + 1);
    expect(slack.messages.at(-1)).toContain('drills could not be switched off');
    expect(slack.messages.at(-1)).not.toContain('Drills are switched off');
  });
});

describe('drills that were off', () => {
  it('are on again with the month', async () => {
    await says('{"offForMonth":"2031-02","because":"then"}');
    expect(await guardOn(WEDNESDAY)).toMatchObject({ drills: 'on', findings: [] });
  });

  it('are not switched off for what is only expected', async () => {
    explorer.on(GetCostForecastCommand).resolves({ Total: { Amount: '500', Unit: 'USD' } });
    expect(await guardOn(MONDAY)).toMatchObject({ drills: 'on', findings: ['forecast-above-ceiling'] });
    expect(await said()).toBe('{}');
    expect(metrics()).toMatchObject({ CostFindings: 1 });
  });
});

describe('Cost Explorer', () => {
  it.each(['AccessDeniedException', 'DataUnavailableException'])(
    'that is not there for this account (%s) is said, and is no failure',
    async (name) => {
      explorer.on(GetCostAndUsageCommand).rejects(refused(name, 'not enabled'));
      expect(await guardOn(WEDNESDAY)).toMatchObject({
        spentUsd: null,
        drills: 'on',
        findings: ['costs-unknown'],
        told: false,
      });
      // nothing is measured rather than nothing spent
      expect(metrics()).toEqual({ CostFindings: 0 });
      expect(await guardOn(MONDAY)).toMatchObject({ told: true });
      expect(slack.messages.at(-1)).toContain(`${name}: not enabled`);
    },
  );

  it('that fails makes the guard fail, after it has looked at all else', async () => {
    explorer.on(GetCostAndUsageCommand).rejects(refused('LimitExceededException', 'too many'));
    ecs.on(ListTasksCommand).rejects(refused('ServerException', 'ecs is down'));
    const message = await incomplete(WEDNESDAY);
    expect(message).toContain('costs (too many)');
    expect(message).toContain('running tasks (ecs is down)');
    expect(slack.messages.at(-1)).toContain('Could not be looked at: ');
    // Cost/GuardFailing tells by mail
    expect(metrics()).toEqual({ CostFindings: 0 });
  });

  it.each([
    ['no amount', { UnblendedCost: { Unit: 'USD' } }],
    ['no number', { UnblendedCost: { Amount: 'many', Unit: 'USD' } }],
    ['another currency', { UnblendedCost: { Amount: '1', Unit: 'CNY' } }],
    ['another metric', { BlendedCost: { Amount: '1', Unit: 'USD' } }],
  ])('that answers %s is not believed', async (_, Metrics) => {
    explorer.on(GetCostAndUsageCommand).resolves({
      ResultsByTime: [
        { TimePeriod: { Start: '2031-03-05', End: '2031-03-06' }, Groups: [{ Keys: ['x'], Metrics }] },
      ],
    });
    expect(await incomplete(WEDNESDAY)).toMatch(/Cost Explorer answered .* for x on 2031-03-05/);
    expect(await said()).toBe('{}');
  });

  it('that answers nothing is nothing known', async () => {
    costs([]);
    expect(await guardOn(WEDNESDAY)).toMatchObject({ spentUsd: null, findings: [] });
    expect(metrics()).toEqual({ CostFindings: 0 });
  });
});

describe('the month before', () => {
  it('is told on the third', async () => {
    costs([
      ['2031-02-10', 55],
      ['2031-03-01', 2],
    ]);
    expect(await guardOn(THIRD)).toMatchObject({ month: '2031-03', spentUsd: 2, told: true });
    expect(asked()[0]?.TimePeriod).toEqual({ Start: '2031-02-01', End: '2031-04-01' });
    expect(slack.messages.at(-1)).toContain('2031-02 has cost $55.00');
    expect(slack.messages.at(-1)).toContain('the month is within its ceiling');
    // no finding, and no alarm
    expect(metrics()).toMatchObject({ CostFindings: 0 });
  });
});

describe('what lies around', () => {
  it('is uploads that were never ended, with what the oldest hold', async () => {
    const client = s3.client();
    const Bucket = `costs-${buckets}`;
    const Key = 'daily/20261123T170000Z/rest.dump.zst.gpg';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Body = Buffer.alloc(5 * 1024 * 1024);
    await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }));
    expect(await guardOn(WEDNESDAY)).toMatchObject({ findings: ['stale-uploads'], told: true });
    expect(slack.messages.at(-1)).toMatch(
      /never ended: 1, of at least 5 MiB; the oldest since .*rest\.dump\.zst\.gpg/,
    );
    // Uploads/Stale tells by mail
    expect(metrics()).toMatchObject({ CostFindings: 0 });
  });

  it('is a task past its limit: that of its own run', async () => {
    const arn = 'arn:aws:ecs:ap-northeast-2:123456789012:task/c/0123456789abcdef';
    const task = (startedAt: string, minutes?: string) => ({
      taskArn: arn,
      taskDefinitionArn: 'arn:aws:ecs:ap-northeast-2:123456789012:task-definition/Writer:7',
      startedAt: new Date(startedAt),
      overrides: {
        containerOverrides: [
          { environment: minutes === undefined ? [] : [{ name: ENV.runMinutes, value: minutes }] },
        ],
      },
    });
    ecs.on(ListTasksCommand).resolves({ taskArns: [arn] });
    // three hours, with a limit of 25 minutes; without one of its own it has six
    ecs.on(DescribeTasksCommand).resolves({
      tasks: [task('2031-03-11T22:00:00Z', '25'), task('2031-03-11T22:00:00Z'), { taskArn: arn }],
    });
    expect(await guardOn(WEDNESDAY)).toMatchObject({ findings: ['task-overdue'], told: true });
    expect(slack.messages.at(-1)).toContain(
      'The task 0123456789abcdef (Writer) runs since 2031-03-11T22:00Z, 3 hours',
    );
    expect(metrics()).toMatchObject({ CostFindings: 1 });
  });

  it('is a project that the reaper could not delete since yesterday', async () => {
    cloudwatch.on(GetMetricDataCommand).resolves({
      MetricDataResults: [
        {
          Id: 'left',
          Timestamps: ['2031-03-11T00:00:00Z', '2031-03-09T00:00:00Z'].map((at) => new Date(at)),
          Values: [1, 5],
        },
      ],
    });
    expect(await guardOn(WEDNESDAY)).toMatchObject({ findings: ['project-left'] });
    expect(slack.messages.at(-1)).toContain('attempts since yesterday: 1');
    vi.stubEnv(LAMBDA_ENV.costGuard, settings({ projects: false }));
    cloudwatch.resetHistory();
    await guardOn(WEDNESDAY);
    const [call] = cloudwatch.commandCalls(GetMetricDataCommand);
    expect(call?.args[0].input.MetricDataQueries?.map(({ Id }) => Id)).not.toContain('left');
  });
});

describe('the size of the bucket', () => {
  const sizes = (rows: readonly [daysAgo: number, standardGb: number, deepGb: number][]) => {
    const at = ([daysAgo]: readonly number[]) => new Date(Date.UTC(2031, 2, 11 - (daysAgo ?? 0)));
    cloudwatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries }) => ({
      MetricDataResults: MetricDataQueries.map(
        ({ Id, MetricStat }: { Id: string; MetricStat: { Metric: { Dimensions: { Value: string }[] } } }) => {
          const type = MetricStat.Metric.Dimensions[1]?.Value;
          const column = { StandardStorage: 1, DeepArchiveStorage: 2 }[type ?? ''];
          return column === undefined
            ? { Id, Timestamps: [], Values: [] }
            : { Id, Timestamps: rows.map(at), Values: rows.map((row) => (row[column] ?? 0) * GB) };
        },
      ),
    }));
  };

  it('is of all classes, and its growth that of a week', async () => {
    sizes([
      [0, 12, 8],
      [7, 10, 7],
    ]);
    const { storedGb, growthGbPerMonth, findings } = await guardOn(WEDNESDAY);
    expect(storedGb).toBe(20);
    expect(growthGbPerMonth).toBeCloseTo((3 / 7) * (730 / 24), 6);
    expect(findings).toEqual([]);
  });

  it('that has doubled is told of, and looked into', async () => {
    await s3.client().send(new PutObjectCommand({ Bucket: `costs-${buckets}`, Key: 'daily/x', Body: 'x' }));
    sizes([
      [0, 40, 0],
      [7, 15, 0],
    ]);
    expect(await guardOn(WEDNESDAY)).toMatchObject({ findings: ['storage-doubled'], told: true });
    expect(slack.messages.at(-1)).toContain('The bucket has grown from 15 GB to 40 GB within a week');
    expect(metrics()).toMatchObject({ CostFindings: 1 });
  });

  it('is compared with the estimate for the age of the environment, which its first record tells', async () => {
    const years = [
      { months: 0, awsUsd: 25, storedGb: 1 },
      { months: 40, awsUsd: 30, storedGb: 200 },
    ];
    vi.stubEnv(LAMBDA_ENV.costGuard, settings({ curve: years }));
    sizes([
      [0, 100, 0],
      [7, 99, 0],
    ]);
    // no record: new, so a hundred GB are far more than was meant
    expect(await guardOn(WEDNESDAY)).toMatchObject({ estimateUsd: 25, findings: ['storage-above-estimate'] });
    const Key = 'audit/2027/03/12/010000Z-backup-x-succeeded.json';
    await s3.client().send(new PutObjectCommand({ Bucket: `costs-${buckets}`, Key, Body: '{}' }));
    const { estimateUsd, findings } = await guardOn(WEDNESDAY);
    expect([estimateUsd, findings]).toEqual([30, []]);
  });
});

describe('Slack', () => {
  it('that refuses makes the guard fail: nobody has heard of it', async () => {
    slack.answerWith(404);
    costs([['2031-03-05', 120]]);
    expect(await incomplete(WEDNESDAY)).toContain('telling people in Slack');
    expect(await said()).toContain('"offForMonth":"2031-03"');
    expect(metrics()).toMatchObject({ MonthToDateUsd: 120 });
  });

  it('that there is not is no failure', async () => {
    costs([['2031-03-05', 120]]);
    const { ARN = '' } = await new SecretsManagerClient({
      endpoint: s3.endpoint,
      region: 'ap-northeast-2',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }).send(new CreateSecretCommand({ Name: `empty-${buckets}` }));
    vi.stubEnv(LAMBDA_ENV.slackWebhookSecret, ARN);
    expect(await guardOn(WEDNESDAY)).toMatchObject({ drills: 'switched-off', told: false });
  });
});
