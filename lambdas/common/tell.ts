import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { alarmCause, brokenRunOf, causeOf } from '../../core/alerts/cause.ts';
import { LANGUAGES } from '../../core/environment.ts';
import { reason, SlackRefused } from '../../core/errors/index.ts';
import { subjectLine } from '../../core/failure/explain.ts';
import type { SlackEvent } from '../../core/messages/events.ts';
import type { Audience } from '../../core/messages/notice-parts.ts';
import { type Folded, insteadOfSlack, slackMessage } from '../../core/messages/slack.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { requireEnv } from './settings.ts';
import { webhookUrl } from './slack-address.ts';
import { postToSlack } from './slack-post.ts';
import { logger } from './telemetry.ts';
import * as table from './told-table.ts';

const sns = new SNSClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
});

/** Whether Slack has it; not where it has none, and not where this cause was told in this hour already. */
export interface Told {
  readonly told: boolean;
}

const NOTHING_FOLDED: Folded = { count: 0, since: undefined };

/**
 * Tells people in Slack: once an hour for each cause, and by mail where Slack does not take it (spec M2, M3). A team without
 * a webhook is no failure: mail reaches it. The table of what was told is there to keep quiet, so where it does not answer
 * everything is told.
 * @throws SlackRefused after the mail, so that the alarm of the function goes; whoever called it goes on
 */
export async function tell(event: SlackEvent, now = new Date()): Promise<Told> {
  const audience = audienceOf();
  const address = await webhookUrl();
  if (address === undefined) {
    logger.info('slack is not configured', { kind: event.kind });
    return { told: false };
  }
  const cause = causeOf(event);
  await noteState(event, cause, now);
  const folded =
    cause === undefined ? NOTHING_FOLDED : await unlessSilent(() => table.claim(cause, now), NOTHING_FOLDED);
  if (folded === undefined) {
    logger.info('told in this hour already', { kind: event.kind, cause });
    return { told: false };
  }
  try {
    if (address instanceof SlackRefused) throw address;
    await postToSlack(address, slackMessage(event, audience, folded));
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    const mailed = await mail(event, audience, error, folded);
    if (cause !== undefined)
      await unlessSilent(
        () => (mailed ? table.confirm(cause, folded, now) : table.release(cause)),
        undefined,
      );
    throw error;
  }
  if (cause !== undefined) await unlessSilent(() => table.confirm(cause, folded, now), undefined);
  logger.info('told in slack', { kind: event.kind });
  return { told: true };
}

/** What an event begins or ends, whether or not it is told one by one. */
async function noteState(event: SlackEvent, cause: string | undefined, now: Date): Promise<void> {
  const broken = brokenRunOf(event);
  if (broken !== undefined && cause !== undefined)
    await unlessSilent(() => table.noteBroken(broken, cause, now), undefined);
  if (event.kind === 'alarm' && event.detail.state.value === 'OK')
    await unlessSilent(() => table.forget(alarmCause(event.detail.alarmName)), undefined);
}

/** @returns whether the topic has it */
async function mail(
  event: SlackEvent,
  audience: Audience,
  refusal: SlackRefused,
  folded: Folded,
): Promise<boolean> {
  const { subject, text } = insteadOfSlack(event, audience, refusal.because, folded);
  try {
    const TopicArn = requireEnv(LAMBDA_ENV.alertTopicArn, 'the topic that takes what Slack does not');
    await sns.send(new PublishCommand({ TopicArn, Subject: subjectLine(subject), Message: text }));
    return true;
  } catch (error) {
    logger.error('neither slack nor mail took a message', { kind: event.kind, because: reason(error) });
    return false;
  }
}

/** What the table answers; the other where it does not. */
async function unlessSilent<Answer, Otherwise>(
  ask: () => Promise<Answer>,
  otherwise: Otherwise,
): Promise<Answer | Otherwise> {
  try {
    return await ask();
  } catch (error) {
    logger.warn('the table of what was told does not answer', { because: reason(error) });
    return otherwise;
  }
}

function audienceOf(): Audience {
  return {
    language: z.enum(LANGUAGES).parse(requireEnv(LAMBDA_ENV.language, 'the language people are told in')),
    environment: requireEnv(LAMBDA_ENV.environment, 'the name of the environment'),
    timeZone: requireEnv(LAMBDA_ENV.timeZone, 'the zone in which people read a clock'),
  };
}
