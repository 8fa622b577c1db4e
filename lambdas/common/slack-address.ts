import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { reason, SlackRefused } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';

const secrets = new SecretsManagerClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
});
/** A secret cannot be emptied again; this word says that there is no Slack. */
const NO_SLACK = ['', 'none'];

/**
 * Where messages are posted to; nothing where the team has no Slack. What is no address was meant to be one, and is a refusal
 * like one of Slack: it is returned, for the message still has to reach people.
 */
export async function webhookUrl(): Promise<string | SlackRefused | undefined> {
  const SecretId = requireEnv(LAMBDA_ENV.slackWebhookSecret, 'the secret of the Slack webhook');
  try {
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const text = SecretString.trim();
    if (NO_SLACK.includes(text.toLowerCase())) return undefined;
    if (URL.canParse(text) && isPrivate(new URL(text))) return text;
    return new SlackRefused(text, new Error('the secret holds no address that begins with https://'));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    return new SlackRefused(undefined, new Error(`the secret cannot be read: ${reason(error)}`));
  }
}

/** The address is the secret, so nobody may read along; on this machine nobody can. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname));
}
