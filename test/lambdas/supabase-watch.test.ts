import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { drillProjectName } from '../../core/supabase/drill-name.ts';
import { type Bundles, bundleFunctions, type CallEnd } from '../support/functions.ts';
import { type ScriptedAnswer, type ScriptedSupabase, scriptSupabase } from '../support/supabase-answers.ts';

const SOURCE = 'sourcesourcesourcesr';
const TOKEN = 'sbp_0123456789abcdef0123456789abcdef01234567';
const BACKUPS = `GET /v1/projects/${SOURCE}/database/backups`;
const PROJECTS = 'GET /v1/organizations/videoplanet-drills/projects';
const HOUR_MS = 3_600_000;

let bundles: Bundles;
let supabase: ScriptedSupabase;
let secrets: SecretsManagerClient;
let tokenArn: string;
beforeAll(async () => {
  secrets = new SecretsManagerClient({
    endpoint: inject('s3').endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  [bundles, supabase, tokenArn] = await Promise.all([
    bundleFunctions(['pitr-monitor', 'supabase-reaper']),
    scriptSupabase(),
    secret(`${TOKEN}\n`),
  ]);
});
afterAll(() => Promise.all([bundles.remove(), supabase.stop()]));

async function secret(SecretString?: string): Promise<string> {
  const Name = `test-${crypto.randomUUID()}`;
  const { ARN = '' } = await secrets.send(
    new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
  );
  return ARN;
}

async function call(
  capability: string,
  answers: Readonly<Record<string, ScriptedAnswer>>,
  changes: Readonly<Record<string, string>> = {},
): Promise<CallEnd> {
  supabase.answerWith(answers);
  return bundles.call(
    capability,
    {},
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: inject('s3').endpoint,
      ENVIRONMENT_NAME: 'test',
      SUPABASE_PROJECT_REF: SOURCE,
      SUPABASE_TOKEN_SECRET_ARN: tokenArn,
      SUPABASE_API_URL: supabase.url,
      SUPABASE_DRILL: '{"organization":"videoplanet-drills","maxHours":6}',
      ...changes,
    },
  );
}

const valuesOf = ({ metrics }: CallEnd) =>
  Object.fromEntries(
    metrics.map(({ namespace, name, value, dimensions }) => {
      // alarms look for exactly this dimension
      expect([namespace, dimensions]).toEqual(['VideoPlanetBackup', { Environment: 'test' }]);
      return [name, value];
    }),
  );
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

describe('the monitor of point-in-time recovery', () => {
  const backups = (enabled: boolean, dates: object = {}): Record<string, ScriptedAnswer> => ({
    [BACKUPS]: {
      body: {
        region: 'ap-northeast-2',
        walg_enabled: true,
        pitr_enabled: enabled,
        backups: [],
        physical_backup_data: dates,
      },
    },
  });
  const monitor = (...given: Parameters<typeof backups>) => call('pitr-monitor', backups(...given));

  it('measures the age of the newest point and the days there are', async () => {
    const end = await monitor(true, {
      earliest_physical_backup_date_unix: secondsAgo(7 * 86_400),
      latest_physical_backup_date_unix: secondsAgo(120),
    });
    expect(end.error).toBeUndefined();
    const { PitrEnabled, PitrNewestPointAgeMinutes, PitrDays } = valuesOf(end);
    expect([PitrEnabled, Math.floor(Number(PitrDays))]).toEqual([1, 7]);
    // a slow machine makes it older
    expect(PitrNewestPointAgeMinutes).toBeGreaterThanOrEqual(2);
    expect(PitrNewestPointAgeMinutes).toBeLessThan(60);
    expect([...supabase.tokens]).toEqual([`Bearer ${TOKEN}`]);
  });

  it('says that it is off, and nothing of the daily backups that are there instead', async () => {
    const end = await monitor(false, { latest_physical_backup_date_unix: secondsAgo(40_000) });
    expect(end.result).toEqual({ enabled: false });
    expect(valuesOf(end)).toEqual({ PitrEnabled: 0 });
  });

  it('has no days while there is no point yet', async () => {
    expect(valuesOf(await monitor(true))).toEqual({ PitrEnabled: 1, PitrDays: 0 });
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['a token nobody knows', { status: 401, body: { message: 'Unauthorized' } }, 'SupabaseTokenRejected'],
    ['a token that may not', { status: 403, body: { message: 'Forbidden' } }, 'SupabaseForbidden'],
    ['a project that is gone', { status: 404, body: { message: 'Not found' } }, 'SupabaseNotFound'],
    ['another answer than was promised', { body: { backups: [] } }, 'SupabaseAnswerInvalid'],
  ])('fails and measures nothing with %s: that is silence, and not off', async (_, answer, error) => {
    const end = await call('pitr-monitor', { [BACKUPS]: answer });
    expect(end.error?.name).toBe(error);
    expect(end.metrics).toEqual([]);
    expect(JSON.stringify([end.error, end.log])).not.toContain(TOKEN);
  });

  it('fails and measures nothing by points that lie ahead', async () => {
    const end = await monitor(true, {
      earliest_physical_backup_date_unix: secondsAgo(86_400),
      latest_physical_backup_date_unix: secondsAgo(-86_400),
    });
    expect(end.error?.name).toBe('PitrStateImplausible');
    expect(end.metrics).toEqual([]);
  });

  it('fails and asks nobody while the secret is empty', async () => {
    const end = await call('pitr-monitor', backups(true), { SUPABASE_TOKEN_SECRET_ARN: await secret() });
    expect(end.error?.name).toBe('SecretUnreadableError');
    expect(supabase.asked).toEqual([]);
  });
});

describe('the reaper', () => {
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS);
  const project = (ref: string, changes: object = {}) => ({
    ref,
    name: drillProjectName('test', { id: 'a', startedAt: hoursAgo(7) }),
    cloud_provider: 'AWS',
    region: 'ap-northeast-2',
    is_branch: false,
    status: 'ACTIVE_HEALTHY',
    inserted_at: hoursAgo(7).toISOString(),
    databases: [],
    ...changes,
  });
  const [FIRST, SECOND, THIRD] = ['a', 'b', 'c'].map((letter) => letter.repeat(20)) as [
    string,
    string,
    string,
  ];
  const reap = (projects: readonly object[], deletions: Record<string, ScriptedAnswer> = {}) =>
    call('supabase-reaper', {
      [PROJECTS]: {
        body: { projects, pagination: { count: projects.length, limit: 100, offset: 0 } },
      },
      ...deletions,
    });
  const deletions = () => supabase.asked.filter((asked) => asked.startsWith('DELETE'));
  const deletes = (...refs: string[]) =>
    Object.fromEntries(
      refs.map((ref): [string, ScriptedAnswer] => [
        `DELETE /v1/projects/${ref}`,
        { body: { id: 1, ref, name: 'x' } },
      ]),
    );

  it('deletes what drills of this environment left, tells of each, and touches nothing else', async () => {
    const end = await reap(
      [
        project('d'.repeat(20), { name: 'videoplanet' }),
        project(FIRST),
        project('e'.repeat(20), {
          name: drillProjectName('production', { id: 'a', startedAt: hoursAgo(7) }),
        }),
        project('f'.repeat(20), { name: drillProjectName('test', { id: 'a', startedAt: hoursAgo(5) }) }),
        project('g'.repeat(20), { inserted_at: hoursAgo(5).toISOString() }),
        project('h'.repeat(20), { status: 'GOING_DOWN' }),
        project(SOURCE),
        project(SECOND, { status: 'INIT_FAILED' }),
      ],
      deletes(FIRST, SECOND),
    );
    expect(end.result).toEqual({ projects: 8, deleted: [FIRST, SECOND], kept: [] });
    expect(deletions()).toEqual([FIRST, SECOND].map((ref) => `DELETE /v1/projects/${ref}`));
    expect(end.metrics.map(({ name, value }) => [name, value])).toEqual([
      ['LeakedProjectsDeleted', 1],
      ['LeakedProjectsDeleted', 1],
    ]);
    const told = end.log.filter(({ message }) => message === 'a project that a drill left was deleted');
    expect(told.map(({ ref }) => ref)).toEqual([FIRST, SECOND]);
  });

  it('goes on after one that cannot be deleted, and says which and what to do', async () => {
    const end = await reap([project(FIRST), project(SECOND), project(THIRD)], {
      ...deletes(FIRST, THIRD),
      [`DELETE /v1/projects/${SECOND}`]: { status: 403, body: { message: 'not yours' } },
    });
    expect(end.error).toBeUndefined();
    expect(end.result).toEqual({ projects: 3, deleted: [FIRST, THIRD], kept: [SECOND] });
    expect(valuesOf(end)).toEqual({ LeakedProjectsDeleted: 1, LeakedProjectsKept: 1 });
    expect(end.log.filter(({ level }) => level === 'ERROR')).toEqual([
      expect.objectContaining({
        ref: SECOND,
        reason: expect.stringContaining('not yours'),
        whatToDo: expect.stringContaining(`/project/${SECOND}/`),
      }),
    ]);
  });

  it('says nothing where nothing was left', async () => {
    const end = await reap([project(FIRST, { name: 'videoplanet' })]);
    expect([end.result, end.metrics]).toEqual([{ projects: 1, deleted: [], kept: [] }, []]);
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['refused', { status: 403, body: { message: 'Forbidden' } }, 'SupabaseForbidden'],
    ['not a list', { body: { projects: 'none' } }, 'SupabaseAnswerInvalid'],
    [
      'one with a project whose age nobody can read',
      {
        body: {
          projects: [project(FIRST), project(SECOND, { inserted_at: 'yesterday' })],
          pagination: { count: 2, limit: 100, offset: 0 },
        },
      },
      'SupabaseAnswerInvalid',
    ],
  ])('fails and deletes nothing where the list is %s', async (_, answer, error) => {
    const end = await call('supabase-reaper', { [PROJECTS]: answer, ...deletes(FIRST, SECOND) });
    expect(end.error?.name).toBe(error);
    expect(deletions()).toEqual([]);
    expect(JSON.stringify([end.error, end.log])).not.toContain(TOKEN);
  });
});
