import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import { configEnv, type EngineEnd, engine, engineEnv, makeBucket } from '../../support/engine.ts';
import {
  asAdmin,
  asPostgres,
  backUpProject,
  describeProject,
  type ProjectSet,
} from '../../support/supabase.ts';

let supabase: LocalSupabase;
beforeAll(async () => {
  supabase = await startSupabase({ major: 17 });
});
afterAll(() => supabase.stop());

const said = ({ stderr, stdout }: EngineEnd): string => stderr + stdout;
const FIRST = `(SELECT id FROM auth.users WHERE email LIKE 'person01@%')`;

async function sampled(): Promise<{
  project: Project;
  set: ProjectSet;
  restore: (...args: string[]) => Promise<EngineEnd>;
}> {
  const project = await supabase.makeProject();
  await loadSupabaseSample(project);
  const set = await backUpProject(project);
  const env = engineEnv(set.bucket, project, project);
  return { project, set, restore: (...args) => engine(['restore', set.id, ...args], env) };
}

describe('parts of a set, into the project they come from', () => {
  it('are a table of the user, emptied by mistake', async () => {
    const { project, restore } = await sampled();
    const before = await describeProject(project);
    const seen = await visibleTo(project);
    await asPostgres(project, 'DELETE FROM public.projects');
    const end = await restore(
      ...['--mode', 'table', '--tables', 'public.projects,public.video_generations', '--strategy', 'merge'],
      ...['--confirm', project.ref],
    );
    expect(end.exitCode, said(end)).toBe(0);
    expect((await describeProject(project)).rows).toEqual(before.rows);
    expect(await visibleTo(project)).toEqual(seen);
    expect(await asPostgres(project, 'SELECT count(*)::int FROM net.http_request_queue')).toEqual([[90]]);
  });

  it('are an account with all that hung on it', async () => {
    const { project, restore } = await sampled();
    const before = await describeProject(project);
    const [[id]] = (await asPostgres(
      project,
      `SELECT id::text FROM auth.users WHERE email LIKE 'person01@%'`,
    )) as [[string]];
    await asPostgres(project, `DELETE FROM auth.users WHERE id = ${FIRST}`);
    const end = await restore(
      '--mode',
      'rows',
      '--row',
      `auth.users:id=${id}`,
      '--with-dependents',
      '--confirm',
      project.ref,
    );
    expect(end.exitCode, said(end)).toBe(0);
    expect((await describeProject(project)).rows).toEqual(before.rows);
    expect(await asPostgres(project, 'SELECT count(*)::int FROM net.http_request_queue')).toEqual([[90]]);
  });

  it('are rows of files, whose table lets nobody delete', async () => {
    const { project, restore } = await sampled();
    const before = await describeProject(project);
    await asPostgres(
      project,
      `SET session_replication_role = replica; DELETE FROM storage.objects WHERE bucket_id = 'videos'`,
    );
    const end = await restore(
      '--mode',
      'table',
      '--tables',
      'storage.objects',
      '--strategy',
      'merge',
      '--confirm',
      project.ref,
    );
    expect(end.exitCode, said(end)).toBe(0);
    expect((await describeProject(project)).rows).toEqual(before.rows);
  });

  it("are a table of the platform's to look at, beside it", async () => {
    const { project, restore } = await sampled();
    const end = await restore('--mode', 'table', '--tables', 'auth.users', '--strategy', 'inspect');
    expect(end.exitCode, said(end)).toBe(0);
    expect(await asPostgres(project, 'SELECT count(*)::int FROM auth.users')).toEqual([[30]]);
    const found = await asPostgres(
      project,
      `SELECT oid::regclass::text FROM pg_class WHERE relname ~ 'users' AND relkind = 'r'`,
    );
    expect(found.length, JSON.stringify(found)).toBe(2);
  });
});

describe('a backup by another role than postgres', () => {
  const backUpAs = async (project: Project, role: string, vaultSecrets = false): Promise<EngineEnd> =>
    engine(['backup', '--kind', 'daily'], {
      ...engineEnv(await makeBucket(), { url: project.urlAs(role) }),
      ...(await configEnv({ backup: { vaultSecrets } })),
    });

  it('is whole when the role reads everything', async () => {
    const project = await supabase.makeProject();
    await loadSupabaseSample(project);
    const end = await backUpAs(project, 'supabase_read_only_user');
    expect(end.result, said(end)).toMatchObject({ outcome: 'verified' });
  });

  it('says what it takes to read the secrets', async () => {
    const project = await supabase.makeProject();
    await loadSupabaseSample(project);
    const end = await backUpAs(project, 'supabase_read_only_user', true);
    expect(end.exitCode, said(end)).not.toBe(0);
    expect(end.result.error.message).toMatch(/vault/);
  });

  it('is none when row level security hides rows from the role', async () => {
    const project = await supabase.makeProject();
    await asAdmin(
      project,
      `GRANT pg_read_all_data TO supabase_replication_admin;
       CREATE TABLE public.hidden (id int); ALTER TABLE public.hidden ENABLE ROW LEVEL SECURITY; INSERT INTO public.hidden VALUES (1)`,
    );
    const end = await backUpAs(project, 'supabase_replication_admin');
    await asAdmin(project, 'REVOKE pg_read_all_data FROM supabase_replication_admin');
    expect(end.exitCode, said(end)).not.toBe(0);
    expect(end.result.error.message).toMatch(/row level security hides rows of auth\./);
  });
});
