import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it, vi } from 'vitest';
import { SlackRefused } from '../../core/errors/index.ts';
import { LAMBDA_ENV } from '../../core/names.ts';
import { said, slackFunction } from '../support/slack-function.ts';

const { slack, tables, handler, later, during } = await slackFunction();
const { claim } = await import('../../lambdas/common/told-table.ts');
const HOUR_MS = 3_600_000;

describe('a storm', () => {
  it('is one message an hour for each cause; the next one says how many were folded', async () => {
    const first = await during(async () => {
      for (let minute = 0; minute < 4; minute += 1) {
        await handler(said.failed('critical'));
        later(60_000);
      }
      await handler(said.failed('daily'));
      await handler(said.failed('critical', 'TaskNotStarted'));
    });
    expect(first.told).toHaveLength(3);
    later(HOUR_MS);
    const second = await during(() => handler(said.failed('critical')));
    expect(second.told).toEqual([
      expect.stringContaining(
        '3 more of these were not told one by one since 2026-11-24 09:10:00 Asia/Seoul',
      ),
    ]);
    later(HOUR_MS);
    const third = await during(() => handler(said.failed('critical')));
    expect(third.told[0]).not.toContain('one by one');
  });

  it('that comes at once is one message', async () => {
    const { outcome, told } = await during(() =>
      Promise.all(Array.from({ length: 8 }, () => handler(said.failed('critical')))),
    );
    expect((outcome as { told: boolean }[]).filter((each) => each.told)).toHaveLength(1);
    expect(told).toHaveLength(1);
    later(HOUR_MS);
    expect((await during(() => handler(said.failed('critical')))).told[0]).toContain('7 more of these');
  });

  it('of alarms, of stopped runs and of costs is folded too', async () => {
    const { told } = await during(async () => {
      for (const event of [
        ...[said.alarm('ALARM'), said.alarm('ALARM'), said.alarm('ALARM', 'Monitor/Failing')],
        ...[said.stopped('TIMED_OUT'), said.stopped('TIMED_OUT')],
        ...[
          said.cost(['a'], 1),
          said.cost(['a'], 2),
          said.cost(['a', 'b'], 2),
          said.cost(['b', 'a'], 2),
          said.cost(['a', 'b'], 300),
        ],
      ])
        await handler(event);
    });
    expect(told).toHaveLength(2 + 1 + 3);
  });

  it.each(['restore', 'drill'])('is none where each is a %s that somebody waits for', async (workflow) => {
    const { told } = await during(async () => {
      for (let n = 0; n < 3; n += 1) await handler(said.failed('daily', 'WorkflowTimedOut', workflow));
      await handler(said.stopped('ABORTED', workflow, '{}'));
      await handler(said.stopped('ABORTED', workflow, '{}'));
    });
    expect(told).toHaveLength(5);
  });

  it('is told in full where the table does not answer: never silence', async () => {
    vi.stubEnv(LAMBDA_ENV.toldTable, 'there-is-none');
    const { told } = await during(async () => {
      for (const event of [said.failed(), said.failed(), said.alarm('ALARM'), said.alarm('OK')])
        await handler(event);
    });
    expect(told).toHaveLength(4);
    expect(await handler(said.succeeded())).toEqual({ told: false });
  });

  it('does not silence the next one where the first reached only the mail: that has told it', async () => {
    slack.answerNext({ status: 404 });
    const first = await during(() => handler(said.failed()));
    expect([first.told.length, first.mails.length]).toEqual([0, 1]);
    const second = await during(() => handler(said.failed()));
    expect([second.told.length, second.mails.length]).toEqual([0, 0]);
    later(HOUR_MS);
    expect((await during(() => handler(said.failed()))).told[0]).toContain('One more of these was not told');
  });

  it('is told with the next one where the first reached nobody', async () => {
    slack.answerNext({ status: 404 });
    const sns = vi.spyOn(SNSClient.prototype, 'send').mockRejectedValue(new Error('no mail either') as never);
    const first = await during(() => handler(said.failed()));
    expect(first.outcome).toBeInstanceOf(SlackRefused);
    expect([first.told.length, first.mails.length]).toEqual([0, 0]);
    sns.mockRestore();
    const second = await during(() => handler(said.failed()));
    expect(second.told).toEqual([expect.stringContaining('One more of these was not told')]);
  });

  it('is told where the answer of the table was lost: whoever asks again has it already', async () => {
    tables.loseAnswers(2);
    const { outcome, told } = await during(() => handler(said.failed()));
    expect(outcome).toEqual({ told: true });
    expect(told).toHaveLength(1);
    expect((await during(() => handler(said.failed()))).told).toHaveLength(0);
  });

  it('is told again where whoever was to send it was killed', async () => {
    expect(await claim('failed/backup/daily/BackupFailed', new Date())).toEqual({
      count: 0,
      since: undefined,
    });
    const meanwhile = await during(() => handler(said.failed()));
    expect(meanwhile.told).toHaveLength(0);
    later(91_000);
    expect((await during(() => handler(said.failed()))).told[0]).toContain('One more of these was not told');
  });
});

describe('what works again', () => {
  it('is told once, with how often it did not; of good runs otherwise nobody hears', async () => {
    expect((await during(() => handler(said.succeeded()))).told).toEqual([]);
    await handler(said.failed());
    await handler(said.failed());
    await handler(said.failed('critical'));
    later(HOUR_MS);
    const { told } = await during(async () => {
      await Promise.all([handler(said.succeeded()), handler(said.succeeded())]);
      await handler(said.succeeded());
    });
    expect(told).toEqual([
      expect.stringMatching(
        /Backup \(daily\): works again[\s\S]*after 2 that did not, since 2026-11-24 09:10:00 Asia\/Seoul/,
      ),
    ]);
    const again = await during(() => handler(said.failed()));
    expect(again.told, 'whoever was told that it works hears at once that it does not').toHaveLength(1);
  });

  it.each([
    ['found another run at it, or its set there', { plan: { run: false, reason: 'x' } }],
    ['says nothing of itself', null],
  ])('is no run that %s: what is broken stays so until one has done its work', async (_, output) => {
    await handler(said.failed());
    const skipped = said.succeeded('daily', 'backup', output);
    expect((await during(() => handler(skipped))).told).toEqual([]);
    expect((await during(() => handler(said.succeeded()))).told).toEqual([
      expect.stringContaining('works again'),
    ]);
  });

  it('counts nobody folded less than none, whatever comes between claim and confirmation', async () => {
    await handler(said.alarm('ALARM'));
    await handler(said.alarm('ALARM'));
    await handler(said.alarm('OK'));
    const { told } = await during(() => handler(said.alarm('ALARM')));
    expect(told).toHaveLength(1);
    expect(told[0]).not.toMatch(/-\d+ more/);
  });

  it('is files too, and runs that were stopped; not one that was asked for something wrong', async () => {
    await handler(said.failed('daily', 'WorkflowInputInvalid'));
    expect((await during(() => handler(said.succeeded()))).told).toEqual([]);
    await handler(said.stopped('TIMED_OUT', 'files', '{}'));
    expect((await during(() => handler(said.succeeded('', 'files')))).told).toEqual([
      expect.stringContaining('Backup of files: works again'),
    ]);
  });

  it('is an alarm that is over, after which it is told at once when it goes on again', async () => {
    const { told } = await during(async () => {
      for (const value of ['ALARM', 'ALARM', 'OK', 'ALARM']) await handler(said.alarm(value));
    });
    expect(told).toEqual([
      expect.stringContaining(':rotating_light: *there is no fresh verified daily set*'),
      expect.stringContaining(':white_check_mark: *Over: there is a fresh verified daily set again*'),
      expect.stringContaining(':rotating_light:'),
    ]);
  });
});
