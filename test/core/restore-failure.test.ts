import { describe, expect, it } from 'vitest';
import { explainRestore, RESTORE_STEPS, restoreFailureSchema } from '../../core/failure/restore.ts';
import { slackEventSchema } from '../../core/messages/events.ts';
import { messagesOf } from '../../core/messages/index.ts';
import { slackMessage } from '../../core/messages/slack.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { reportOf } from '../../core/restore-report.ts';

const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-production-restore:run-1',
  name: 'run-1',
  startedAt: '2026-11-24T02:00:00Z',
};
const lambda = (name: string, message: string) => ({
  Error: name,
  Cause: JSON.stringify({ errorType: name, errorMessage: message }),
});
const task = (exitCode?: number) => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({
    TaskArn: 'arn:aws:ecs:ap-northeast-2:1:task/c/0123',
    Containers: [exitCode === undefined ? { Reason: 'no secret' } : { ExitCode: exitCode }],
  }),
});
const said = (result: object) => JSON.stringify(result);

function explain(given: Record<string, unknown>) {
  const failure = restoreFailureSchema.parse({
    failure: {},
    input: { mode: 'full' },
    execution: EXECUTION,
    restore: {},
    report: {},
    integrity: {},
    ...given,
  });
  return explainRestore('production', failure, {
    restore: 'reader',
    restoreInPlace: 'in-place',
    preserve: 'keep',
  });
}
const VERIFIED = reportOf(said({ restoreId: 'r-1', replacedDatabaseKeptAs: 'old' }), undefined);
const UNPROVED = reportOf(said({ notVerified: ['index public.i'] }), task(2));

describe('what a restore came to', () => {
  it.each([
    [
      'a wrong input',
      { failure: { plan: lambda('RestoreInputInvalid', 'because') } },
      'restoreInputInvalid',
      'because',
    ],
    ['a second restore', { failure: { plan: lambda('RestoreRefused', 'wait') } }, 'restoreRefused', 'wait'],
    [
      'a plan that broke',
      { failure: { plan: lambda('StorageError', 'S3') } },
      'unexpected',
      'the plan step failed with StorageError: S3',
    ],
    ['a thaw that was refused', { failure: { thaw: lambda('ThawRefusedError', 'no') } }, 'thawFailed', 'no'],
    [
      'a set that could not be made',
      { failure: { preserve: task(1) } },
      'preRestoreSetFailed',
      'ended as failed',
    ],
    [
      'a set that took too long',
      { failure: { preserve: { Error: 'States.Timeout' } } },
      'preRestoreSetFailed',
      'time limit',
    ],
    ['a set whose task did not start', { failure: { preserve: task() } }, 'taskNotStarted', ''],
    [
      'a failed run',
      {
        failure: { restore: task(1) },
        report: reportOf(said({ error: { name: 'E', message: 'why' } }), task(1)),
      },
      'restoreFailed',
      'E: why',
    ],
    [
      'a refused run',
      {
        failure: { restore: task(3) },
        report: reportOf(said({ error: { name: 'E', message: 'not empty' } }), task(3)),
      },
      'restoreRefused',
      'not empty',
    ],
    [
      'a killed run',
      { failure: { restore: task(137) }, report: reportOf(undefined, task(137)) },
      'restoreFailed',
      'exit code 137',
    ],
    [
      'a run out of time',
      {
        failure: { restore: { Error: 'States.Timeout' } },
        report: reportOf(undefined, { Error: 'States.Timeout', Cause: '' }),
      },
      'timedOut',
      '',
    ],
    [
      'a task that did not start',
      { failure: { restore: task() }, report: reportOf(undefined, task()) },
      'taskNotStarted',
      'no secret',
    ],
    [
      'a report nobody could read, of a failed run',
      { failure: { restore: task(1), report: lambda('X', 'y') } },
      'restoreFailed',
      '',
    ],
    [
      'a report nobody could read',
      { failure: { report: lambda('X', 'y') } },
      'restoreNotVerified',
      'what the engine reported could not be read',
    ],
    [
      'something unproved',
      { failure: { restore: task(2) }, report: UNPROVED, integrity: { outcome: 'verified' } },
      'restoreNotVerified',
      'index public.i',
    ],
    [
      'unchecked rules',
      {
        report: VERIFIED,
        integrity: {
          outcome: 'could-not-verify',
          findings: [{ name: 'a', state: 'could-not-check', reason: 'slow' }],
        },
      },
      'restoreNotVerified',
      "a (slow); the restore's id, for mode rollback, is r-1",
    ],
    [
      'a check that broke',
      { failure: { integrity: lambda('X', 'no session') }, report: VERIFIED },
      'restoreNotVerified',
      'were not checked: no session',
    ],
    [
      'broken rules',
      {
        report: VERIFIED,
        integrity: {
          outcome: 'violated',
          findings: [
            { name: 'a', state: 'violated', severity: 'error', violations: '3' },
            { name: 'only a warning', state: 'violated', severity: 'warning', violations: '9' },
          ],
        },
      },
      'restoreViolatesIntegrity',
      'a (3 rows); the restore',
    ],
    [
      'broken rules, and something unproved besides',
      {
        failure: { restore: task(2) },
        report: UNPROVED,
        integrity: { outcome: 'violated', findings: [{ name: 'a', state: 'violated' }] },
      },
      'restoreViolatesIntegrity',
      'besides, not verified: index public.i',
    ],
    [
      'a record that was not written',
      { failure: { audit: lambda('X', 'S3') }, report: VERIFIED, integrity: { outcome: 'verified' } },
      'unexpected',
      'record could not be written: S3',
    ],
    [
      'a plan without a record',
      { failure: { audit: lambda('X', 'S3') }, report: VERIFIED, restore: { planOnly: true } },
      'unexpected',
      'the plan is ready',
    ],
    [
      'a plan that failed',
      { failure: { restore: task(1) }, report: reportOf(undefined, task(1)), restore: { planOnly: true } },
      'restoreFailed',
      '',
    ],
    ['a way of failing nobody knows', {}, 'unexpected', ''],
  ] as const)('by name and in words: %s', (_what, given, name, words) => {
    const { error, cause, message, subject } = explain(given);
    expect([error, cause]).toEqual([WORKFLOW_ERROR[name], expect.stringContaining(words)]);
    expect(message).toContain(`runbook.md#${error.toLowerCase()}`);
    expect(message).toMatch(/^What happened: .+\nWhat it means: .+\nWhat to do: .+/);
    expect(subject).toMatch(/^VideoPlanet Backup \(production\): (plan of a )?restore, /);
  });

  it('never says that nothing is there when the data is', () => {
    for (const given of [
      { report: UNPROVED, failure: { restore: task(2) } },
      { report: VERIFIED, integrity: { outcome: 'violated' } },
      { report: VERIFIED, failure: { integrity: lambda('X', 'y') } },
    ])
      expect(explain(given).message).toContain('What it means: the data is there');
    expect(
      explain({ report: VERIFIED, failure: { audit: lambda('X', 'y') }, integrity: { outcome: 'verified' } })
        .message,
    ).toContain('the restore is done and verified');
  });

  it('leads to the log of the task that ran', () => {
    const failed = reportOf(undefined, task(1));
    const log = (given: Record<string, unknown>) => /log-group\/([\w-]+)/.exec(explain(given).message)?.[1];
    expect(log({ failure: { restore: task(1) }, report: failed })).toBe('reader');
    expect(log({ failure: { restore: task(1) }, report: failed, restore: { target: 'source' } })).toBe(
      'in-place',
    );
    expect(log({ failure: { preserve: task(1) } })).toBe('keep');
    expect(log({ failure: { plan: lambda('X', 'y') } })).toBeUndefined();
  });

  it('knows the steps in the order they are taken', () => {
    expect(RESTORE_STEPS).toEqual(['plan', 'thaw', 'preserve', 'restore', 'report', 'integrity', 'audit']);
  });
});

const DESCRIPTION = { en: 'Restores <all> & more.', ko: '<모두> 복원.' };
const text = (event: Record<string, unknown>, language: 'ko' | 'en' = 'ko') =>
  slackMessage(slackEventSchema.parse({ execution: EXECUTION, ...event }), {
    language,
    environment: 'production',
    timeZone: 'Asia/Seoul',
  }).text;

describe('a message in Slack', () => {
  it.each(['ko', 'en'] as const)(
    'of every error there is, says what happened, what it means and what to do in %s',
    (language) => {
      const { labels } = messagesOf(language);
      for (const error of Object.values(WORKFLOW_ERROR)) {
        const said = text(
          { kind: 'failed', workflow: 'restore', explained: { error, cause: 'why' } },
          language,
        );
        for (const part of [labels.happened, labels.means, labels.todo, labels.details])
          expect(said).toMatch(new RegExp(`\\*${part}:\\* .+`));
        expect(said).toContain(`docs/runbook.md#${error.toLowerCase()}`);
        expect(said).toContain('console.aws.amazon.com/states/home?region=ap-northeast-2');
      }
    },
  );

  it('is in another language for each: no text of one stands in the other', () => {
    for (const error of Object.values(WORKFLOW_ERROR)) {
      expect(Object.values(messagesOf('ko').failed[error]).every((each) => /[가-힣]/.test(each))).toBe(true);
      expect(Object.values(messagesOf('en').failed[error]).some((each) => /[가-힣]/.test(each))).toBe(false);
    }
  });

  it('escapes what others wrote, so that it makes no link and calls nobody', () => {
    const said = text({ kind: 'restore-started', description: DESCRIPTION }, 'en');
    expect(said).toContain('Restores &lt;all&gt; &amp; more.');
    const failed = text({
      kind: 'failed',
      workflow: 'backup',
      explained: { error: 'X', cause: '<!channel>' },
    });
    expect(failed).toContain('&lt;!channel&gt;');
  });

  it('tells a plan of a whole restore, and of rows, in words', () => {
    const planned = (plan: unknown) =>
      text({
        kind: 'restore-planned',
        description: DESCRIPTION,
        report: { counts: { tables: null, rows: null }, plan },
      });
    const full = planned({
      mode: 'full',
      target: { database: 'postgres', holds: 'full', way: 'replace' },
      reads: { objects: 4, storedBytes: 2_500_000 },
      tables: [
        { schema: 'public', name: 'a', rowsInSet: '5', rowsNow: { rows: '7', how: 'exact' } },
        { schema: 'public', name: 'same', rowsInSet: '5', rowsNow: { rows: '5', how: 'exact' } },
        { schema: 'public', name: 'gone', rowsInSet: null, rowsNow: { rows: '1', how: 'exact' } },
      ],
      confirmNeeded: 'postgres',
      estimatedSeconds: { value: 61, basis: 'x' },
      obstacles: ['no key'],
    });
    for (const part of [
      'postgres (통째로 바뀝니다)',
      '객체 4개, 2.5 MB',
      '약 2분',
      '막는 것: no key',
      'public.a: 7 → 5',
      'public.gone: 1 → –',
    ])
      expect(full).toContain(part);
    expect(full).not.toContain('public.same');
    const rows = planned({
      database: 'd',
      tables: [{ table: 'public.a', inserted: 2, updated: 1, unchanged: 9, deleted: 0 }],
      read: { objects: 1, storedBytes: 10 },
      confirm: 'd',
    });
    expect(rows).toContain('public.a: +2 ~1 −0');
    expect(planned('another form')).toContain('another form');
  });

  it('is cut where a plan is long', () => {
    const plan = { tables: Array(1000).fill({ table: 'public.a_table', inserted: 1 }) };
    const report = { counts: { tables: null, rows: null }, plan };
    expect(text({ kind: 'restore-planned', description: DESCRIPTION, report }).length).toBeLessThan(4000);
  });

  it('offers no way back where nothing was replaced', () => {
    const report = { ...VERIFIED, keptAs: null };
    expect(text({ kind: 'restore-verified', description: DESCRIPTION, report })).not.toContain('rollback');
    expect(explain({ report, integrity: { outcome: 'violated' } }).cause).not.toContain('rollback');
  });

  it('says how to take a restore back', () => {
    const report = {
      ...VERIFIED,
      counts: { tables: 2, rows: null, changed: { inserted: 1, updated: 2, deleted: 3 } },
    };
    const said = text({ kind: 'restore-verified', description: DESCRIPTION, report });
    expect(said).toContain('{"mode": "rollback", "restoreId": "r-1", …}');
    expect(said).toContain('행 1개 추가, 2개 되돌림, 3개 삭제');
  });
});
