import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { IncomingWebhook } from '@slack/webhook';
import { z } from 'zod';
import { LANGUAGES } from '../../core/environment.ts';
import { SlackRefused } from '../../core/errors/index.ts';
import { type SlackEvent, slackText } from '../../core/messages/slack.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';
import { logger } from './telemetry.ts';

const secrets = new SecretsManagerClient();
/** Slack answers within a second, or not at all; a workflow waits for this. */
const PATIENCE_MS = 10_000;

/**
 * Tells people in Slack. A team without a webhook is no failure: mail reaches it.
 * @throws SlackRefused so that the alarm of the function goes; whoever called it goes on
 */
export async function tell(event: SlackEvent): Promise<{ readonly told: boolean }> {
  const language = z
    .enum(LANGUAGES)
    .parse(requireEnv(LAMBDA_ENV.language, 'the language people are told in'));
  const environment = requireEnv(LAMBDA_ENV.environment, 'the name of the environment');
  const url = await webhookUrl();
  if (url === undefined) {
    logger.info('slack is not configured', { kind: event.kind });
    return { told: false };
  }
  try {
    await new IncomingWebhook(url, { timeout: PATIENCE_MS }).send({
      text: slackText(event, language, environment),
    });
  } catch (error) {
    throw new SlackRefused(url, error);
  }
  logger.info('told in slack', { kind: event.kind });
  return { told: true };
}

/** The secret is made empty and filled by hand; a placeholder in it is no address. */
async function webhookUrl(): Promise<string | undefined> {
  const SecretId = requireEnv(LAMBDA_ENV.slackWebhookSecret, 'the secret of the Slack webhook');
  try {
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const url = SecretString.trim();
    return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? url : undefined;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
