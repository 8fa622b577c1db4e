import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';

describe.each([15, 17] as const)('the sample in a stand-in project, PostgreSQL %i', (major) => {
  let supabase: LocalSupabase;
  let project: Project;
  beforeAll(async () => {
    supabase = await startSupabase({ major });
    project = await supabase.makeProject();
    await loadSupabaseSample(project);
  });
  afterAll(() => supabase.stop());

  async function ask(sql: string, url = project.url): Promise<unknown[]> {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
    } finally {
      await client.end();
    }
  }

  it('has its triggers fired once', async () => {
    const counts = `SELECT (SELECT count(*)::int FROM auth.users), (SELECT count(*)::int FROM profiles),
      (SELECT count(*)::int FROM storage.objects WHERE bucket_id = 'videos'), (SELECT count(*)::int FROM uploads),
      (SELECT count(*)::int FROM video_generations), (SELECT count(*)::int FROM net.http_request_queue)`;
    expect(await ask(counts)).toEqual([30, 30, 30, 30, 90, 90]);
  });

  it('has jobs of every kind', async () => {
    expect(await ask('SELECT jobname, active FROM cron.job ORDER BY jobid')).toEqual([
      ...['nightly totals', true, 'it\'s "quoted"', true],
      ...['asleep', false, null, true],
    ]);
  });

  it('looks the same in two projects', async () => {
    const other = await supabase.makeProject();
    await loadSupabaseSample(other);
    const roles = ['reporter', 'Back Office'];
    expect(await visibleTo(other, { roles })).toEqual(await visibleTo(project, { roles }));
  });

  it('shows each caller its own', async () => {
    const [user = ''] = (await ask(
      "SELECT id::text FROM auth.users WHERE email LIKE 'person01@%'",
    )) as string[];
    const seen = await visibleTo(project, { users: [user], roles: ['reporter'] });
    expect(seen['anon public.profiles']).toMatchObject({
      select: ['display_name', 'id'],
      rows: 30,
      update: [],
    });
    expect(seen['anon public.projects']).toMatchObject({ rows: 0, delete: true });
    expect(seen['anon public.people']).toMatchObject({ select: [], rows: undefined });
    expect(seen['anon auth.users']).toMatchObject({ select: [] });
    expect(seen['anon storage.objects']).toMatchObject({ rows: 30 });
    expect(seen[`authenticated(${user}) public.projects`]).toMatchObject({ rows: 2 });
    expect(seen[`authenticated(${user}) public.my_generations`]).toMatchObject({ rows: 2 });
    expect(seen[`authenticated(${user}) storage.objects`]).toMatchObject({ rows: 31 });
    expect(seen['service_role public.projects']).toMatchObject({ rows: 90 });
    expect(seen['service_role public.made_in_the_dashboard']).toMatchObject({ rows: 1 });
    expect(seen['reporter reporting.daily']).toMatchObject({ rows: 59 });
    expect(seen['anon functions']).not.toContain('public.only_for_the_server(message text)');
    expect(seen['service_role functions']).toContain('public.only_for_the_server(message text)');
  });

  it('looks different after a grant, a policy or a row', async () => {
    const changes = [
      'GRANT SELECT (email) ON profiles TO anon',
      'CREATE POLICY more ON projects FOR SELECT TO anon USING (true)',
      'UPDATE profiles SET display_name = display_name || id WHERE id = (SELECT min(id::text)::uuid FROM profiles)',
      'GRANT EXECUTE ON FUNCTION only_for_the_server TO anon',
      'ALTER TABLE video_generations DISABLE ROW LEVEL SECURITY',
      'CREATE POLICY more ON storage.objects FOR DELETE TO anon USING (true)',
    ];
    let before = await visibleTo(project);
    for (const change of changes) {
      await ask(change);
      const after = await visibleTo(project);
      expect(after, change).not.toEqual(before);
      before = after;
    }
  });
});
