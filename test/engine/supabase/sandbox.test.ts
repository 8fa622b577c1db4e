import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../../local/postgres.ts';
import { type LocalSupabase, startSupabase } from '../../../local/supabase/projects.ts';
import { engine, engineEnv, makeBucket, withClient } from '../../support/engine.ts';
import { backUp, said } from '../../support/runs.ts';

const CONTENT = `
  CREATE TABLE public.profiles (id uuid PRIMARY KEY DEFAULT extensions.gen_random_uuid() REFERENCES auth.users ON DELETE CASCADE, name text);
  ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON public.profiles TO authenticated USING (id = auth.uid());
  CREATE FUNCTION public.greet() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN INSERT INTO public.profiles VALUES (NEW.id, NEW.email); RETURN NEW; END $$;
  CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.greet();
  CREATE POLICY own_files ON storage.objects FOR SELECT TO authenticated USING (owner = auth.uid());
  INSERT INTO storage.buckets (id, name) VALUES ('files', 'files');
  SELECT cron.schedule('nightly', '0 3 * * *', 'SELECT 1');`;

/** What one user sees: through the policies, and through nothing else. */
const SEEN = `BEGIN; SET LOCAL ROLE authenticated;
  SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-0000-0000-000000000001", "role": "authenticated"}', true),
    set_config('request.jwt.claim.sub', '00000000-0000-0000-0000-000000000001', true);
  SELECT (SELECT json_agg(name) FROM public.profiles) AS mine, (SELECT count(*)::int FROM storage.objects) AS files; COMMIT`;

describe.each([15, 17] as const)('a set of a project in a database that is none, PostgreSQL %i', (major) => {
  let supabase: LocalSupabase;
  let server: LocalPostgres;
  beforeAll(async () => {
    [supabase, server] = await Promise.all([startSupabase({ major }), startPostgres({ major })]);
    await server.createDatabase('drill');
  });
  afterAll(async () => {
    await Promise.all([supabase.stop(), server.stop()]);
  });

  it('comes with what of the platform it needs: accounts, policies, triggers and keys', async () => {
    const source = await supabase.makeProject();
    await withClient(source.url, (client) => client.query(CONTENT));
    await withClient(source.adminUrl, (client) =>
      client.query(`
        INSERT INTO auth.users (id, email) SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'u' || i || '@example.com' FROM generate_series(1, 3) AS i;
        INSERT INTO storage.objects (bucket_id, name, owner) VALUES ('files', 'a.png', '00000000-0000-0000-0000-000000000001'), ('files', 'b.png', NULL)`),
    );
    const bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
    const target = { url: server.url('drill') };
    const end = await engine(['restore', 'latest', '--mode', 'full'], engineEnv(bucket, source, target));
    expect(end, said(end)).toMatchObject({ exitCode: 2, result: { outcome: 'could-not-verify' } });
    // nothing but what this server cannot have
    for (const sentence of end.result.notVerified)
      expect(sentence).toMatch(/^(extension \S+: this server|cron job|role: )/);
    const seen = async (url: string) =>
      // biome-ignore lint/suspicious/noExplicitAny: results of several statements
      (await withClient(url, (client): Promise<any> => client.query(SEEN))).at(-2).rows;
    expect(await seen(target.url)).toEqual([{ mine: ['u1@example.com'], files: 1 }]);
    expect(await seen(source.url)).toEqual(await seen(target.url));
    await withClient(target.url, (client) =>
      client.query(
        `INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-000000000009', 'new@example.com')`,
      ),
    );
    const greeted = await withClient(target.url, (client) =>
      client.query(`SELECT name FROM public.profiles WHERE name LIKE 'new%'`),
    );
    expect(greeted.rows).toEqual([{ name: 'new@example.com' }]);
  });
});
