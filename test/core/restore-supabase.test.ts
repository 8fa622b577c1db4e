import { describe, expect, it } from 'vitest';
import { RestoreInputInvalid, RestoreRefused } from '../../core/errors/index.ts';
import { explainRestore, restoreFailureSchema } from '../../core/failure/restore.ts';
import { inBothZones } from '../../core/instant-text.ts';
import { slackEventSchema } from '../../core/messages/events.ts';
import { slackMessage } from '../../core/messages/slack.ts';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { readCredentials, sessionUrl, storageCredentials } from '../../core/new-project/credentials.ts';
import { handoverOf } from '../../core/new-project/handover.ts';
import { newPassword, newProjectName } from '../../core/new-project/name.ts';
import { planNewProject } from '../../core/new-project/plan.ts';
import { priceOf } from '../../core/new-project/price.ts';
import { planPitr, requireConfirmed } from '../../core/pitr/plan.ts';
import { parseRestoreInput, writesTo } from '../../core/restore-input.ts';
import { plannedReport, reportOf } from '../../core/restore-report.ts';
import { planRestore } from '../../core/restore-steps.ts';
import { refusePlainSet, refuseUnconfigured } from '../../core/restore-unconfigured.ts';
import { parseDrillName } from '../../core/supabase/drill-name.ts';
import { parseDatabaseTarget } from '../../lambdas/common/database.ts';
import { refusalOf } from '../support/refusal.ts';

const REF = 'abcdefghijklmnopqrst';
const AT = '2026-11-27T01:23:45+09:00';
const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:1:execution:r:x',
  name: 'x',
  startedAt: '2026-11-27T02:00:00.000Z',
};
const refused = (input: unknown) => refusalOf(() => parseRestoreInput(input), RestoreInputInvalid);

describe('the input of what Supabase does', () => {
  it.each([
    ['pitr', { mode: 'pitr', at: AT, plan: true }, { kind: 'pitr', target: 'source' }],
    ['pitr, confirmed', { mode: 'pitr', at: AT, confirm: REF, target: 'source' }, { pitr: { confirm: REF } }],
    [
      'a new project',
      { mode: 'full', backup: 'latest', target: 'new-project', files: true },
      { kind: 'restore', target: 'new-project', withFiles: true, request: { set: 'latest' } },
    ],
    [
      'a set by its other name',
      { mode: 'full', backup: 'daily-20261123T170000Z' },
      { request: { set: 'daily-20261123T170000Z' } },
    ],
    [
      'files',
      { mode: 'files', bucket: 'videos', target: 'new-project' },
      { kind: 'files', target: 'new-project', request: { backup: 'latest', bucket: 'videos' } },
    ],
  ])('takes %s', (_, input, expected) => {
    expect(parseRestoreInput(input)).toMatchObject(expected);
  });

  it.each([
    [
      'no second',
      { mode: 'pitr', confirm: REF },
      '"at" is missing; expected the second',
      '"at" 항목이 없습니다',
    ],
    [
      'a second without a zone',
      { mode: 'pitr', at: '2026-11-27 01:23', plan: true },
      'with its time zone',
      '시간대',
    ],
    [
      'no ref',
      { mode: 'pitr', at: AT },
      'expected the ref of the Supabase project',
      'Supabase 프로젝트의 ref',
    ],
    ['a set for pitr', { mode: 'pitr', at: AT, plan: true, set: 'latest' }, 'no member "set"', '"set"'],
    [
      'pitr elsewhere',
      { mode: 'pitr', at: AT, plan: true, target: 'target' },
      'it is the project itself',
      '프로젝트 자체',
    ],
    [
      'tables into a new project',
      { mode: 'table', tables: ['a'], target: 'new-project' },
      'goes with mode full',
      '"mode": "full"과',
    ],
    [
      'a name for a new project',
      { mode: 'full', target: 'new-project', confirm: 'x' },
      'a new project is empty',
      '새 프로젝트는 비어',
    ],
    [
      'files elsewhere',
      { mode: 'full', files: true },
      '"files" goes with "target": "new-project"',
      '"mode": "files"',
    ],
    [
      'both names of a set',
      { mode: 'full', set: 'latest', backup: 'latest' },
      'two names of the same member',
      '두 이름',
    ],
    [
      'a set that is none',
      { mode: 'full', backup: 'yesterday' },
      '"backup" is "yesterday"; expected "latest" or the id of a set',
      '세트 ID',
    ],
    [
      'a rollback of a new project',
      { mode: 'rollback', restoreId: 'r', confirm: 'a', target: 'new-project' },
      'expected one of "target", "source"',
      '중 하나',
    ],
    [
      'files over those of people',
      { mode: 'files', target: 'source' },
      'the files that people work with',
      '파일("source")',
    ],
    ['a file and a bucket', { mode: 'files', file: 'a/b', bucket: 'a' }, 'names one file whole', '파일 하나'],
    ['a prefix of nothing', { mode: 'files', prefix: '2026/' }, '"prefix" needs "bucket"', '"bucket"이 필요'],
    [
      'a file without its bucket',
      { mode: 'files', file: 'intro.mp4' },
      'one file as bucket/name',
      '"버킷/이름"',
    ],
    [
      'a moment of one inventory',
      { mode: 'files', backup: 'files-20261123T170000Z', at: AT },
      'is one inventory',
      '하나의 목록',
    ],
    ['what would be an option', { mode: 'files', bucket: '--plan' }, '"bucket" is "--plan"', '"bucket" 값이'],
  ])('is refused in both languages: %s', (_, input, english, korean) => {
    const [en = '', ko = ''] = refused(input).split(' Nothing was done. / ');
    expect(en).toContain(english);
    expect(ko).toContain(korean);
    expect(en).toMatch(/A right one: \{"mode":"/);
  });

  it('is known to others by what it writes to', () => {
    expect(writesTo(JSON.stringify({ mode: 'pitr', at: AT, confirm: REF }))).toBe('source');
    expect(writesTo(JSON.stringify({ mode: 'pitr', at: AT, plan: true }))).toBeUndefined();
    expect(writesTo(JSON.stringify({ mode: 'full', target: 'new-project' }))).toBe('new-project');
  });
});

describe('what is not configured', () => {
  it.each([
    [{ mode: 'pitr', at: AT, plan: true }, {}, 'Mode pitr needs a Supabase project'],
    [{ mode: 'files' }, {}, 'Mode files needs a Supabase project'],
    [{ mode: 'full', target: 'new-project' }, { projectRef: REF }, 'needs an organization'],
    [{ mode: 'files', target: 'new-project' }, { projectRef: REF }, 'needs an organization'],
  ])('is refused in words: %j where there is %j', (input, projects, words) => {
    const message = refusalOf(() => refuseUnconfigured(parseRestoreInput(input), projects), RestoreRefused);
    expect(message).toContain(words);
    expect(message).toContain('core/environments.ts');
    expect(message).toMatch(/아무 작업도 하지 않았습니다\.$/);
  });

  it('is a project for a set of a plain database', () => {
    const set = (platform: object | undefined) => ({ id: 'daily-1', manifest: { platform } }) as never;
    const input = parseRestoreInput({ mode: 'full', target: 'new-project' });
    expect(refusalOf(() => refusePlainSet(input, set(undefined)), RestoreRefused)).toContain(
      'plain database',
    );
    expect(() => refusePlainSet(input, set({ schemas: [] }))).not.toThrow();
    expect(() => refusePlainSet(parseRestoreInput({ mode: 'full' }), set(undefined))).not.toThrow();
  });

  it('keeps nobody from anything else', () => {
    for (const input of [{ mode: 'full' }, { mode: 'rollback', restoreId: 'r', confirm: 'a' }])
      expect(() => refuseUnconfigured(parseRestoreInput(input), {})).not.toThrow();
  });
});

describe('the steps', () => {
  const steps = (input: object) =>
    planRestore(parseRestoreInput(input), undefined, EXECUTION, 60, {
      projectRef: REF,
      newProjectName: 'vpb-restore-test-1',
    });

  it.each([
    [{ mode: 'pitr', at: AT, confirm: REF }, true],
    [{ mode: 'pitr', at: AT, confirm: REF, withoutPreRestoreSet: true }, false],
    [{ mode: 'pitr', at: AT, plan: true }, false],
    [{ mode: 'full', target: 'source', confirm: 'postgres' }, true],
    // what the operator says of a set beforehand is not contradicted by the workflow
    [{ mode: 'full', target: 'source', confirm: 'postgres', withoutPreRestoreSet: true }, false],
    [{ mode: 'full', confirm: 'x', preRestoreSet: 'prerestore-20261123T170000Z' }, false],
    [{ mode: 'full', target: 'new-project' }, false],
    [{ mode: 'files', target: 'source', confirm: REF }, false],
  ])('of %j keep what is there first: %s', (input, preserve) => {
    expect(steps(input).preserve).toBe(preserve);
  });

  it('of going back need no thaw and no engine, and name project and second', () => {
    expect(steps({ mode: 'pitr', at: AT, confirm: REF })).toMatchObject({
      ...{ way: 'pitr', target: 'source', command: [], thaw: { needed: false } },
      facts: { project: REF, at: AT, keptAs: 'prerestore-20261127T020000Z' },
      description: { en: expect.stringContaining(`back to ${AT}`), ko: expect.stringContaining(REF) },
    });
  });

  it('of files are arguments of the engine', () => {
    const input = { mode: 'files', bucket: 'v', prefix: '2026/', at: AT, target: 'source', confirm: REF };
    expect(steps(input).command).toEqual([
      ...['files', 'restore', 'latest', '--at', AT, '--bucket', 'v', '--prefix', '2026/', '--confirm', REF],
    ]);
    expect(steps({ mode: 'full', target: 'new-project', files: true })).toMatchObject({
      ...{ way: 'new-project', withFiles: true, filesCommand: ['files', 'restore', 'latest'] },
      filesResultKey: 'restores/x/files.json',
      description: {
        en: expect.stringMatching(/new Supabase project.*called vpb-restore-test-1.*Storage files/),
      },
    });
  });
});

describe('going back to a second', () => {
  const situation = {
    ...{ ref: REF, name: 'videoplanet', status: 'ACTIVE_HEALTHY', pitrEnabled: true },
    earliest: new Date('2026-11-20T00:00:00Z'),
    latest: new Date('2026-11-26T16:24:00Z'),
  };
  const around = { now: new Date('2026-11-26T17:00:00Z'), timeZone: 'Asia/Seoul', kept: true };
  const plan = (at: string, changes: object = {}) => planPitr(at, { ...situation, ...changes }, around);

  it('reads both ends as part of what is possible, and leaves off what Supabase cannot count', () => {
    expect(plan(AT)).toMatchObject({ lostMinutes: 37, confirmNeeded: REF, kept: true });
    expect(plan('2026-11-20T00:00:00.999Z').at).toContain(
      '2026-11-20T00:00:00Z (2026-11-20 09:00:00 Asia/Seoul)',
    );
    expect(() => plan('2026-11-26T16:24:00Z')).not.toThrow();
    expect(() => plan('2026-11-19T23:59:59.999Z')).toThrow(/cannot go back to/);
    expect(() => plan('2026-11-26T16:24:01Z')).toThrow(/cannot go back to/);
  });

  it.each([
    [{ pitrEnabled: false }, 'recovery is off'],
    [{ earliest: undefined }, 'no point yet'],
    [{ status: 'INACTIVE' }, 'is INACTIVE'],
    [{ status: 'UPGRADING' }, 'is UPGRADING'],
  ])('is refused where the project is %j', (changes, words) => {
    expect(refusalOf(() => plan(AT, changes), RestoreRefused)).toContain(words);
  });

  it('is possible for a project that ails: that is why somebody goes back', () => {
    for (const status of ['ACTIVE_UNHEALTHY', 'RESTORE_FAILED', 'SOMETHING_NEW'])
      expect(plan(AT, { status }).project.status).toBe(status);
  });

  it('needs the very ref, and does not repeat what somebody pasted', () => {
    expect(() => requireConfirmed(REF, REF)).not.toThrow();
    const message = refusalOf(() => requireConfirmed('postgresql://u:geheim@h/d', REF), RestoreRefused);
    expect(message).not.toContain('geheim');
    expect(() => requireConfirmed(undefined, REF)).toThrow(RestoreRefused);
  });

  it('is told on two clocks', () => {
    expect(inBothZones(new Date('2026-03-29T01:30:00.9Z'), 'Europe/Berlin')).toBe(
      '2026-03-29T01:30:00Z (2026-03-29 03:30:00 Europe/Berlin)',
    );
  });
});

describe('a new project', () => {
  it('has a name of its own, which no reaper takes for that of a drill', () => {
    const now = new Date('2026-11-27T01:23:45.678Z');
    const name = newProjectName('production', now);
    expect(name).toMatch(/^vpb-restore-production-20261127T012345Z-[0-9a-f]{6}$/);
    expect(newProjectName('production', now)).not.toBe(name);
    expect(parseDrillName(name)).toBeUndefined();
  });

  it('has a password that stands in a connection string as it is', () => {
    const passwords = Array.from({ length: 50 }, newPassword);
    expect(new Set(passwords).size).toBe(50);
    for (const password of passwords) expect(password).toMatch(/^[A-Za-z2-9]{40}$/);
    const url = sessionUrl({ host: 'aws-1-x.pooler.supabase.com', user: `postgres.${REF}`, port: 5432 }, 'p');
    expect(url).toBe(`postgresql://postgres.${REF}:p@aws-1-x.pooler.supabase.com:5432/postgres`);
    // what it does not say of TLS is known: the certificate is checked
    const { attempts } = parseDatabaseTarget(url, 'a secret');
    expect(attempts).toEqual([expect.objectContaining({ rejectUnauthorized: true })]);
  });

  it.each([
    ['pro', 'small', undefined, '$15.33/month ($0.0206/hour, small)'],
    ['pro', 'small', { hourly: 0.03 }, '$22.32/month ($0.03/hour, small)'],
    ['team', undefined, undefined, '$10.00/month ($0.01344/hour, micro)'],
    ['free', 'small', undefined, '$0 (Free)'],
    ['pro', '48xlarge', undefined, ''],
  ])('on plan %s of size %s costs, where Supabase says %j: %s', (plan, size, listed, price) => {
    expect(priceOf(plan, size, listed)).toBe(price);
  });

  it('opens its Storage with the two old keys, and with nothing else', () => {
    const key = (name: string, type: string) => ({ name, type, key: `${name}-jwt` });
    const old = [key('anon', 'legacy'), key('service_role', 'legacy')];
    expect(storageCredentials(REF, 'r', [key('default', 'secret'), ...old])).toMatchObject({
      usable: true,
      fields: {
        storageAccessKeyId: REF,
        storageSecretAccessKey: 'anon-jwt',
        storageSessionToken: 'service_role-jwt',
      },
    });
    for (const keys of [[], [key('anon', 'legacy')], [{ ...old[0], key: undefined }, old[1]] as typeof old])
      expect(storageCredentials(REF, 'r', keys).usable).toBe(false);
  });

  it('is not looked for in a secret that holds something else', () => {
    for (const text of [undefined, '', 'none', '[]', '{"name":1}'])
      expect(readCredentials(text)?.name).toBeUndefined();
  });
});

describe('what people are told', () => {
  const event = { execution: EXECUTION, description: { en: 'what', ko: '무엇' } };
  const told = (more: object, language: 'en' | 'ko' = 'en') =>
    slackMessage(slackEventSchema.parse({ ...event, ...more }), {
      language,
      environment: 'test',
      timeZone: 'Asia/Seoul',
    }).text;
  const planned = (plan: unknown, language?: 'en' | 'ko') =>
    told({ kind: 'restore-planned', report: plannedReport(plan) }, language);

  const pitr = planPitr(
    AT,
    {
      ...{ ref: REF, name: 'videoplanet', status: 'ACTIVE_HEALTHY', pitrEnabled: true },
      ...{ earliest: new Date('2026-11-20T00:00:00Z'), latest: new Date('2026-11-27T00:00:00Z') },
    },
    { now: new Date('2026-11-26T17:53:45Z'), timeZone: 'Asia/Seoul', kept: true },
  );

  it('of going back: how far, what is lost, what is not, and what to type', () => {
    const text = planned(pitr);
    for (const part of [
      'Goes back to: 2026-11-26T16:23:45Z (2026-11-27 01:23:45 Asia/Seoul)',
      'the 90 minutes since (1 h 30 min)',
      'Storage files stay as they are',
      'unavailable',
      `"confirm": "${REF}"`,
    ])
      expect(text).toContain(part);
    expect(planned(pitr, 'ko')).toMatch(/그 뒤 90분\(1시간 30분\)[\s\S]*Storage 파일은 그대로/);
  });

  it('of a new project: what it costs, what it writes over, and whether its disk is large enough', () => {
    const plan = planNewProject(
      { name: 'n', region: 'r', size: 'small', listed: undefined, withFiles: true, replacesSecretOf: REF },
      { slug: 's', name: 'Team', plan: 'pro', activeProjects: 9 },
      { sizeBytes: 30e9, tables: 18, objects: 40, storedBytes: 9e9, webhooks: false },
    );
    for (const language of ['en', 'ko'] as const)
      expect(planned(plan, language)).toMatch(new RegExp(`\\$15\\.33/month[\\s\\S]*8 GB[\\s\\S]*${REF}`));
  });

  it('of files: how many are new, how many are written over for good', () => {
    const plan = {
      ...{ id: 'files-1', project: REF, files: 5, bytes: 5e6, create: 3, overwrite: 1, equal: 1 },
      ...{ withoutContent: 2, overwritten: ['videos/a.mp4'], lacking: [], bucketsToMake: [] },
    };
    expect(planned(plan)).toMatch(
      /5 files, 5\.0 MB: 3 new[\s\S]*for good: videos\/a\.mp4[\s\S]*"confirm"[\s\S]*2 files/,
    );
    expect(planned(plan, 'ko')).toMatch(/되돌릴 수 없이 덮어쓸 것: videos\/a\.mp4/);
  });

  it('of a project that is back: the minutes; of one that was made: every step that is left', () => {
    const report = { ...plannedReport(null), minutes: 12.5 };
    expect(told({ kind: 'restore-verified', report, handover: {} })).toContain(
      '12.5 minutes after it was asked',
    );
    const handover = handoverOf({ ref: REF, name: 'n', price: '$1' }, 'the/secret', true);
    for (const language of ['en', 'ko'] as const) {
      const text = told({ kind: 'restore-verified', report: plannedReport(null), handover }, language);
      for (const step of handover.checklist[language]) expect(text).toContain(step.replaceAll('&', '&amp;'));
    }
    for (const word of [
      'JWT',
      'Edge Functions',
      'cron',
      'database-url',
      'DNS',
      'Realtime',
      'Network',
      'Add-ons',
    ])
      expect(handover.checklist.en.join(' ')).toContain(word);
  });

  it('of a restore of files: their number, and why others are not back', () => {
    const good = reportOf('{"verified":7,"failed":0,"failures":[],"notVerified":[]}', undefined);
    expect(told({ kind: 'restore-verified', report: good })).toContain('7 Storage files');
    const bad = reportOf('{"verified":6,"failed":1,"failures":["videos/a.mp4: gone"]}', undefined);
    expect(bad.error).toEqual({ name: 'FilesNotRestored', message: 'videos/a.mp4: gone' });
  });
});

describe('a failure', () => {
  const explained = (given: object) =>
    explainRestore(
      'test',
      restoreFailureSchema.parse({
        ...{ failure: {}, input: {}, execution: EXECUTION, restore: {}, report: {}, integrity: {} },
        ...given,
      }),
    );
  const project = { name: 'vpb-restore-test-1', ref: REF, price: '$15.33/month', status: 'X', looks: 3 };

  it('after a project was made names it, its price, and how it is deleted', () => {
    const { message, remains } = explained({
      failure: { project: { Error: 'SupabaseForbidden', Cause: '{"errorMessage":"no"}' } },
      project,
    });
    for (const part of [REF, '$15.33/month', 'Delete project']) {
      expect(message).toContain(part);
      expect(remains?.ko).toContain(part);
    }
  });

  it('before one was asked for names none', () => {
    expect(explained({ failure: { lookup: { Error: 'RestoreRefused' } } }).remains).toBeUndefined();
    expect(explained({ project: {} }).remains).toBeUndefined();
  });

  it.each([
    ['pitr', 'Lambda.Unknown', WORKFLOW_ERROR.pitrUnclear],
    ['pitr', WORKFLOW_ERROR.pitrFailed, WORKFLOW_ERROR.pitrFailed],
    ['pitr', WORKFLOW_ERROR.restoreRefused, WORKFLOW_ERROR.restoreRefused],
    ['project', 'SupabasePoolerForeign', WORKFLOW_ERROR.newProjectFailed],
    ['lookup', 'States.Timeout', WORKFLOW_ERROR.unexpected],
  ])('of the step %s by %s ends as %s', (step, thrown, error) => {
    expect(explained({ failure: { [step]: { Error: thrown, Cause: '' } } }).error).toBe(error);
  });

  it('after a project was asked to go back leads to the set of before', () => {
    const restore = { mode: 'pitr', target: 'source', keptAs: 'prerestore-20261127T020000Z' };
    const kept = 'what was there before is kept as the set prerestore-20261127T020000Z';
    expect(explained({ restore, failure: { pitr: { Error: WORKFLOW_ERROR.pitrFailed } } }).cause).toContain(
      kept,
    );
    const violated = { outcome: 'violated', findings: [] };
    expect(explained({ restore, report: plannedReport(null), integrity: violated }).cause).toContain(kept);
    expect(explained({ restore, failure: { preserve: { Error: 'States.Timeout' } } }).cause).not.toContain(
      kept,
    );
  });

  it('of files by themselves, and of those after a database, ends by their name', () => {
    const failed = { ...plannedReport(null), ended: 'failed', error: { name: 'X', message: 'gone' } };
    expect(explained({ restore: { mode: 'files' }, report: failed })).toMatchObject({
      error: WORKFLOW_ERROR.filesFailed,
      cause: expect.stringContaining('gone'),
    });
    expect(explained({ report: plannedReport(null), files: failed, project }).error).toBe(
      WORKFLOW_ERROR.filesFailed,
    );
    const unproved = { ...plannedReport(null), ended: 'not-verified', notVerified: ['a row'] };
    expect(explained({ report: plannedReport(null), files: unproved })).toMatchObject({
      error: WORKFLOW_ERROR.restoreNotVerified,
      cause: expect.stringContaining('files: a row'),
    });
  });
});
