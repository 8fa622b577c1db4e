import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WORKFLOW_ERROR } from '../../core/names.ts';
import { drillProjectName } from '../../core/supabase/drill-name.ts';
import { type Bundles, bundleFunctions, type CallEnd } from '../support/functions.ts';
import { type ScriptedAnswer, type ScriptedSupabase, scriptSupabase } from '../support/supabase-answers.ts';

const SOURCE = 'sourcesourcesourcesr';
const REF = 'a'.repeat(20);
const PROJECTS = 'GET /v1/organizations/videoplanet-drills/projects';
const DELETE = `DELETE /v1/projects/${REF}`;
const EXECUTION = {
  id: 'arn:aws:states:ap-northeast-2:123456789012:execution:videoplanet-test-drill:a1',
  startedAt: '2026-11-24T02:00:00.789Z',
};
const NAME = drillProjectName('test', { id: EXECUTION.id, startedAt: new Date(EXECUTION.startedAt) });
const OTHER = drillProjectName('test', { id: `${EXECUTION.id}2`, startedAt: new Date(EXECUTION.startedAt) });

let bundles: Bundles;
let supabase: ScriptedSupabase;
let tokenArn: string;
beforeAll(async () => {
  const secrets = new SecretsManagerClient({
    endpoint: inject('s3').endpoint,
    region: 'ap-northeast-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const token = new CreateSecretCommand({
    Name: `test-${crypto.randomUUID()}`,
    SecretString: 'sbp_0123456789abcdef0123456789abcdef01234567',
  });
  [bundles, supabase] = await Promise.all([bundleFunctions(['drill-clean-up']), scriptSupabase()]);
  tokenArn = (await secrets.send(token)).ARN ?? '';
  secrets.destroy();
});
afterAll(() => Promise.all([bundles.remove(), supabase.stop()]));

const project = (changes: object = {}) => ({
  ...{ ref: REF, name: NAME, cloud_provider: 'AWS', region: 'ap-northeast-2', is_branch: false },
  ...{ status: 'ACTIVE_HEALTHY', inserted_at: EXECUTION.startedAt, databases: [] },
  ...changes,
});
const listed = (...projects: object[]): ScriptedAnswer => ({
  body: { projects, pagination: { count: projects.length, limit: 100, offset: 0 } },
});
const deleted: ScriptedAnswer = { body: { id: 1, ref: REF, name: NAME } };

async function cleanUp(
  answers: Readonly<Record<string, ScriptedAnswer>>,
  event: object = {},
): Promise<CallEnd> {
  supabase.answerWith(answers);
  return bundles.call(
    'drill-clean-up',
    { execution: EXECUTION, ...event },
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: inject('s3').endpoint,
      ENVIRONMENT_NAME: 'test',
      SUPABASE_PROJECT_REF: SOURCE,
      SUPABASE_TOKEN_SECRET_ARN: tokenArn,
      SUPABASE_API_URL: supabase.url,
      SUPABASE_DRILL: '{"organization":"videoplanet-drills"}',
    },
  );
}
const deletions = () => supabase.asked.filter((asked) => asked.startsWith('DELETE'));

describe('the clean-up of a drill', () => {
  it('does nothing where there is no project of that execution', async () => {
    const end = await cleanUp({
      [PROJECTS]: listed(
        project({ name: OTHER }),
        project({ name: 'videoplanet', ref: 'b'.repeat(20) }),
        project({ ref: SOURCE }),
      ),
    });
    expect(end.result).toEqual({ name: NAME, deleted: [] });
    expect(deletions()).toEqual([]);
  });

  it('finds the same project by an event, which tells the time in milliseconds', async () => {
    const execution = { ...EXECUTION, startedAt: Date.parse(EXECUTION.startedAt) };
    const end = await cleanUp({ [PROJECTS]: listed() }, { execution });
    expect(end.result).toEqual({ name: NAME, deleted: [] });
  });

  it('deletes it, looks until it is gone, and tries again what failed in passing', async () => {
    const running = cleanUp({
      [PROJECTS]: listed(project()),
      [DELETE]: { status: 500, body: { message: 'later' } },
    });
    await until(() => deletions().length === 1);
    supabase.answerWith({ [PROJECTS]: listed(project()), [DELETE]: deleted });
    await until(() => deletions().length === 1);
    supabase.answerWith({ [PROJECTS]: listed(project({ status: 'GOING_DOWN' })) });
    await until(() => supabase.asked.length > 0);
    expect(deletions()).toEqual([]);
    supabase.answerWith({ [PROJECTS]: listed() });
    expect((await running).result).toEqual({ name: NAME, deleted: [REF] });
  });

  it('waits for one that was just asked for', async () => {
    const running = cleanUp({ [PROJECTS]: listed() }, { appearsWithinSeconds: 30 });
    await until(() => supabase.asked.length > 0);
    supabase.answerWith({ [PROJECTS]: listed(project({ status: 'COMING_UP' })), [DELETE]: deleted });
    await until(() => deletions().length === 1);
    supabase.answerWith({ [PROJECTS]: listed() });
    expect((await running).result).toEqual({ name: NAME, deleted: [REF] });
  });

  it('takes one that is gone already for deleted', async () => {
    const running = cleanUp({ [PROJECTS]: listed(project()), [DELETE]: { status: 404 } });
    await until(() => deletions().length === 1);
    supabase.answerWith({ [PROJECTS]: listed() });
    expect((await running).error).toBeUndefined();
  });

  it.each([401, 403])('gives up at once at %i, and says which project and what to do', async (status) => {
    const { error, log } = await cleanUp({ [PROJECTS]: listed(project()), [DELETE]: { status } });
    expect(error?.name).toBe(WORKFLOW_ERROR.drillCleanUpFailed);
    expect(error?.message).toContain(`the project ${NAME} (${REF}) is still there`);
    expect(error?.message).toContain(
      `delete it now at https://supabase.com/dashboard/project/${REF}/settings/general`,
    );
    expect(JSON.stringify([error, log])).not.toContain('sbp_');
  });

  it('says where to look when nobody can say whether it is there', async () => {
    const { error } = await cleanUp({ [PROJECTS]: { status: 403 } });
    expect(error?.message).toContain(`the project ${NAME} may be there`);
    expect(error?.message).toContain('https://supabase.com/dashboard/org/videoplanet-drills');
  });

  it('does not wait for ever for one that does not go', async () => {
    const { error } = await cleanUp(
      { [PROJECTS]: listed(project()), [DELETE]: { status: 409, body: { message: 'busy' } } },
      { forSeconds: 1 },
    );
    expect(error?.name).toBe(WORKFLOW_ERROR.drillCleanUpFailed);
    expect(error?.message).toMatch(/is still there, holds .*409, .*busy/);
  });
});

/** Looks often enough not to miss what happens between two looks of the function. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
}
