import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { causeOf } from '../../core/alerts/cause.ts';
import { SLACK_LIMITS } from '../../core/messages/blocks.ts';
import { type CostEvent, costEventSchema } from '../../core/messages/cost.ts';
import { type SlackEvent, slackEventSchema } from '../../core/messages/events.ts';
import { insteadOfSlack, slackMessage } from '../../core/messages/slack.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { viewOf } from '../../local/slack-view.ts';

/** Slack's own rules for what we use of it, as its reference of blocks has them. */
const mrkdwn = (longest: number) =>
  z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(longest),
    verbatim: z.literal(true),
  });
const blocksSchema = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('header'),
        text: z.strictObject({
          type: z.literal('plain_text'),
          emoji: z.literal(true),
          text: z.string().min(1).max(SLACK_LIMITS.headerCharacters),
        }),
      }),
      z.strictObject({
        type: z.literal('section'),
        text: mrkdwn(SLACK_LIMITS.sectionCharacters).optional(),
        fields: z.array(mrkdwn(SLACK_LIMITS.fieldCharacters)).min(1).max(SLACK_LIMITS.fields).optional(),
      }),
      z.strictObject({
        type: z.literal('context'),
        elements: z.array(mrkdwn(SLACK_LIMITS.sectionCharacters)).min(1).max(SLACK_LIMITS.contextElements),
      }),
    ]),
  )
  .min(1)
  .max(SLACK_LIMITS.blocks);

const NASTY =
  '<!channel> <@U123> & <https://evil.example|here> *b* `c` ```d``` @here :boom: \u202e\u0000 가나다 👩‍👩‍👧‍👦 ';
/** The longest and worst that others may say. */
const long = (length: number) => NASTY.repeat(Math.ceil(length / NASTY.length)).slice(0, length);
const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-production-backup:run-1',
  name: 'run-1',
  startedAt: '2026-11-24T02:00:00Z',
};
const detail = {
  executionArn: EXECUTION.id,
  name: 'run-1',
  startDate: 1_795_485_600_000,
  input: '{"kind":"weekly"}',
};
const description = { en: `en ${long(5000)}`, ko: `ko ${long(5000)}` };
const report = { counts: { tables: 2, rows: '5' }, plan: { x: long(9000) } };
const COST: CostEvent = costEventSchema.parse({
  kind: 'cost',
  month: '2026-11',
  spentUsd: 261.5,
  estimateUsd: 31,
  ceilingUsd: 250,
  forecastUsd: null,
  findings: Array.from({ length: 40 }, (_, n) => ({ what: `f${n}`, en: long(400), ko: long(400) })),
  drillsOff: true,
});
const alarm = (
  value: string,
  name = 'videoplanet-backup/production/Backup/DailyStale',
  text: string = '',
) => ({
  kind: 'alarm',
  at: '2026-11-24T02:00:00Z',
  region: 'ap-northeast-2',
  detail: { alarmName: name, state: { value }, configuration: { description: text } },
});
const LEVEL = {
  level: 'critical',
  rto: { targetMinutes: 60, measuredMinutes: 5, state: 'met' },
  rpo: { targetMinutes: 15, measuredMinutes: null, state: 'unknown' },
};
const drill = (ended: string) => ({
  kind: 'drill',
  execution: EXECUTION,
  outcome: {
    ...{ ended, set: 'daily-1', recoverySeconds: 60, medianSeconds: 20, regression: true, levels: [LEVEL] },
    ...{ report: 'drills/x/report.html', bucket: 'b', signed: false, checks: { verified: 3 } },
    ...{ failed: [long(3000)], notVerified: Array(9).fill(long(900)) },
  },
});
const failed = (error: string, more: object = {}) => ({
  kind: 'failed',
  workflow: 'backup',
  execution: EXECUTION,
  input: { kind: 'weekly', slot: long(3000) },
  explained: {
    error,
    cause: long(9000),
    remains: description,
    log: 'https://x.console.aws.amazon.com/y',
    ...more,
  },
});
const thaw = { objects: 3, bytes: 2e9, waitSeconds: 900, readyAt: null, costUsd: 0.04 };
const EVENTS: [string, object][] = [
  ...Object.values(WORKFLOW_ERROR).map((error): [string, object] => [`failed ${error}`, failed(error)]),
  ['failed, of a name nobody knows', failed(long(2000))],
  ...(['backup', 'restore', 'files', 'drill'] as const).flatMap((workflow): [string, object][] => [
    [`stopped ${workflow}`, { kind: 'stopped', workflow, detail: { ...detail, status: 'ABORTED' } }],
    [
      `timed out ${workflow}`,
      { kind: 'stopped', workflow, detail: { ...detail, status: 'TIMED_OUT', input: null } },
    ],
  ]),
  [
    'works again',
    {
      kind: 'works-again',
      workflow: 'backup',
      execution: EXECUTION,
      input: { kind: 'weekly' },
      failures: 3,
      since: '2026-11-24T02:00:00Z',
    },
  ],
  ['an alarm', alarm('ALARM')],
  ['an alarm that is over', alarm('OK')],
  [
    'an alarm nobody knows',
    alarm('ALARM', long(500), `${long(4000)}\nLog: https://x.example/${'y'.repeat(4000)}`),
  ],
  ['restore started', { kind: 'restore-started', execution: EXECUTION, description }],
  ['restore thawing', { kind: 'restore-thawing', execution: EXECUTION, description, thaw }],
  ['restore planned', { kind: 'restore-planned', execution: EXECUTION, description, report }],
  ['restore verified', { kind: 'restore-verified', execution: EXECUTION, description, report }],
  ['a drill', drill('verified')],
  ['a drill that found something', drill('failed')],
  ['a drill that was skipped', { kind: 'drill-skipped', execution: EXECUTION, description }],
  ['the cost', COST],
];
const audience = (language: 'en' | 'ko') => ({ language, environment: 'production', timeZone: 'Asia/Seoul' });
const FOLDED = { count: 13, since: new Date('2026-11-24T01:00:00Z') };
const both = EVENTS.flatMap(([name, event]) =>
  (['en', 'ko'] as const).map((language): [string, 'en' | 'ko', SlackEvent] => [
    name,
    language,
    slackEventSchema.parse(event),
  ]),
);
const shownText = (message: ReturnType<typeof slackMessage>) => JSON.stringify(message.blocks);

describe('every kind of message there is', () => {
  it('is tried here', () => {
    const kinds = slackEventSchema.options.map(({ shape }) => shape.kind.value);
    expect(new Set(both.map(([, , { kind }]) => kind))).toEqual(new Set(kinds));
  });

  it.each(both)('%s (%s) is within what Slack takes', (_, language, event) => {
    const message = slackMessage(event, audience(language), FOLDED);
    expect(blocksSchema.parse(message.blocks)).toEqual(message.blocks);
    expect(message.text.length).toBeLessThan(40_000);
    expect(message.text).not.toBe('');
  });

  it.each(both)('%s (%s) calls nobody, and links only where we do', (_, language, event) => {
    const message = slackMessage(event, audience(language), FOLDED);
    for (const text of [message.text, ...textsOf(message.blocks)]) {
      expect(text).not.toMatch(/<[!@#]|[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
      expect(
        [...text.matchAll(/<([^>]*)>/g)].every(([, inner]) =>
          /^https:\/\/[^|<>]+\|[^<>]+$/.test(inner ?? ''),
        ),
      ).toBe(true);
      expect(text).not.toContain('<https://evil');
    }
  });

  it.each(both)(
    '%s (%s) says where it is, in this language, and how many were folded',
    (_, language, event) => {
      const text = shownText(slackMessage(event, audience(language), FOLDED));
      expect(text).toContain('production');
      expect(text).toContain('2026-11-24 10:00:00 Asia/Seoul');
      expect(text).toContain(language === 'ko' ? '13건' : '13 more of these');
      const own = slackMessage(event, audience(language)).text;
      expect(own).not.toContain('13');
      expect(/[가-힣]/.test(own.replaceAll('가나다', '').replace(/훈련|세트/g, ''))).toBe(
        language === 'ko' || /Korean/.test(own),
      );
    },
  );

  it.each(both)('%s (%s) has a mail that SNS takes', (_, language, event) => {
    const { subject, text } = insteadOfSlack(event, audience(language), 'it said no', FOLDED);
    expect(subject).toMatch(/^VideoPlanet Backup \(production\): \S/);
    expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
    expect(text).toContain('it said no');
    expect(text).not.toContain('&amp;');
  });
});

describe('a message of a failure', () => {
  it('has the three sentences, the words of what failed, the kind, and the way to look', () => {
    const event = slackEventSchema.parse(failed('BackupFailed', { cause: 'pg_dump: no space' }));
    const text = shownText(slackMessage(event, audience('ko')));
    for (const part of [
      ':rotating_light: 백업: BackupFailed',
      '*무슨 일*',
      '*의미*',
      '*할 일*',
      '```pg_dump: no space```',
      '주간',
      'states/home?region=ap-northeast-2',
      '|CloudWatch>',
      'docs/runbook.md#backupfailed',
      '시작: 2026-11-24 11:00:00 Asia/Seoul',
    ])
      expect(text).toContain(part);
  });
});

describe('a message of an alarm', () => {
  it('leads where its description leads, and to itself', () => {
    const lines =
      'Meaning of it.\nRunbook: docs/runbook.md#x\nExecutions: https://ap.console.aws.amazon.com/states#a';
    const on = shownText(
      slackMessage(slackEventSchema.parse(alarm('ALARM', undefined, lines)), audience('en')),
    );
    for (const part of [
      '*Executions:* <https://ap.console.aws.amazon.com/states#a|',
      '#alarmsV2:alarm/videoplanet-backup%2Fproduction%2FBackup%2FDailyStale|Backup/DailyStale>',
      'docs/runbook.md#backupdailystale',
    ])
      expect(on).toContain(part);
    expect(on, 'known words need no description').not.toContain('Meaning of it');
    const unknown = alarm('ALARM', 'videoplanet-backup/production/New/Thing', lines);
    expect(shownText(slackMessage(slackEventSchema.parse(unknown), audience('ko')))).toContain(
      'Meaning of it.',
    );
  });
});

describe('a message of the cost', () => {
  const said = (changes: Partial<CostEvent>) => slackMessage({ ...COST, ...changes }, audience('en')).text;

  it('says at a glance how bad it is, and every figure', () => {
    expect(said({})).toMatch(
      /^:rotating_light: [\s\S]*So far: \$261\.50\nForecast: not known yet\nEstimate: \$31\.00\nCeiling: \$250\.00/,
    );
    expect(said({ spentUsd: null, forecastUsd: 300 })).toMatch(/^:warning:/);
    expect(said({ spentUsd: 1 })).toMatch(/^:money_with_wings:/);
    expect(said({ spentUsd: 1, findings: [], drillsOff: false })).toMatch(/^:moneybag:/);
    expect(said({})).toContain('Drills are switched off');
    expect(said({ findings: [{ what: 'a', en: 'an upload of old', ko: '-' }] })).toContain(
      '• an upload of old',
    );
  });
});

describe('the cause of a message', () => {
  const cause = (event: object) => causeOf(slackEventSchema.parse(event));

  it('is the kind and the error, not the execution; what somebody typed is no kind', () => {
    expect(cause(failed('BackupFailed'))).toBe('failed/backup/weekly/BackupFailed');
    expect(cause({ ...failed('WorkflowInputInvalid'), input: { kind: long(3000) } })).toBe(
      'failed/backup/unknown/WorkflowInputInvalid',
    );
    expect(cause({ ...failed('BackupFailed'), workflow: 'restore' })).toBeUndefined();
  });

  it('of costs is what was found and how bad it is, in whatever order', () => {
    const turned = { ...COST, findings: COST.findings.toReversed(), spentUsd: 270 };
    expect(cause(turned)).toBe(cause(COST));
    expect(cause({ ...COST, spentUsd: 1 })).not.toBe(cause(COST));
  });
});

describe('what a terminal shows of a message', () => {
  it('is what Slack would show: emoji, names of links, and what was escaped', () => {
    const simple = failed('BackupFailed', { cause: 'a < b & c', remains: null });
    const event = slackEventSchema.parse({ ...simple, input: { kind: 'weekly' } });
    const view = stripVTControlCharacters(viewOf(slackMessage(event, audience('en'))).join('\n'));
    for (const part of ['🚨 Backup: BackupFailed', 'a < b & c', 'run-1', 'Kind: weekly'])
      expect(view).toContain(part);
    expect(view).not.toMatch(/<https|&lt;|```/);
    expect(viewOf({ text: 'old', blocks: [] })).toEqual(['old']);
  });
});

function textsOf(blocks: ReturnType<typeof slackMessage>['blocks']): string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'context') return block.elements.map((each) => ('text' in each ? each.text : ''));
    if (block.type === 'header') return [block.text.text];
    return [block.text?.text ?? '', ...(block.fields ?? []).map(({ text }) => text)];
  });
}
