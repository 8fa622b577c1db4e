import { ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, vi } from 'vitest';
import { SlackRefused } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { postToSlack } from '../../lambdas/common/slack-post.ts';
import { said, slackFunction } from '../support/slack-function.ts';

const { slack, holds, handler, during } = await slackFunction();

describe('a message', () => {
  it('is posted to the address of the secret, in blocks, in the language of the environment', async () => {
    holds(`${slack.webhookUrl}\n`);
    expect(await handler(said.failed())).toEqual({ told: true });
    expect(slack.posted.at(-1)).toMatchObject({
      text: expect.stringMatching(/\*Backup: BackupFailed\*[\s\S]*\*What happened:\* the engine failed/),
      blocks: expect.arrayContaining([expect.objectContaining({ type: 'header' })]),
    });
    vi.stubEnv(LAMBDA_ENV.language, 'ko');
    await handler(said.failed('weekly'));
    expect(slack.messages.at(-1)).toContain('*백업: BackupFailed*');
    expect(slack.messages.at(-1)).toContain('2026-11-24 09:00:00 Asia/Seoul');
  });

  it.each(['', 'none', 'None\n'])(
    'is not sent where the secret holds %j: there is no Slack',
    async (value) => {
      holds(value);
      expect(await during(() => handler(said.failed()))).toEqual({
        outcome: { told: false },
        told: [],
        mails: [],
        asked: 0,
      });
    },
  );

  it('is not sent where the secret was never filled', async () => {
    holds(new ResourceNotFoundException({ message: 'x', $metadata: {} }));
    expect(await handler(said.failed())).toEqual({ told: false });
  });
});

describe('a Slack that does not take a message', () => {
  it.each([
    ['is down twice', [{ status: 500 }, { status: 503 }]],
    ['asks to be asked later', [{ status: 429, retryAfter: 1 }]],
    ['is busy and does not say for how long', [{ status: 429 }]],
  ])('is asked again when it %s', async (_, answers) => {
    slack.answerNext(...answers);
    const { outcome, told, mails, asked } = await during(() => handler(said.failed()));
    expect(outcome).toEqual({ told: true });
    expect([told.length, mails.length, asked]).toEqual([1, 0, answers.length + 1]);
  });

  it.each([
    ['is down', [{ status: 500 }, { status: 500 }, { status: 500 }], 3],
    ['has removed the webhook', [{ status: 404 }], 1],
    ['does not like the message', [{ status: 400 }], 1],
    ['asks to be asked in half an hour', [{ status: 429, retryAfter: 1800 }], 1],
    ['is a page to sign in at', [{ status: 200, page: '<html>Sign in</html>' }], 1],
  ])(
    'that %s costs a mail with the same text, and an alarm without the address',
    async (_, answers, asks) => {
      slack.answerNext(...answers);
      const { outcome, told, mails, asked } = await during(() => handler(said.failed()));
      expect(outcome).toBeInstanceOf(SlackRefused);
      expect(String(outcome)).toContain('put a new one there');
      expect(String(outcome)).not.toContain(slack.webhookUrl);
      expect([told.length, asked]).toEqual([0, asks]);
      expect(mails).toEqual([
        expect.objectContaining({
          subject: 'VideoPlanet Backup (production): Backup: BackupFailed',
          message: expect.stringMatching(
            /^Slack did not take this message: (?!Slack)[\s\S]*What happened: the engine failed[\s\S]*Details: why/,
          ),
        }),
      ]);
      expect(mails[0]?.message).not.toContain('/services/');
    },
  );

  it('and a mail in Korean has a subject that SNS takes', async () => {
    vi.stubEnv(LAMBDA_ENV.language, 'ko');
    slack.answerNext({ status: 404 });
    const { mails } = await during(() => handler(said.alarm('ALARM')));
    expect(mails[0]?.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    expect(mails[0]?.message).toContain('검증된 최신 일간 세트가 없습니다');
  });

  it.each([
    ['is nowhere to be found', 'https://slack.invalid/services/T0/B0/geheim'],
    ['is not listening', 'http://127.0.0.1:1/services/T0/B0/geheim'],
    ['has an address that is none', 'hooks.slack.com/services/T0/B0/geheim'],
    ['has an address of another kind', 'ftp://x/services/T0/B0/geheim'],
    ['has an address that others could read along', 'http://example.com/services/T0/B0/geheim'],
  ])('since it %s costs a mail', async (_, address) => {
    holds(address);
    const { outcome, mails } = await during(() => handler(said.failed()));
    expect(outcome).toBeInstanceOf(SlackRefused);
    expect(mails).toHaveLength(1);
    expect(JSON.stringify([String(outcome), mails])).not.toContain('geheim');
  });

  it('and a secret that cannot be read cost a mail', async () => {
    holds(new Error('not authorized'));
    const { outcome, mails } = await during(() => handler(said.failed()));
    expect(outcome).toMatchObject({
      name: 'SlackRefused',
      message: expect.stringContaining('not authorized'),
    });
    expect(mails).toHaveLength(1);
  });

  it('is given up after its time when it says nothing', async () => {
    slack.answerNext({ status: 200, silent: true }, { status: 200, silent: true });
    const patience = { tryMs: 200, allMs: 2000, pausesMs: [10] };
    const message = { text: 'x', blocks: [] };
    await expect(postToSlack(slack.webhookUrl, message, patience)).rejects.toThrow(SlackRefused);
    slack.answerNext({ status: 500 });
    await expect(
      postToSlack(slack.webhookUrl, message, { tryMs: 200, allMs: 5, pausesMs: [10, 10] }),
    ).rejects.toThrow(SlackRefused);
  });
});
