import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../../local/postgres.ts';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { engine, engineEnv } from '../../support/engine.ts';
import { inspectCopy, notVerified } from '../../support/inspect.ts';
import { said } from '../../support/runs.ts';
import { asAdmin, asPostgres, backUpProject, type ProjectSet } from '../../support/supabase.ts';

const CONTENT = `
  CREATE TABLE public.profiles (id uuid PRIMARY KEY DEFAULT extensions.gen_random_uuid() REFERENCES auth.users ON DELETE CASCADE, name text);
  ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON public.profiles TO authenticated USING (id = auth.uid());
  CREATE FUNCTION public.greet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN INSERT INTO public.profiles VALUES (NEW.id, NEW.email); RETURN NEW; END $$;
  CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.greet();
  CREATE POLICY own_files ON storage.objects FOR SELECT TO authenticated USING (owner = auth.uid());
  INSERT INTO storage.buckets (id, name) VALUES ('files', 'files');
  SELECT cron.schedule('nightly', '0 3 * * *', 'SELECT 1'); SELECT vault.create_secret('quiet', 'name of it');`;

const ACCOUNTS = `
  INSERT INTO auth.users (id, email) SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'u' || i || '@example.com' FROM generate_series(1, 3) AS i;`;

describe.each([15, 17] as const)('a set of a Supabase project that was restored, PostgreSQL %i', (major) => {
  let supabase: LocalSupabase;
  let server: LocalPostgres;
  let source: Project;
  let set: ProjectSet;
  beforeAll(async () => {
    [supabase, server] = await Promise.all([startSupabase({ major }), startPostgres({ major })]);
    source = await supabase.makeProject();
    await asPostgres(source, CONTENT);
    await asAdmin(source, ACCOUNTS);
    set = await backUpProject(source);
  });
  afterAll(async () => {
    await Promise.all([supabase.stop(), server.stop()]);
  });

  it('is what the set says in a new project, until somebody changes what is the platform’s', async () => {
    const target = await supabase.makeProject();
    const end = await set.restoreInto(target);
    expect(end, said(end)).toMatchObject({ exitCode: 0 });
    expect(notVerified(await inspectCopy(set.bucket, set.id, target))).toEqual({});
    await asPostgres(target, 'DROP POLICY own_files ON storage.objects; DROP POLICY own ON public.profiles');
    await asPostgres(target, 'DROP TRIGGER greet ON auth.users');
    await asAdmin(target, `UPDATE auth.users SET email = 'other' WHERE email LIKE 'u1@%'`);
    const found = notVerified(await inspectCopy(set.bucket, set.id, target));
    expect(found).toMatchObject({
      'row-level-security': { state: 'failed', findings: { length: 2 } },
      structure: { state: 'failed', findings: [expect.stringContaining('greet')] },
      tables: { state: 'failed', findings: [expect.stringContaining('auth.users')] },
    });
    expect(Object.keys(found)).toHaveLength(3);
  });

  it('is what the set says in a database that is none, but for what only a project has, by name', async () => {
    await server.createDatabase('drill');
    const target = { url: server.url('drill') };
    const end = await engine(['restore', set.id, '--mode', 'full'], engineEnv(set.bucket, source, target));
    expect(end, said(end)).toMatchObject({ exitCode: 2 });
    const found = notVerified(await inspectCopy(set.bucket, set.id, target));
    // the roles of this server are others' as well, so a difference is told and proves nothing
    expect(Object.keys(found).filter((check) => check !== 'roles')).toEqual(['platform']);
    expect(found.platform).toMatchObject({
      state: 'not-run',
      findings: expect.arrayContaining([
        expect.stringContaining('cron job "nightly"'),
        expect.stringContaining('the secrets of the vault'),
        expect.stringMatching(/extension pg_cron: this server does not have it/),
      ]),
    });
  });
});
