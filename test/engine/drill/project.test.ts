import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseReport } from '../../../core/drill/report.ts';
import { type ProjectApi, startProjectApi } from '../../../local/supabase/project-api.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { configEnv, engine, engineEnv } from '../../support/engine.ts';
import { readObject, said } from '../../support/runs.ts';
import { asPostgres, backUpProject, describeProject, type ProjectSet } from '../../support/supabase.ts';

const CONTENT = `
  CREATE TABLE public.users (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, email text);
  CREATE FUNCTION public.greet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN INSERT INTO public.users VALUES (NEW.id, NEW.email); RETURN NEW; END $$;
  CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.greet();
  INSERT INTO storage.buckets (id, name) VALUES ('files', 'files');`;

const DRILL = {
  drill: {
    pgbench: { clients: 2, transactions: 10 },
    httpProbes: [{ name: 'users', url: '/rest/v1/users?limit=1', contains: '[]' }],
  },
};

let supabase: LocalSupabase;
let source: Project;
let target: Project;
let set: ProjectSet;
let api: ProjectApi;

beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
  [source, target] = [await supabase.makeProject(), await supabase.makeProject()];
  await asPostgres(source, CONTENT);
  set = await backUpProject(source);
  api = await startProjectApi(target, 'new');
});
afterAll(async () => {
  await api.stop();
  await supabase.stop();
});

it('a drill in a new project asks its API, signs in, sends a file, and leaves what the set says', async () => {
  const end = await engine(['drill', '--target', 'supabase'], {
    ...engineEnv(set.bucket, source, target),
    ...(await configEnv(DRILL)),
    TARGET_API_URL: api.url,
    TARGET_ANON_KEY: api.anonKey,
    TARGET_SERVICE_ROLE_KEY: api.serviceRoleKey,
  });
  expect(end, said(end)).toMatchObject({ exitCode: 0, result: { verdict: 'verified', notVerified: [] } });
  const key = String(end.result.report).replace('report.html', 'report.json');
  const report = parseReport((await readObject(set.bucket, key)).toString());
  for (const id of ['api', 'http-probes', 'sign-in', 'file-transfer', 'pgbench'])
    expect(report?.checks.find((check) => check.id === id)).toMatchObject({ id, state: 'verified' });
  const [rows, expected] = [await describeProject(target), await describeProject(source)];
  expect(rows.rows).toEqual(expected.rows);
  for (const secret of [api.anonKey, api.serviceRoleKey]) {
    expect(end.stdout + end.stderr).not.toContain(secret);
    expect(JSON.stringify(report)).not.toContain(secret);
  }
});
