import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { signIn } from '../../../containers/engine/drill/sign-in.ts';
import { type ProjectApi, startProjectApi } from '../../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { projectRun } from '../../support/drill-run.ts';
import { asAdmin } from '../../support/supabase.ts';

let supabase: LocalSupabase;
let target: Project;
let api: ProjectApi;

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  target = await supabase.makeProject();
});
afterEach(() => api.stop());
afterAll(() => supabase.stop());

const left = async () => await asAdmin(target, "SELECT email FROM auth.users WHERE email LIKE 'vpb-drill-%'");

it.each(['legacy', 'new'] as const)('a throwaway user signs in with %s keys, and is gone', async (kind) => {
  api = await startProjectApi(target, kind);
  expect(await signIn(projectRun({ target, api }))).toMatchObject({
    state: 'verified',
    findings: [],
    figures: [{ name: 'duration', unit: 'milliseconds', value: expect.any(Number) }],
  });
  expect(await left()).toEqual([]);
  expect(api.requests.map(({ call }) => call.replace(/[\w-]{36}$/, 'id'))).toEqual([
    'POST /auth/v1/admin/users',
    'POST /auth/v1/token?grant_type=password',
    'GET /auth/v1/user',
    'DELETE /auth/v1/admin/users/id',
  ]);
  const signingIn = api.requests[1]?.headers;
  expect(signingIn?.apikey).toBe(api.anonKey);
});

it.each([
  ['captcha_failed', 400, 'captcha protection: request disallowed'],
  ['email_provider_disabled', 422, 'Email logins are disabled'],
  ['over_request_rate_limit', 429, 'Request rate limit reached'],
])(
  'settings that let nobody in by e-mail (%s) keep it from being verified',
  async (error_code, status, msg) => {
    api = await startProjectApi(target);
    api.fail('POST /auth/v1/token', { status, body: { code: status, error_code, msg } });
    const check = await signIn(projectRun({ target, api }));
    expect(check).toMatchObject({ state: 'could-not-verify' });
    expect(check.findings).toEqual([
      expect.stringMatching(new RegExp(`${status} \\(${error_code}\\): ${msg}`)),
    ]);
    expect(await left()).toEqual([]);
  },
);

it('is not run where there is no API', async () => {
  api = await startProjectApi(target);
  expect(await signIn(projectRun({ target }))).toMatchObject({ state: 'not-run' });
});
