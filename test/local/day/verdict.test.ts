import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../local/day/journal.ts';
import type { Fault } from '../../../local/day/scenario.ts';
import { judge } from '../../../local/day/verdict.ts';

const MINUTE = 60_000;
const HEADINGS = ['Backup/Failing', 'Backup/CriticalStale', 'Slack/Failing'];

const fault: Fault = {
  name: 'the database is down',
  from: '03:00',
  until: '04:00',
  over: '05:00',
  begin: () => undefined,
  alarms: ['Backup/Failing'],
  mayAlarm: ['Backup/CriticalStale'],
  slack: [/BackupFailed/],
  mail: [/BackupFailed/],
};
const injected = {
  fault,
  from: 180 * MINUTE,
  until: 240 * MINUTE,
  over: 300 * MINUTE,
  lasting: new Map<string, number>(),
};

const entry = (minute: number, kind: Entry['kind'], text: string, whole = text): Entry => ({
  ...{ at: minute * MINUTE, kind, text, whole },
});
const alarm = (minute: number, heading: string) => [
  entry(minute, 'alarm', `${heading} is on`),
  entry(minute, 'mail', `ALARM: "videoplanet-backup/production/${heading}" in ap-northeast-2`),
];
const off = (minute: number, heading: string) => entry(minute, 'recovered', `${heading} is off`);

/** All that the fault must bring. */
const WELL: readonly Entry[] = [
  entry(182, 'slack', '백업: BackupFailed'),
  entry(182, 'mail', 'critical backup failed, BackupFailed'),
  ...alarm(183, 'Backup/Failing'),
  off(250, 'Backup/Failing'),
];
const problems = (entries: readonly Entry[]) => judge([injected], entries, HEADINGS).problems;

describe('the verdict on a day', () => {
  it('is good where all that was expected has come, and nothing else', () => {
    expect(judge([injected], WELL, HEADINGS)).toEqual({
      problems: [],
      consequences: [
        {
          injected,
          alarms: ['Backup/Failing'],
          toldAfterMinutes: 2,
          overAfterMinutes: 10,
          messages: { slack: 1, mail: 2 },
        },
      ],
    });
  });

  it('lets go an alarm that may go, if it goes off again', () => {
    const more = [...WELL, ...alarm(200, 'Backup/CriticalStale'), off(260, 'Backup/CriticalStale')];
    expect(problems(more)).toEqual([]);
  });

  it('lets an alarm last that is meant to, and misses it where it does not go', () => {
    const lasts = { ...injected, lasting: new Map([['Slack/Failing', 900 * MINUTE]]) };
    const on = [...WELL, ...alarm(190, 'Slack/Failing')];
    expect(judge([lasts], on, HEADINGS).problems).toEqual([]);
    expect(judge([lasts], [...on, off(880, 'Slack/Failing')], HEADINGS).problems).toEqual([]);
    expect(judge([lasts], WELL, HEADINGS).problems).toEqual([
      'the database is down: the alarm Slack/Failing did not go',
    ]);
    expect(judge([lasts], [...on, off(910, 'Slack/Failing')], HEADINGS).problems).toHaveLength(1);
  });

  it.each([
    [
      'the alarm',
      'did not go',
      WELL.filter(({ kind, text }) => kind !== 'alarm' && !text.startsWith('ALARM')),
    ],
    [
      'the mail of the alarm',
      'no mail came of the alarm',
      WELL.filter(({ text }) => !text.startsWith('ALARM')),
    ],
    ['the end of the alarm', 'was still on at 05:00', WELL.filter(({ kind }) => kind !== 'recovered')],
    ['the message in Slack', 'nothing in Slack says', WELL.filter(({ kind }) => kind !== 'slack')],
    ['the mail', 'no mail says', WELL.filter(({ text }) => !text.startsWith('critical'))],
  ])('misses %s', (_, words, entries) => {
    expect(problems(entries)).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    ['an alarm of nothing that was injected', alarm(200, 'Slack/Failing')],
    ['an alarm before the fault', alarm(100, 'Backup/Failing')],
    ['an alarm after all should be over', alarm(301, 'Backup/Failing')],
    ['a message of something else', [entry(200, 'slack', '복원: RestoreFailed')]],
    [
      'a message about an alarm that nobody expected, by its place in the runbook',
      [entry(200, 'slack', '경보', '경보\n런북: docs/runbook.md#slackfailing')],
    ],
  ])('sees %s', (_, entries) => {
    const found = problems([...WELL, ...entries]);
    expect(found).toHaveLength(entries.length);
    expect(found).toEqual(entries.map(({ text }) => expect.stringContaining(text)));
  });

  it('takes a message about an alarm of the fault for its own, and those of any day for nobody’s', () => {
    const about = entry(184, 'slack', '경보', '경보: videoplanet-backup/production/Backup/Failing');
    const everyday = entry(100, 'slack', '훈련에서 모두 복원하고 검증했습니다.');
    const { consequences, problems } = judge([injected], [...WELL, about, everyday], HEADINGS);
    expect(problems).toEqual([]);
    expect(consequences[0]?.messages).toEqual({ slack: 2, mail: 2 });
  });

  it('names the first word and the last alarm of nothing where there were none', () => {
    const silent = { ...injected, fault: { ...fault, alarms: [], slack: [], mail: [] } };
    const [consequence] = judge([silent], [], HEADINGS).consequences;
    expect(consequence).toMatchObject({
      alarms: [],
      toldAfterMinutes: undefined,
      overAfterMinutes: undefined,
    });
  });
});
