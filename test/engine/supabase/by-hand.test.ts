import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, startSupabase } from '../../../local/supabase/projects.ts';
import { runInstructions } from '../../support/by-hand.ts';
import { configEnv, engineEnv, makeBucket, withClient } from '../../support/engine.ts';
import { backUp } from '../../support/runs.ts';

const CONTENT = `
  CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, name text);
  ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON public.profiles TO authenticated USING (id = auth.uid());
  REVOKE ALL ON public.profiles FROM anon;
  CREATE FUNCTION public.greet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN INSERT INTO public.profiles VALUES (NEW.id, NEW.email); RETURN NEW; END $$;
  CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.greet();
  CREATE POLICY "it's mine" ON storage.objects FOR SELECT TO authenticated USING (name <> E'a\\tb"c');
  ALTER PUBLICATION supabase_realtime ADD TABLE public.profiles;
  SELECT cron.schedule('daily "tidy"', '0 3 * * *', E'DELETE FROM public.profiles\\nWHERE name = ''x''');
  SELECT vault.create_secret('s3cr"et', 'api key', 'of the mailer');`;

const LOOK = `
  SELECT (SELECT json_agg(u.email ORDER BY u.email) FROM auth.users u) AS users,
    (SELECT json_agg(p.name ORDER BY p.name) FROM public.profiles p) AS profiles,
    (SELECT json_agg(polname || pg_get_expr(polqual, polrelid) ORDER BY 1) FROM pg_policy) AS policies,
    (SELECT json_agg(pg_get_triggerdef(oid) ORDER BY 1) FROM pg_trigger WHERE tgname = 'greet') AS triggers,
    (SELECT relacl::text FROM pg_class WHERE oid = 'public.profiles'::regclass) AS acl,
    (SELECT json_agg(tablename) FROM pg_publication_tables WHERE pubname = 'supabase_realtime') AS published,
    (SELECT json_agg(json_build_array(jobname, schedule, command)) FROM cron.job) AS jobs,
    (SELECT json_agg(json_build_array(name, decrypted_secret, description)) FROM vault.decrypted_secrets) AS secrets`;

describe('RESTORE.md of a set of a project', () => {
  let supabase: LocalSupabase;
  beforeAll(async () => {
    supabase = await startSupabase({ major: 17 });
  });
  afterAll(() => supabase.stop());

  it('brings it into a new project with standard programs alone, its jobs turned off', async () => {
    const source = await supabase.makeProject();
    await withClient(source.url, (client) => client.query(CONTENT));
    await withClient(source.adminUrl, (client) =>
      client.query(
        `INSERT INTO auth.users (id, email) SELECT gen_random_uuid(), 'user' || i || '@example.com' FROM generate_series(1, 9) AS i`,
      ),
    );
    const bucket = await makeBucket();
    const config = await configEnv({ backup: { vaultSecrets: true } });
    await backUp({ ...engineEnv(bucket, source), ...config });
    const target = await supabase.makeProject();
    const end = await runInstructions(bucket, target.url, 'the stand-in', 17);
    expect(end.exitCode, end.output).toBe(0);
    const look = (url: string) => withClient(url, async (client) => (await client.query(LOOK)).rows[0]);
    expect(await look(target.url), end.output).toEqual(await look(source.url));
    const jobs = await withClient(target.url, (client) => client.query('SELECT active FROM cron.job'));
    expect(jobs.rows).toEqual([{ active: false }]);
  });
});
