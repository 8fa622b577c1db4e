import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import type { ExecutionResult } from '../../local/cloud/execution.ts';
import { type LocalSlack, startSlack } from '../../local/slack.ts';
import {
  LOCAL_ORGANIZATION,
  LOCAL_TOKEN,
  type ManagementApi,
  startManagementApi,
} from '../../local/supabase/management-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../local/supabase/projects.ts';
import { startStorage } from '../../local/supabase/storage.ts';
import { type DeployedApp, deployApp } from '../support/cloud.ts';
import { engine } from '../support/engine.ts';

const CONTENT = `
  CREATE TABLE public.projects (id int PRIMARY KEY, title text NOT NULL);
  ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON public.projects TO authenticated USING (true);
  INSERT INTO public.projects SELECT i, 'title ' || i FROM generate_series(1, 20) AS i;`;
const HOUR = 3_600_000;
const DONE = {
  ...{ ended: 'verified', exitCode: 0, notVerified: [], error: null },
  counts: { tables: null, rows: null, changed: null },
};

let supabase: LocalSupabase;
let api: ManagementApi;
let app: DeployedApp;
let slack: LocalSlack;
let source: Project;
/** Every execution, with all that its states were given and its programs said. */
const ends: ExecutionResult[] = [];
/** Every password and key that ever lay in the secret of new projects. */
const hidden = new Set([LOCAL_TOKEN]);

beforeAll(async () => {
  [supabase, slack] = await Promise.all([startSupabase({ major: 17 }), startSlack()]);
  source = await supabase.makeProject();
  await query(source.url, CONTENT);
  api = await startManagementApi(supabase, {
    // as the database was: nothing had been deleted yet
    onPitr: async ({ url }) => void (await query(url, "INSERT INTO public.projects VALUES (7, 'title 7')")),
  });
  api.adopt(source, { name: 'videoplanet', password: 'x' });
  app = await deployApp(source.url, {
    supabase: {
      projectRef: source.ref,
      newProjects: { organization: LOCAL_ORGANIZATION, region: 'ap-northeast-2' },
    },
    environment: { SUPABASE_API_URL: api.endpoint, SUPABASE_POOLER_PORT: String(api.poolerPort) },
  });
  const { privateKey } = inject('keys');
  for (const [name, value] of Object.entries({
    ...{ 'supabase-token': LOCAL_TOKEN, 'slack-webhook-url': slack.webhookUrl },
    ...{ 'gpg-private-key': privateKey, 'gpg-passphrase': 'none', 'target-database-url': 'none' },
  }))
    await app.putSecret(name, value);
  const made = await app.backup({ kind: 'daily', slot: '2026-11-01T00:00:00Z' });
  expect(made.status, JSON.stringify(made.programs)).toBe('SUCCEEDED');
});
afterAll(async () => {
  await app?.stop();
  await api?.stop();
  await Promise.all([supabase?.stop(), slack?.stop()]);
});

let told: number;
let asked: number;
beforeEach(() => {
  told = slack.messages.length;
  asked = api.requests.length;
  const now = Date.now();
  api.setPitr(source.ref, { earliest: new Date(now - 24 * HOUR), latest: new Date(now) });
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function restore(
  input: unknown,
  options: Parameters<DeployedApp['restore']>[1] = {},
): Promise<ExecutionResult> {
  const end = await app.restore(input, { waitMs: 0, ...options });
  ends.push(end);
  const { password, storageSessionToken, storageSecretAccessKey, pending } = await newProjectSecret();
  for (const value of [password, storageSessionToken, storageSecretAccessKey, pending?.password])
    if (value !== undefined) hidden.add(value);
  return end;
}

const anHourAgo = () => new Date(Date.now() - HOUR).toISOString();
const messages = () => slack.messages.slice(told).join('\n');
/** Requests that change something, of this test. */
const changes = () => api.requests.slice(asked).filter((request) => !request.startsWith('GET '));
const titles = async (url: string) =>
  (await query(url, 'SELECT count(*)::int AS n FROM public.projects'))[0]?.n;

async function records(name: string): Promise<Record<string, unknown>[]> {
  const keys = (await app.versions('audit/')).filter((key) => key.includes(`-restore-${name}-`));
  return Promise.all(keys.sort().map(async (key) => JSON.parse(await app.readText(key))));
}

async function newProjectSecret(): Promise<Record<string, string> & { pending?: { password: string } }> {
  const secrets = new SecretsManagerClient({
    endpoint: app.s3.endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { SecretString = '{}' } = await secrets
    .send(new GetSecretValueCommand({ SecretId: 'videoplanet-backup/staging/new-project' }))
    .catch(() => ({}) as { SecretString?: string });
  return JSON.parse(SecretString);
}

describe('a project that goes back in time', () => {
  it('is planned: what is possible, what is lost, what to confirm; and nothing is asked for', async () => {
    const end = await restore({ mode: 'pitr', at: anHourAgo(), plan: true }, { name: 'pitr-plan' });
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      states: [
        ...['Receive', 'Plan', 'AskSupabase?', 'PlanPitr', 'LookedUp?', 'KeepPlan'],
        ...['AuditPlanned', 'TellPlanned', 'Planned'],
      ],
    });
    expect(messages()).toMatch(/되돌릴 수 있는 범위: .*Asia\/Seoul[\s\S]*잃는 것: 그 뒤 6[01]분/);
    expect(messages()).toContain(`"confirm": "${source.ref}"`);
    expect(changes()).toEqual([]);
    expect(await records('pitr-plan')).toEqual([
      expect.objectContaining({
        status: 'planned',
        details: {
          restore: expect.objectContaining({ mode: 'pitr', project: source.ref }),
          report: expect.objectContaining({ plan: expect.objectContaining({ mode: 'pitr' }) }),
        },
      }),
    ]);
  });

  it.each([
    ['another name', { confirm: 'postgres' }, `the project that goes back is`],
    ['a second it cannot reach', { at: '2020-01-01T00:00:00+09:00' }, 'can go back to any second from'],
  ])('is refused with %s, before anything is done', async (_, more, words) => {
    const end = await restore({ mode: 'pitr', at: anHourAgo(), confirm: source.ref, ...more });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
    expect(end.cause).toContain(words);
    expect(end.states).toEqual([
      ...['Receive', 'Plan', 'AskSupabase?', 'PlanPitr'],
      ...['Explain', 'AuditFailure', 'Alert', 'TellFailure', 'Failed'],
    ]);
    expect(changes()).toEqual([]);
  });

  it('is kept as a set, asked once, waited for, checked, measured, recorded and told of', async () => {
    await query(source.url, 'DELETE FROM public.projects WHERE id = 7');
    const end = await restore({ mode: 'pitr', at: anHourAgo(), confirm: source.ref }, { name: 'pitr-done' });
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(
      end.states.filter((state) => state !== 'WaitForPitr' && state !== 'Pitr?' && state !== 'LookPitr'),
    ).toEqual([
      ...['Receive', 'Plan', 'AskSupabase?', 'PlanPitr', 'LookedUp?', 'AuditStarted', 'TellStarted', 'Thaw?'],
      ...['Preserve?', 'PreserveSource', 'VerifyPreserved', 'Where?', 'StartPitr', 'PitrBack', 'Ended?'],
      ...[
        'WithFiles?',
        'Integrity',
        'Proved?',
        'ProvedWithFiles?',
        'AuditSuccess',
        'TellVerified',
        'Verified',
      ],
    ]);
    expect(changes()).toEqual([`POST /v1/projects/${source.ref}/database/backups/restore-pitr`]);
    expect(await titles(source.url)).toBe(20);
    const { plan } = end.output as { plan: { facts: { keptAs: string } } };
    expect((await app.versions(`${plan.facts.keptAs.replace('-', '/')}/`)).join()).toContain(
      'verification.json',
    );
    expect((await records('pitr-done')).at(-1)).toMatchObject({
      status: 'succeeded',
      details: {
        restore: { mode: 'pitr', target: 'source', keptAs: plan.facts.keptAs },
        report: { ended: 'verified', minutes: expect.any(Number) },
        integrity: { outcome: 'verified', target: 'source' },
      },
    });
    expect(messages()).toMatch(
      /복원을 시작했습니다[\s\S]*과거 시점으로 되돌렸고 다시 쓸 수 있습니다. 요청한 지 [\d.]+분/,
    );
  });

  it('that fails in Supabase ends by its own name, and says what to do', async () => {
    api.nextRestore([
      { status: 'RESTORING', looks: 1 },
      { status: 'RESTORE_FAILED' },
      { status: 'ACTIVE_HEALTHY' },
    ]);
    await query(source.url, 'DELETE FROM public.projects WHERE id = 7');
    const end = await restore(
      { mode: 'pitr', at: anHourAgo(), confirm: source.ref, withoutPreRestoreSet: true },
      { name: 'pitr-failed' },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.pitrFailed });
    expect(end.states).not.toContain('PreserveSource');
    expect(end.cause).toContain('RESTORE_FAILED');
    expect(messages()).toMatch(/프로젝트를 쓸 수 없고[\s\S]*runbook.md#pitrrestorefailed/);
    expect((await records('pitr-failed'))[0]).toMatchObject({ status: 'failed' });
    // as Supabase's support would
    await fresh();
  });

  it('is not asked to go where what is there could not be kept', async () => {
    const end = await restore(
      { mode: 'pitr', at: anHourAgo(), confirm: source.ref },
      { retryIntervalMs: 0, startFailures: { PreserveSource: Array(20).fill('AmazonECS.Unknown') } },
    );
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(changes()).toEqual([]);
  });

  it('is looked at, and not asked again, where it is not known whether it was asked', async () => {
    await query(source.url, 'DELETE FROM public.projects WHERE id = 7');
    let reached: Promise<unknown> | undefined;
    const end = await restore(
      { mode: 'pitr', at: anHourAgo(), confirm: source.ref, withoutPreRestoreSet: true },
      {
        startFailures: { StartPitr: ['Lambda.Unknown'] },
        onEvent: (event) => {
          if (event.type !== 'StateEntered' || event.state.name !== 'PitrAnswerLost') return;
          // what was sent before the function was lost
          reached = fetch(`${api.endpoint}/v1/projects/${source.ref}/database/backups/restore-pitr`, {
            method: 'POST',
            headers: { authorization: `Bearer ${LOCAL_TOKEN}` },
            body: JSON.stringify({ recovery_time_target_unix: Math.floor((Date.now() - HOUR) / 1000) }),
          });
        },
      },
    );
    await reached;
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(changes()).toHaveLength(1);
  });
});

/** Whoever looks often enough sees the project healthy again, as the stand-in was told. */
async function fresh(): Promise<void> {
  api.nextRestore([{ status: 'ACTIVE_HEALTHY' }]);
  await query(source.url, 'DELETE FROM public.projects WHERE id = 7');
  await fetch(`${api.endpoint}/v1/projects/${source.ref}/database/backups/restore-pitr`, {
    method: 'POST',
    headers: { authorization: `Bearer ${LOCAL_TOKEN}` },
    body: JSON.stringify({ recovery_time_target_unix: Math.floor((Date.now() - HOUR) / 1000) }),
  });
}

describe('a new project', () => {
  const WANTED = { mode: 'full', backup: 'latest', target: 'new-project' };

  it('is planned with its price, and not made', async () => {
    const end = await restore({ ...WANTED, files: true, plan: true });
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(end.states.at(-1)).toBe('Planned');
    expect(messages()).toMatch(/vpb-restore-staging-\d{8}T\d{6}Z-[0-9a-f]{6}[\s\S]*\$15\.33\/month/);
    expect(changes()).toEqual([]);
  });

  it('is made, restored into, checked, and handed over with what is left to do', async () => {
    const end = await restore(WANTED, { name: 'project-done' });
    expect(end, JSON.stringify(end.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(end.states).toEqual(
      expect.arrayContaining([
        'MakeProject',
        'LookProject',
        'HandOver',
        'RestoreProject',
        'Integrity',
        'Verified',
      ]),
    );
    expect(end.states).not.toContain('RestoreFilesToo');
    const { ref, name, databaseUrl = '' } = await newProjectSecret();
    expect(name).toMatch(/^vpb-restore-staging-/);
    expect(await titles(databaseUrl)).toBe(20);
    expect(changes()).toEqual(['POST /v1/projects', `POST /v1/projects/${ref}/database/webhooks/enable`]);
    expect(messages()).toMatch(
      new RegExp(`새 프로젝트: ${ref} [\\s\\S]*직접 해야 할 일:[\\s\\S]*API 키와 JWT`),
    );
    expect((await records('project-done')).at(-1)).toMatchObject({
      status: 'succeeded',
      details: {
        integrity: { target: 'new-project', outcome: 'verified' },
        handover: { ref, price: expect.stringContaining('$15.33'), checklist: { ko: expect.any(Array) } },
      },
    });
  });

  it('gets its Storage files too, and is proved only with them', async () => {
    const run = { RestoreFilesToo: [{}] };
    const good = await restore({ ...WANTED, files: true }, { answers: { ...run, ReportFiles: [DONE] } });
    expect(good, JSON.stringify(good.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(good.states.slice(-6)).toEqual([
      'Proved?',
      'ProvedWithFiles?',
      'FilesProved?',
      'AuditSuccess',
      'TellVerified',
      'Verified',
    ]);
    const error = { name: 'FileUnreadError', message: 'videos/a.mp4 is gone' };
    const bad = await restore(
      { ...WANTED, files: true },
      { answers: { ...run, ReportFiles: [{ ...DONE, ended: 'failed', exitCode: 1, error }] } },
    );
    expect(bad).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.filesFailed });
    expect(bad.cause).toContain('videos/a.mp4 is gone');
    expect(messages()).toMatch(/비용이 \$15\.33\/month/);
  });

  it('that does not come up stays, and the alert names it, its price and how it is deleted', async () => {
    const mailed = app.cloud.publications.length;
    api.nextProject({ phases: [{ status: 'COMING_UP', looks: 1 }, { status: 'INIT_FAILED' }] });
    const end = await restore(WANTED, { name: 'project-failed' });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.newProjectFailed });
    const [record] = await records('project-failed');
    const { project } = (record as { details: { project: { ref: string } } }).details;
    expect(api.refs()).toContain(project.ref);
    for (const text of [messages(), app.cloud.publications.slice(mailed)[0]?.message]) {
      expect(text).toContain(project.ref);
      expect(text).toContain('$15.33/month');
      expect(text).toContain('"Delete project"');
    }
    expect(changes()).toEqual(['POST /v1/projects']);
  });

  it('stays also where the restore into it fails', async () => {
    const end = await restore(WANTED, {
      retryIntervalMs: 0,
      startFailures: { RestoreProject: Array(20).fill('AmazonECS.Unknown') },
    });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.taskNotStarted });
    expect(messages()).toMatch(/새 프로젝트 [a-z]{20}\(vpb-restore-staging-.*비용이 \$15\.33\/month/);
  });

  it('that Supabase refuses was not made', async () => {
    api.fail('POST /v1/projects', { status: 402, body: { message: 'Upgrade your plan' } });
    const end = await restore(WANTED);
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.newProjectFailed });
    expect(end.cause).toContain('wants a higher plan or a payment');
    expect(messages()).not.toContain('Delete project');
  });

  it('is looked for by its name where it is not known whether it was asked for', async () => {
    const end = await restore(WANTED, { startFailures: { MakeProject: ['Lambda.Unknown'] } });
    expect(end).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.newProjectFailed });
    expect(end.cause).toMatch(/none named vpb-restore-staging-\S+ appeared within 5 minutes/);
    expect(messages()).toMatch(/vpb-restore-staging-\S+\(이\)라는 프로젝트가 만들어졌는지 알 수 없습니다/);
    expect(changes()).toEqual([]);
  });
});

describe('Storage files', () => {
  it.each([
    ['source', 'RestoreFilesInPlace'],
    ['target', 'RestoreFiles'],
    ['new-project', 'RestoreFilesOfProject'],
  ])(
    'into %s are brought by the task that knows it, and no rule of a database is checked',
    async (target, state) => {
      const input = { mode: 'files', bucket: 'videos', target, confirm: source.ref };
      const end = await restore(input, { answers: { [state]: [{}], Report: [DONE] } });
      expect(end, JSON.stringify(end.programs)).toMatchObject({
        status: 'SUCCEEDED',
        output: {
          plan: { command: ['files', 'restore', 'latest', '--bucket', 'videos', '--confirm', source.ref] },
        },
      });
      expect(end.states).toContain(state);
      expect(end.states).not.toContain('Integrity');
      const failed = await restore(input, {
        answers: {
          [state]: [{}],
          Report: [{ ...DONE, ended: 'not-verified', notVerified: ['videos/a.mp4'] }],
        },
      });
      expect(failed).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreNotVerified });
      expect(failed.cause).toContain('videos/a.mp4');
    },
  );
});

describe('a file that is gone', () => {
  it('comes back into the Storage that is backed up: planned, confirmed, restored, counted', async () => {
    const refusals = app.cloud.refusals.length;
    const storage = await startStorage(source.adminUrl);
    const file = { Bucket: 'videos', Key: 'a/intro.mp4' };
    await query(source.url, "INSERT INTO storage.buckets (id, name) VALUES ('videos', 'videos')");
    const env = storage.env();
    const client = new S3Client({
      endpoint: storage.endpoint,
      region: env.STORAGE_S3_REGION ?? '',
      credentials: {
        accessKeyId: env.STORAGE_S3_ACCESS_KEY_ID ?? '',
        secretAccessKey: env.STORAGE_S3_SECRET_ACCESS_KEY ?? '',
      },
      forcePathStyle: true,
    });
    await client.send(new PutObjectCommand({ ...file, Body: Buffer.from('as it was') }));
    const made = await engine(['files', 'backup'], {
      ...{ ...app.s3.env, BACKUP_BUCKET: app.bucket, DATABASE_URL: source.url, ...env },
      GPG_PUBLIC_KEY: inject('keys').publicKey,
    });
    expect(made.exitCode, made.stderr).toBe(0);
    await client.send(new PutObjectCommand({ ...file, Body: Buffer.from('spoilt') }));
    await app.putSecret(
      'storage-s3',
      JSON.stringify({
        endpoint: storage.endpoint,
        region: env.STORAGE_S3_REGION,
        accessKeyId: env.STORAGE_S3_ACCESS_KEY_ID,
        secretAccessKey: env.STORAGE_S3_SECRET_ACCESS_KEY,
        sessionToken: '',
      }),
    );
    const input = { mode: 'files', file: 'videos/a/intro.mp4', target: 'source' };
    const planned = await restore({ ...input, plan: true });
    expect(planned, JSON.stringify(planned.programs)).toMatchObject({ status: 'SUCCEEDED' });
    expect(messages()).toMatch(/되돌릴 수 없이 덮어쓸 것: videos\/a\/intro\.mp4/);
    const unnamed = await restore({ ...input, confirm: 'another' });
    expect(unnamed).toMatchObject({ status: 'FAILED', error: WORKFLOW_ERROR.restoreRefused });
    expect(String(await storage.bytesOf('videos', 'a/intro.mp4'))).toBe('spoilt');
    const end = await restore({ ...input, confirm: source.ref });
    expect(end, JSON.stringify(end.programs)).toMatchObject({
      status: 'SUCCEEDED',
      output: { report: { ended: 'verified', counts: { files: 1 } } },
    });
    expect(String(await storage.bytesOf('videos', 'a/intro.mp4'))).toBe('as it was');
    expect(messages()).toContain('Storage 파일 1개');
    expect(app.cloud.refusals.slice(refusals)).toEqual([]);
    client.destroy();
    await storage.stop();
  });
});

describe('passwords and tokens', () => {
  it('are in no state, no log, no message and no record', async () => {
    expect(ends.length).toBeGreaterThan(10);
    // the token, four passwords at the least, and the keys of two projects
    expect(hidden.size).toBeGreaterThan(8);
    const audit = await Promise.all((await app.versions('audit/')).map((key) => app.readText(key)));
    const text = JSON.stringify([ends, slack.messages, app.cloud.publications, audit]);
    for (const value of hidden) {
      expect(value).toMatch(/^\S{20,}$/);
      expect(text.includes(value)).toBe(false);
    }
  });
});
