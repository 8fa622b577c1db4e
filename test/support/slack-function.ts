import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, inject, vi } from 'vitest';
import { LAMBDA_ENV } from '../../core/names.ts';
import { createTable } from '../../local/cloud/tables.ts';
import { createTopic, type Inbox, openInbox, type Publication } from '../../local/cloud/topics.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';
import { type OneAtATime, oneAtATime } from './one-at-a-time.ts';

const ADDRESS = { endpoint: inject('s3').endpoint, region: 'ap-northeast-2' };
const TOPIC = `alerts-${crypto.randomUUID()}`;
/** Beyond what a machine needs that has other things to do: no test is about how long a table takes. */
const TABLE_PATIENCE_MS = 60_000;

/** What Slack and the topic got while something was done. */
export interface Heard {
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back, or was thrown
  readonly outcome: any;
  readonly told: readonly string[];
  readonly mails: readonly Publication[];
  /** How often Slack was asked. */
  readonly asked: number;
}

/** The function that tells in Slack, with a channel, a topic and a table of its own for each test, at 09:10 in Seoul. */
export interface SlackFunction {
  readonly slack: LocalSlack;
  readonly tables: OneAtATime;
  /** Puts an address into the secret, or has reading it fail. */
  holds(value: string | Error): void;
  handler(event: unknown): Promise<{ readonly told: boolean }>;
  /** Lets time pass. */
  later(ms: number): void;
  during(work: () => Promise<unknown>): Promise<Heard>;
}

/** Sets it up for a file of tests; to be called before any of them. */
export async function slackFunction(): Promise<SlackFunction> {
  const [slack, inbox, tables] = await Promise.all([startSlack(), openInbox(), oneAtATime(ADDRESS.endpoint)]);
  // clients are made when the handler is loaded
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: ADDRESS.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
    AWS_REGION: ADDRESS.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const { handler } = await import('../../lambdas/slack-alert/handler.ts');
  const { tableClient } = await import('../../lambdas/common/told-table.ts');
  const connection = tableClient.config.requestHandler as unknown as {
    updateHttpClientConfig(key: string, value: number): void;
  };
  connection.updateHttpClientConfig('requestTimeout', TABLE_PATIENCE_MS);
  const secrets = mockClient(SecretsManagerClient);
  const holds = (value: string | Error) => {
    const asked = secrets.on(GetSecretValueCommand);
    if (typeof value === 'string') asked.resolves({ SecretString: value });
    else asked.rejects(value);
  };
  beforeAll(() => createTopic(ADDRESS, TOPIC, inbox));
  afterAll(() => Promise.all([slack.stop(), inbox.stop(), tables.stop()]));
  beforeEach(async () => {
    secrets.reset();
    slack.answerWith(200);
    await freshTable();
    for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T00:10:00Z') });
    holds(slack.webhookUrl);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  return {
    slack,
    tables,
    holds,
    handler,
    later: (ms) => vi.setSystemTime(Date.now() + ms),
    during: (work) => during(slack, inbox, work),
  };
}

async function freshTable(): Promise<void> {
  const table = `told-${crypto.randomUUID()}`;
  await createTable(ADDRESS, table, {
    KeySchema: [{ AttributeName: 'cause', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'cause', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  for (const [name, value] of [
    [LAMBDA_ENV.environment, 'production'],
    [LAMBDA_ENV.language, 'en'],
    [LAMBDA_ENV.timeZone, 'Asia/Seoul'],
    [LAMBDA_ENV.slackWebhookSecret, 'arn:secret'],
    [LAMBDA_ENV.toldTable, table],
    [LAMBDA_ENV.alertTopicArn, `arn:aws:sns:ap-northeast-2:123456789012:${TOPIC}`],
  ] as const)
    vi.stubEnv(name, value);
}

async function during(slack: LocalSlack, inbox: Inbox, work: () => Promise<unknown>): Promise<Heard> {
  const [told, mailed, asked] = [slack.messages.length, inbox.publications.length, slack.asked];
  const outcome = await work().catch((error: unknown) => error);
  return {
    outcome,
    told: slack.messages.slice(told),
    mails: inbox.publications.slice(mailed),
    asked: slack.asked - asked,
  };
}

const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-production-backup:r',
  name: 'r',
  startedAt: '2026-11-24T00:00:00Z',
};
const ENDED = { executionArn: EXECUTION.id, name: 'r', startDate: Date.parse(EXECUTION.startedAt) };

/** Events as workflows and rules say them. */
export const said = {
  failed: (kind = 'daily', error = 'BackupFailed', workflow = 'backup') => ({
    kind: 'failed',
    workflow,
    execution: EXECUTION,
    input: { kind },
    explained: { error, cause: 'why' },
  }),
  stopped: (status: string, workflow = 'backup', input = '{"kind":"daily"}') => ({
    kind: 'stopped',
    workflow,
    detail: { ...ENDED, status, input },
  }),
  succeeded: (kind = 'daily', workflow = 'backup', output: unknown = { plan: { run: true } }) => ({
    kind: 'succeeded',
    workflow,
    detail: {
      ...ENDED,
      status: 'SUCCEEDED',
      input: JSON.stringify({ kind }),
      output: output === null ? null : JSON.stringify(output),
    },
  }),
  alarm: (value: string, heading = 'Backup/DailyStale') => ({
    kind: 'alarm',
    at: '2026-11-24T00:00:00Z',
    region: 'ap-northeast-2',
    detail: { alarmName: `videoplanet-backup/production/${heading}`, state: { value } },
  }),
  cost: (findings: readonly string[], spentUsd: number) => ({
    kind: 'cost',
    month: '2026-11',
    spentUsd,
    estimateUsd: 20,
    ceilingUsd: 250,
    forecastUsd: null,
    findings: findings.map((what) => ({ what, en: what, ko: what })),
    drillsOff: false,
  }),
};
