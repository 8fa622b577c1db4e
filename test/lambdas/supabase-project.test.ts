import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { newProjectName } from '../../core/new-project/name.ts';
import { LOCAL_TOKEN, startManagementApi } from '../../local/supabase/management-api.ts';
import type { CallEnd } from '../support/functions.ts';
import { type SupabaseStage, startSupabaseStage } from '../support/supabase-functions.ts';

const LOAD = { sizeBytes: 30e6, tables: 18, objects: 3, storedBytes: 2e6, webhooks: true };
const SECRET_NAME = 'videoplanet-backup/test/new-project';

let stage: SupabaseStage;
/** Everything any call answered, threw or logged. */
const said: CallEnd[] = [];
beforeAll(async () => {
  stage = await startSupabaseStage(['supabase-project']);
});
afterAll(() => stage.stop());

let name: string;
beforeEach(() => {
  name = newProjectName('test', new Date());
});

async function call(event: unknown, env: Readonly<Record<string, string>> = {}): Promise<CallEnd> {
  const end = await stage.call('supabase-project', event, env);
  said.push(end);
  return end;
}
const plan = (env: Readonly<Record<string, string>> = {}, load = LOAD) =>
  call({ action: 'plan', facts: { project: name, files: null }, load }, env);
const make = () => call({ action: 'make', name, price: '$15/month', size: 'small' });
const handOver = (project: unknown, webhooks = true) => call({ action: 'handover', project, webhooks });
const look = (project: unknown) => call({ action: 'look', project });

/** Looks until it is ready, or has failed. */
async function lookOn(project: unknown, most = 8): Promise<CallEnd> {
  let end = await look(project);
  for (let looks = 1; looks < most && end.error === undefined && !end.result.ready; looks++)
    end = await look(end.result);
  return end;
}

const kept = async () => JSON.parse((await stage.secretText(stage.newProjectArn)) ?? '{}');
const posts = () => stage.changes().filter((request) => request === 'POST /v1/projects').length;

describe('the plan of a new project', () => {
  it('says where it is made, how large and what it costs by the list of Supabase', async () => {
    const before = stage.changes().length;
    const { result, error } = await plan();
    expect(error).toBeUndefined();
    expect(result).toMatchObject({
      price: '$15.33/month ($0.0206/hour, small)',
      size: 'small',
      report: {
        ended: 'verified',
        plan: {
          mode: 'new-project',
          name,
          organization: { slug: 'local-organization', plan: 'pro' },
          region: 'ap-northeast-2',
          load: LOAD,
          diskMayFill: false,
        },
      },
    });
    expect(stage.changes()).toHaveLength(before);
  });

  it('takes the price from its own table where the list cannot be read', async () => {
    stage.api.fail(/billing/, {
      status: 403,
      body: { message: 'no', missing_permissions: ['infra_add_ons_read'] },
    });
    expect((await plan()).result.price).toBe('$15.33/month ($0.0206/hour, small)');
  });

  it('says that a disk of 8 GB may turn read-only under what is brought', async () => {
    const { result } = await plan({}, { ...LOAD, sizeBytes: 40e9 });
    expect(result.report.plan.diskMayFill).toBe(true);
  });

  it.each([
    [{ status: 401, body: { message: 'Unauthorized' } }, /does not know the access token/],
    [
      { status: 403, body: { message: 'Forbidden', missing_permissions: ['organization_admin_read'] } },
      /it lacks organization_admin_read/,
    ],
  ])('is refused in words where Supabase answers %j', async (fault, words) => {
    stage.api.fail('GET /v1/organizations/local-organization', fault);
    const { error } = await plan();
    expect(error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
    expect(error?.message).toMatch(words);
    expect(error?.message).toMatch(/No project was asked for: .*아무 작업도 하지 않았습니다/s);
  });

  it('is refused in a Free organization that has its two projects, or for a database it would not hold', async () => {
    const free = await startManagementApi(stage.supabase, { plan: 'free' });
    const there = { SUPABASE_API_URL: free.endpoint };
    const roomy = await plan(there);
    expect(roomy.result).toMatchObject({ price: '$0 (Free)', size: '' });
    expect((await plan(there, { ...LOAD, sizeBytes: 800e6 })).error?.message).toContain('above 500 MB');
    for (const project of ['one', 'two'])
      free.adopt(await stage.supabase.makeProject(), { name: project, password: 'x' });
    const full = await plan(there);
    expect(full.error?.name).toBe(WORKFLOW_ERROR.restoreRefused);
    expect(full.error?.message).toContain('gives 2 running projects, and has 2');
    await free.stop();
  });
});

describe('a project', () => {
  it('is made, waited for and handed over: its password opens it, and is in the secret alone', async () => {
    const before = posts();
    const made = await make();
    expect(made.result).toMatchObject({ name, ref: expect.stringMatching(/^[a-z]{20}$/), ready: false });
    const ready = await lookOn(made.result);
    expect(ready.result).toMatchObject({ ready: true, status: 'ACTIVE_HEALTHY' });
    const { result, error } = await handOver(ready.result);
    expect(error).toBeUndefined();
    expect(result).toMatchObject({
      ref: made.result.ref,
      storage: true,
      secret: SECRET_NAME,
      checklist: { en: expect.any(Array), ko: expect.any(Array) },
    });
    expect(result.checklist.ko).toHaveLength(result.checklist.en.length);
    const secret = await kept();
    expect(secret).toMatchObject({
      name,
      ref: made.result.ref,
      storageEndpoint: `https://${made.result.ref}.storage.supabase.co/storage/v1/s3`,
      storageRegion: 'ap-northeast-2',
      storageAccessKeyId: made.result.ref,
      storageSecretAccessKey: expect.stringMatching(/^ey/),
      storageSessionToken: expect.stringMatching(/^ey/),
    });
    expect(secret.password).toMatch(/^[A-Za-z0-9]{40}$/);
    const client = new pg.Client(secret.databaseUrl);
    await client.connect();
    const { rows } = await client.query('SELECT current_user AS name');
    await client.end();
    expect(rows).toEqual([{ name: 'postgres' }]);
    expect(posts()).toBe(before + 1);
    const text = JSON.stringify(said);
    for (const hidden of [
      secret.password,
      secret.storageSessionToken,
      secret.storageSecretAccessKey,
      LOCAL_TOKEN,
    ])
      expect(text).not.toContain(hidden);
  });

  it('is handed over without keys too, and says that its Storage does not open', async () => {
    const ready = await lookOn((await make()).result);
    stage.api.fail(/api-keys/, { status: 403, body: { message: 'no' } });
    const { result } = await handOver(ready.result);
    expect(result.storage).toBe(false);
    // without the field a task would not start
    expect(await kept()).toMatchObject({ storageAccessKeyId: 'none', storageSessionToken: 'none' });
  });

  it.each([
    ['came to be', true],
    ['was never made', false],
  ])(
    'whose answer was lost is looked for by its name, and never asked for again: it %s',
    async (_, done) => {
      const before = posts();
      stage.api.lose('POST /v1/projects', { done });
      const lost = await make();
      expect(lost.result).toMatchObject({ name, ref: '', ready: false });
      const found = await lookOn(lost.result, done ? 8 : 25);
      if (done)
        expect(found.result).toMatchObject({ ready: true, ref: expect.stringMatching(/^[a-z]{20}$/) });
      else {
        expect(found.error?.name).toBe(WORKFLOW_ERROR.newProjectFailed);
        expect(found.error?.message).toContain(`none named ${name} appeared`);
      }
      // somebody calls the function once more
      expect((await make()).result).toMatchObject({ ref: '' });
      expect(posts()).toBe(before + 1);
    },
    120_000,
  );

  it('counts as asked for after a 500 too, for it may be there', async () => {
    stage.api.fail('POST /v1/projects', { status: 500, body: { message: 'oops' } });
    expect((await make()).result).toMatchObject({ ref: '', ready: false });
  });

  it.each([
    [{ status: 402, body: { message: 'Upgrade your plan' } }, /wants a higher plan or a payment/],
    [{ status: 429, body: { message: 'Too Many Requests' } }, /too many requests/],
    [
      { status: 403, body: { missing_permissions: ['organization_projects_create'] } },
      /organization_projects_create/,
    ],
    [{ status: 400, body: { message: 'region is not valid' } }, /region is not valid/],
  ])('that is refused with %j was not made, and the reason is said', async (fault, words) => {
    const before = stage.api.refs().length;
    stage.api.fail('POST /v1/projects', fault);
    const { error } = await make();
    expect(error?.name).toBe(WORKFLOW_ERROR.newProjectFailed);
    expect(error?.message).toMatch(words);
    expect(stage.api.refs()).toHaveLength(before);
  });

  it('that fails to come up ends it by its state, and one that Supabase does not know any more too', async () => {
    stage.api.nextProject({ phases: [{ status: 'COMING_UP', looks: 1 }, { status: 'INIT_FAILED' }] });
    const failed = await lookOn((await make()).result);
    expect(failed.error?.name).toBe(WORKFLOW_ERROR.newProjectFailed);
    expect(failed.error?.message).toContain('is INIT_FAILED');
    name = newProjectName('test', new Date());
    const made = await make();
    await fetch(`${stage.api.endpoint}/v1/projects/${made.result.ref}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${LOCAL_TOKEN}` },
    });
    expect((await look(made.result)).error?.message).toContain('is REMOVED');
  });

  it('that never becomes healthy is given up after half an hour of looks, by the name of what ails', async () => {
    stage.api.nextProject({ phases: [{ status: 'ACTIVE_HEALTHY' }], unhealthy: ['storage'] });
    const { result } = await make();
    expect((await look(result)).result).toMatchObject({ ready: false, status: 'ACTIVE_HEALTHY' });
    const last = await look({ ...result, looks: 119 });
    expect(last.error?.message).toContain('storage (UNHEALTHY)');
  });

  it('that cannot be looked at now is looked at again', async () => {
    const { result } = await make();
    stage.api.fail(`GET /v1/projects/${result.ref}`, { status: 403, body: { message: 'Forbidden' } });
    expect((await look(result)).result).toMatchObject({ ready: false, looks: 1 });
  });

  it('leaves what opens the one before in the secret until it can be used itself', async () => {
    const before = await kept();
    await make();
    expect(await kept()).toMatchObject({ ...before, pending: { name, password: expect.any(String) } });
    expect((await plan()).result.report.plan.replacesSecretOf).toBe(before.ref);
  });

  it('has Database Webhooks where the source has, and is not handed over without them', async () => {
    const ready = await lookOn((await make()).result);
    const enabled = () => stage.changes().filter((request) => request.endsWith('/webhooks/enable')).length;
    const before = enabled();
    expect((await handOver(ready.result, false)).error).toBeUndefined();
    expect(enabled()).toBe(before);
    name = newProjectName('test', new Date());
    const another = await lookOn((await make()).result);
    stage.api.fail(/webhooks/, {
      status: 403,
      body: { missing_permissions: ['database_webhooks_config_write'] },
    });
    const { error } = await handOver(another.result);
    expect(error?.name).toBe(WORKFLOW_ERROR.newProjectFailed);
    expect(error?.message).toMatch(/Database Webhooks.*database_webhooks_config_write/);
    stage.api.lose(/webhooks/, { done: true });
    expect((await handOver(another.result)).error).toBeUndefined();
  });

  it('is not handed over where something else has written its secret', async () => {
    const ready = await lookOn((await make()).result);
    name = newProjectName('test', new Date());
    await make();
    const { error } = await handOver(ready.result);
    expect(error?.name).toBe(WORKFLOW_ERROR.newProjectFailed);
    expect(error?.message).toContain('something else has written it');
  });
});
