import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import {
  configEnv,
  engine,
  engineEnv,
  makeBucket,
  type TestBucket,
  withClient,
} from '../../support/engine.ts';
import { backUp, readManifest, said } from '../../support/runs.ts';

const CONTENT = `
  CREATE TABLE public.users (id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE, name text);
  CREATE TABLE public.projects (id int PRIMARY KEY, owner uuid REFERENCES public.users ON DELETE CASCADE, title text);
  ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON public.projects TO authenticated USING (owner = auth.uid());
  CREATE TABLE public.logs (id int PRIMARY KEY, line text);
  INSERT INTO public.logs SELECT i, 'line ' || i FROM generate_series(1, 50) AS i;`;

const ACCOUNTS = `
  INSERT INTO auth.users (id, email) SELECT ('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))::uuid, 'u' || i || '@example.com'
    FROM generate_series(1, 9) AS i;
  INSERT INTO auth.sessions (id, user_id) SELECT gen_random_uuid(), id FROM auth.users;
  INSERT INTO public.users SELECT id, email FROM auth.users;
  INSERT INTO public.projects SELECT row_number() OVER (), id, 'film of ' || name FROM public.users;`;

describe.each([15, 17] as const)('a Supabase project as it is used every day, PostgreSQL %i', (major) => {
  let supabase: LocalSupabase;
  let project: Project;
  let bucket: TestBucket;
  let env: Record<string, string>;
  let daily: string;
  beforeAll(async () => {
    supabase = await startSupabase({ major });
    project = await supabase.makeProject();
    await ask(project.url, CONTENT);
    await ask(project.adminUrl, ACCOUNTS);
    bucket = await makeBucket();
    const config = await configEnv({
      levels: { critical: ['users', 'projects'], important: ['prompts'] },
    });
    env = { ...engineEnv(bucket, project), ...config };
    daily = (await backUp(env)).id;
  });
  afterAll(() => supabase.stop());

  const ask = (url: string, sql: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: rows of whatever is asked for
    withClient(url, async (client) => (await client.query<any>(sql)).rows);
  const run = (...args: string[]) => engine(args, env);

  it('is read back with the private key', async () => {
    const end = await run('verify', daily);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified', depth: 'content' } });
  });

  it('has a set that says what is in no archive of it', async () => {
    const manifest = await readManifest(bucket, daily);
    expect(manifest.platform).toMatchObject({ name: 'supabase' });
    expect(manifest.objects.map(({ role }) => role)).toContain('supabase');
    expect(manifest.objects.map(({ role }) => role)).not.toContain('vault');
    expect(manifest.schemas).not.toContain('auth');
    const stored = manifest.tables.filter(({ schema }) => schema === 'auth').map((table) => table.storedIn);
    expect(new Set(stored)).toEqual(new Set(['slices']));
    expect(manifest.sequences).toContainEqual(
      expect.objectContaining({ schema: 'auth', name: 'refresh_tokens_id_seq' }),
    );
  });

  it('keeps every rule of integrity', async () => {
    const end = await run('integrity');
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  });

  it('gets a deleted account back, with the rows that hang on it', async () => {
    const id = '00000000-0000-0000-0000-000000000003';
    await ask(project.adminUrl, `DELETE FROM auth.users WHERE id = '${id}'`);
    const end = await run(
      ...['restore', daily, '--mode', 'rows', '--row', `auth.users:id=${id}`, '--with-dependents'],
      ...['--confirm', project.ref],
    );
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(await ask(project.url, `SELECT email FROM auth.users WHERE id = '${id}'`)).toEqual([
      { email: 'u3@example.com' },
    ]);
    expect(await ask(project.url, `SELECT title FROM public.projects WHERE owner = '${id}'`)).toEqual([
      { title: 'film of u3@example.com' },
    ]);
  });

  it('gets a table replaced once its name is confirmed', async () => {
    await ask(
      project.url,
      `UPDATE public.logs SET line = 'overwritten' WHERE id <= 20; DELETE FROM public.logs WHERE id > 40`,
    );
    const table = ['restore', daily, '--mode', 'table', '--tables', 'logs', '--strategy', 'replace'];
    const refused = await run(...table);
    expect(refused, said(refused)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'ConfirmationMissingError' } },
    });
    const end = await run(...table, '--confirm', project.ref);
    expect(end, said(end)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
    expect(
      await ask(project.url, `SELECT count(*)::int AS n FROM public.logs WHERE line = 'line ' || id`),
    ).toEqual([{ n: 50 }]);
  });

  it('comes back as it was at an instant between sets', async () => {
    await ask(
      project.adminUrl,
      `INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-000000000099', 'late@example.com');
       INSERT INTO public.users VALUES ('00000000-0000-0000-0000-000000000099', 'late');
       DELETE FROM auth.users WHERE email = 'u7@example.com'`,
    );
    const critical = await backUp(env, '--kind', 'critical');
    // two of the policy, and who may sign in
    expect(critical.tables).toBe(4);
    const at = new Date(Date.now() + 1000).toISOString();
    const target = await supabase.makeProject();
    const end = await engine(['restore', 'latest', '--mode', 'full', '--at', at], {
      ...env,
      TARGET_DATABASE_URL: target.url,
    });
    // the session of an account that had been deleted meanwhile gives way
    expect(end, said(end)).toMatchObject({
      exitCode: 2,
      result: { orphans: [{ table: { name: 'sessions' }, rows: 1 }] },
    });
    expect(end.result.notVerified).toEqual([expect.stringContaining('auth.sessions')]);
    expect(await ask(target.url, 'SELECT email FROM auth.users ORDER BY id DESC LIMIT 1')).toEqual([
      { email: 'late@example.com' },
    ]);
    expect(await ask(target.url, 'SELECT count(*)::int AS n FROM public.users')).toEqual([{ n: 9 }]);
    expect(await ask(target.url, 'SELECT count(*)::int AS n FROM auth.sessions')).toEqual([{ n: 8 }]);
  });
});
