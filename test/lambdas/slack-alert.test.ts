import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { SlackRefused } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { handler } from '../../lambdas/slack-alert/handler.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';

const secrets = mockClient(SecretsManagerClient);
const EVENT = {
  kind: 'failed',
  workflow: 'backup',
  execution: { id: 'arn:aws:states:ap-northeast-2:1:execution:b:r', name: 'r' },
  explained: { error: 'BackupFailed', cause: 'why' },
};
let slack: LocalSlack;
beforeAll(async () => {
  slack = await startSlack();
});
afterAll(() => slack.stop());
beforeEach(() => {
  secrets.reset();
  slack.answerWith(200);
  vi.stubEnv(LAMBDA_ENV.environment, 'production');
  vi.stubEnv(LAMBDA_ENV.language, 'en');
  vi.stubEnv(LAMBDA_ENV.slackWebhookSecret, 'arn:secret');
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
const holds = (SecretString: string) => secrets.on(GetSecretValueCommand).resolves({ SecretString });

it('posts to the address of the secret, in the language of the environment', async () => {
  holds(`${slack.webhookUrl}\n`);
  expect(await handler(EVENT)).toEqual({ told: true });
  expect(slack.messages.at(-1)).toMatch(
    /\*Backup: BackupFailed\*[\s\S]*\*What happened:\* the engine failed/,
  );
  vi.stubEnv(LAMBDA_ENV.language, 'ko');
  await handler(EVENT);
  expect(slack.messages.at(-1)).toContain('*백업: BackupFailed*');
});

it.each(['', 'none', 'ftp://x/y'])('takes a secret that holds %j for no Slack at all', async (value) => {
  const before = slack.messages.length;
  holds(value);
  expect(await handler(EVENT)).toEqual({ told: false });
  expect(slack.messages).toHaveLength(before);
});

it('takes a secret without a value for no Slack at all', async () => {
  secrets.on(GetSecretValueCommand).rejects(new ResourceNotFoundException({ message: 'x', $metadata: {} }));
  expect(await handler(EVENT)).toEqual({ told: false });
});

it.each([404, 500])('fails in words, without the address, when Slack answers %i', async (status) => {
  slack.answerWith(status);
  holds(slack.webhookUrl);
  const error = await handler(EVENT).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SlackRefused);
  expect(String(error)).toContain('put a new one there');
  expect(String(error)).not.toContain(slack.webhookUrl);
});

it('fails in words, without the address, when nobody answers', async () => {
  holds('http://127.0.0.1:1/services/T0/B0/geheim');
  await expect(handler(EVENT)).rejects.toThrow(/Slack did not take the message/);
  await expect(handler(EVENT)).rejects.not.toThrow(/geheim/);
});
