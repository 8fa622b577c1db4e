import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { TOLD_OTHERWISE } from '../../core/alerts/told-otherwise.ts';
import { alarmWords } from '../../core/messages/alarms.ts';
import { slackEventSchema, succeededSchema } from '../../core/messages/events.ts';
import { slackMessage } from '../../core/messages/slack.ts';
import { resourcesOf, testTemplates } from '../support/stacks.ts';

/** The longest name an environment may have, and all there is to watch. */
const NAME = 'a-name-of-20-letters';
const ALL = {
  supabase: { projectRef: 'abcdefghijklmnopqrst', drill: { organization: 'videoplanet-drills' } },
  files: { enabled: true },
};
const { operations } = testTemplates({ name: NAME, ...ALL });
/** EventBridge refuses a pattern of more characters (quota "Event pattern size"). */
const LONGEST_PATTERN = 2048;

const headings = resourcesOf(operations, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
  String(Properties.AlarmName).replace(`videoplanet-backup/${NAME}/`, ''),
);
const told = headings.filter((heading) => !TOLD_OTHERWISE.includes(heading));
const lasting = resourcesOf(operations, 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) =>
  Properties.OKActions === undefined ? [] : [String(Properties.AlarmName)],
);

interface Target {
  readonly Arn: unknown;
  readonly DeadLetterConfig?: unknown;
  readonly InputTransformer: {
    readonly InputPathsMap: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}
interface Pattern {
  readonly 'detail-type': string[];
  readonly detail: Readonly<Record<string, unknown>> & { readonly alarmName?: string[] };
}
const rules = resourcesOf(operations, 'AWS::Events::Rule')
  .filter(([id]) => id.startsWith('SlackNotices'))
  .map(([id, { Properties }]) => ({
    id,
    pattern: Properties.EventPattern as Pattern,
    targets: Properties.Targets as Target[],
  }));
const rule = (part: string) => {
  const found = rules.find(({ id }) => id.includes(part));
  if (found === undefined) throw new Error(`no rule ${part} among ${rules.map(({ id }) => id)}`);
  return found;
};

/** What the target is handed of an event, by the rules of the input transformer: a value stands where its name stood. */
function handed({ targets }: (typeof rules)[number], event: unknown): unknown {
  const [target] = targets;
  const { InputPathsMap, InputTemplate } = target?.InputTransformer ?? {
    InputPathsMap: {},
    InputTemplate: '',
  };
  const input = InputTemplate.replace(/<([^>]+)>/g, (_, name: string) => {
    const path = InputPathsMap[name]?.split('.').slice(1) ?? [];
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], event);
    // a path that leads nowhere is left out, and what is left is no JSON
    return value === undefined ? '' : JSON.stringify(value);
  });
  return JSON.parse(input);
}

/** As AWS shows it (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html), with an alarm of ours. */
const alarmEvent = (value: string, previous: string) => ({
  version: '0',
  id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: '2026-11-24T02:04:40Z',
  region: 'ap-northeast-2',
  resources: [
    `arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:videoplanet-backup/${NAME}/Backup/DailyStale`,
  ],
  detail: {
    alarmName: `videoplanet-backup/${NAME}/Backup/DailyStale`,
    configuration: {
      description: 'The newest …\nRunbook: docs/runbook.md#backupdailystale',
      metrics: [
        {
          id: '30b6c6b2-a864-43a2-4877-c09a1afc3b87',
          metricStat: {
            metric: {
              dimensions: { Kind: 'daily' },
              name: 'NewestVerifiedAgeMinutes',
              namespace: 'VideoPlanetBackup',
            },
            period: 900,
            stat: 'Maximum',
          },
          returnData: true,
        },
      ],
    },
    previousState: {
      reason:
        'Threshold Crossed: 1 out of the last 1 datapoints [0.07 (01/10/19 13:46:00)] was not greater …',
      reasonData: '{"version":"1.0","queryDate":"2026-11-24T01:56:40.985+0000"}',
      timestamp: '2026-11-24T01:56:40.985+0000',
      value: previous,
    },
    state: {
      reason:
        'Threshold Crossed: 1 out of the last 1 datapoints [99.5 (02/10/19 16:59:00)] was greater than …',
      reasonData: '{"version":"1.0","queryDate":"2026-11-24T02:04:40.985+0000"}',
      timestamp: '2026-11-24T02:04:40.989+0000',
      value,
    },
  },
});
/** As AWS shows it (docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html). */
const executionEvent = (status: string) => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '123456789012',
  time: '2026-11-24T19:42:21Z',
  region: 'ap-northeast-2',
  resources: ['arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-x-backup:run-1'],
  detail: {
    executionArn: 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-x-backup:run-1',
    stateMachineArn: 'arn:aws:states:ap-northeast-2:123456789012:stateMachine:videoplanet-x-backup',
    name: 'run-1',
    status,
    startDate: 1_551_225_271_984,
    stopDate: 1_551_225_301_984,
    input: '{"kind": "daily", "slot": "2026-11-24T17:00:00Z"}',
    output: '{"plan":{"run":true}}',
    inputDetails: { included: true },
    outputDetails: null,
    error: null,
    cause: null,
  },
});
const AUDIENCE = { language: 'ko', environment: NAME, timeZone: 'Asia/Seoul' } as const;

describe('the alarms in Slack', () => {
  it.each(headings)('%s has words in both languages, or is told otherwise', (heading) => {
    const words = [alarmWords('en', heading), alarmWords('ko', heading)];
    expect(words.every((each) => each !== undefined)).toBe(!TOLD_OTHERWISE.includes(heading));
    if (TOLD_OTHERWISE.includes(heading)) return;
    for (const text of Object.values(words[1] ?? {})) expect(text).toMatch(/[가-힣]/);
    for (const text of Object.values(words[0] ?? {})) expect(text).not.toMatch(/[가-힣]/);
    const lasts = lasting.includes(`videoplanet-backup/${NAME}/${heading}`);
    expect(words.map((each) => each?.over !== undefined)).toEqual([lasts, lasts]);
  });

  it('are all but those of executions, of costs and of Slack itself', () => {
    const on = [rule('Alarms'), rule('Events')];
    for (const { pattern } of on)
      expect(pattern).toEqual({
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: { alarmName: expect.any(Array), state: { value: ['ALARM'] } },
      });
    const names = on.flatMap(({ pattern }) => pattern.detail.alarmName ?? []);
    expect(names.toSorted()).toEqual(told.map((heading) => `videoplanet-backup/${NAME}/${heading}`).sort());
    expect(TOLD_OTHERWISE.filter((heading) => !headings.includes(heading))).toEqual([]);
    expect(names.join()).not.toContain('Slack/');
  });

  it('are over where they last, and were on', () => {
    expect(rule('Recoveries').pattern.detail).toEqual({
      alarmName: expect.any(Array),
      state: { value: ['OK'] },
      previousState: { value: ['ALARM'] },
    });
    expect(rule('Recoveries').pattern.detail.alarmName?.toSorted()).toEqual(
      lasting.filter((name) => told.some((heading) => name.endsWith(`/${heading}`))).toSorted(),
    );
  });

  it.each(rules)(
    '$id fits into what EventBridge takes, and what cannot be delivered is kept',
    ({ pattern, targets }) => {
      expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(LONGEST_PATTERN);
      expect(targets).toEqual([
        expect.objectContaining({
          Arn: { 'Fn::GetAtt': [expect.stringMatching(/^FunctionsSlackFunction/), 'Arn'] },
          DeadLetterConfig: {
            Arn: { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesDeadLetters/), 'Arn'] },
          },
        }),
      ]);
    },
  );

  it('reach the function as it reads them', () => {
    for (const [part, event, title] of [
      ['Alarms', alarmEvent('ALARM', 'OK'), ':rotating_light: *검증된 최신 일간 세트가 없습니다*'],
      [
        'Recoveries',
        alarmEvent('OK', 'ALARM'),
        ':white_check_mark: *해제: 검증된 최신 일간 세트가 다시 있습니다*',
      ],
    ] as const) {
      const read = slackEventSchema.parse(handed(rule(part), event));
      const { text } = slackMessage(read, AUDIENCE);
      expect(text).toContain(title);
      expect(text).toContain('2026-11-24 11:04:40 Asia/Seoul');
      expect(text).toContain('https://ap-northeast-2.console.aws.amazon.com/cloudwatch/home');
    }
  });
});

describe('executions in Slack', () => {
  it.each(['backup', 'restore', 'drill', 'files'])(
    'of the %s workflow are told when they are stopped',
    (workflow) => {
      const found = rule(`Stopped${workflow}`);
      expect(found.pattern.detail).toEqual({
        status: ['ABORTED', 'TIMED_OUT'],
        stateMachineArn: [{ Ref: expect.stringMatching(new RegExp(`^${workflow}StateMachine`, 'i')) }],
      });
      const read = slackEventSchema.parse(handed(found, executionEvent('TIMED_OUT')));
      expect(read).toMatchObject({ kind: 'stopped', workflow });
      const { text } = slackMessage(read, AUDIENCE);
      expect(text).toContain(`docs/runbook.md#${workflow}timedout`);
      expect(text).toContain(
        'details/arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-x-backup:run-1',
      );
    },
  );

  it.each(['backup', 'files'])('of the %s workflow are looked at when they went well', (workflow) => {
    const found = rule(`Succeeded${workflow}`);
    expect(found.pattern.detail).toMatchObject({ status: ['SUCCEEDED'] });
    expect(succeededSchema.parse(handed(found, executionEvent('SUCCEEDED')))).toMatchObject({
      workflow,
      detail: { name: 'run-1', input: expect.stringContaining('daily') },
    });
  });
});

describe('what tells in Slack', () => {
  const templates = testTemplates();
  const [[tableId] = ['']] = resourcesOf(templates.operations, 'AWS::DynamoDB::Table');

  it('has its own table, whose items pass', () => {
    expect(tableId).toMatch(/^SlackOutlet/);
    templates.operations.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'cause', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  it('is called once: what it could not tell it has mailed', () => {
    templates.operations.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^FunctionsSlackFunction') },
      MaximumRetryAttempts: 0,
    });
  });

  it('may read its secret, count in its table and publish to the topic, and no more', () => {
    const policies = resourcesOf(templates.operations, 'AWS::IAM::Policy')
      .filter(([id]) => id.startsWith('FunctionsSlackRole'))
      .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: object[] }).Statement);
    expect(policies).toEqual([
      expect.objectContaining({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
      expect.objectContaining({ Action: 'secretsmanager:GetSecretValue' }),
      expect.objectContaining({
        Action: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
        Resource: { 'Fn::GetAtt': [tableId, 'Arn'] },
      }),
      expect.objectContaining({
        Action: 'sns:Publish',
        Resource: { Ref: expect.stringMatching(/^AlertsTopic/) },
      }),
    ]);
  });
});
