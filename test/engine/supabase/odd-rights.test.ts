import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import { type EngineEnd, engine, engineEnv, makeBucket } from '../../support/engine.ts';
import { asAdmin, asPostgres, backUpProject, describeProject } from '../../support/supabase.ts';

const said = ({ stderr, stdout }: EngineEnd): string => stderr + stdout;

describe('rights and settings of a project', () => {
  let from: LocalSupabase;
  let to: LocalSupabase;
  beforeAll(async () => {
    [from, to] = await Promise.all([startSupabase({ major: 17 }), startSupabase({ major: 17 })]);
  });
  afterAll(() => Promise.all([from.stop(), to.stop()]));

  async function roundTrip(
    sql: string,
    admin = '',
  ): Promise<{ source: Project; target: Project; restored: EngineEnd }> {
    const source = await from.makeProject();
    const target = await to.makeProject();
    await asPostgres(source, `CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (1); ${sql}`);
    if (admin !== '') await asAdmin(source, admin);
    const restored = await (await backUpProject(source)).restoreInto(target);
    expect([0, 2], said(restored)).toContain(restored.exitCode);
    expect(await asPostgres(target, 'SELECT * FROM public.t')).toEqual([[1]]);
    return { source, target, restored };
  }
  /** What a restore may say of it, or bring. */
  async function sameOrTold(sql: string, admin: string, what: string, named: RegExp): Promise<void> {
    const { source, target, restored } = await roundTrip(sql, admin);
    const [was, is] = await Promise.all([describeProject(source), describeProject(target)]);
    const concerned = (lines: unknown[] = []) => lines.filter((line) => named.test(String(line)));
    const same = JSON.stringify(concerned(is[what])) === JSON.stringify(concerned(was[what]));
    const told = named.test(JSON.stringify(restored.result.notVerified));
    expect(
      { same, told, exitCode: restored.exitCode },
      `${said(restored)}\n${JSON.stringify([concerned(was[what]), concerned(is[what])])}`,
    ).toEqual(same ? { same, told: false, exitCode: 0 } : { same, told: true, exitCode: 2 });
  }

  it('that were made smaller are not larger', async () => {
    const { source, target, restored } = await roundTrip(
      `REVOKE USAGE ON SCHEMA public FROM anon; GRANT CREATE ON SCHEMA public TO service_role;
       ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM anon, authenticated;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon;
       CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$`,
    );
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    const later =
      'CREATE FUNCTION public.g() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; CREATE TABLE public.later ()';
    for (const project of [source, target]) await asPostgres(project, later);
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
    const acl = `SELECT nspacl::text, nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'`;
    expect(await asPostgres(target, acl)).toEqual(await asPostgres(source, acl));
  });

  // as in projects that were once made with PostgreSQL 14
  it.each(['postgres', 'supabase_admin'])('are those of a schema public that %s owns', async (owner) => {
    const { source, target } = await roundTrip(
      '',
      `ALTER SCHEMA public OWNER TO ${owner}; GRANT ALL ON SCHEMA public TO postgres`,
    );
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
  });

  it('are memberships of roles of the user in those of the platform, and the other way round', async () => {
    await sameOrTold(
      `CREATE ROLE app_admin LOGIN; GRANT service_role, anon TO app_admin; CREATE ROLE app_reader; GRANT app_reader TO app_admin, authenticator, anon`,
      '',
      'members',
      /app_/,
    );
  });

  it('are attributes that only a superuser gives', async () => {
    await sameOrTold('', 'CREATE ROLE sees_all LOGIN BYPASSRLS REPLICATION', 'roles', /sees_all/);
  });

  it.each([
    ['of postgres', 'ALTER ROLE postgres SET search_path = app, public, extensions', '', /postgres/],
    ['of authenticated', "ALTER ROLE authenticated SET work_mem = '8MB'", '', /authenticated/],
    [
      'of the database, by a name of its own',
      '',
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.secret = %L', current_database(), 'x'); END $$",
      /app.*secret/,
    ],
  ])('are settings %s', async (_, sql, admin, named) => {
    await sameOrTold(sql, admin, 'settings', named);
  });

  it('are what supabase_realtime publishes', async () => {
    const { source, target, restored } = await roundTrip(
      `ALTER PUBLICATION supabase_realtime SET (publish = 'insert, update'); ALTER PUBLICATION supabase_realtime ADD TABLE public.t`,
    );
    const published = `SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_publication WHERE pubname = 'supabase_realtime'`;
    const same =
      JSON.stringify(await asPostgres(target, published)) ===
      JSON.stringify(await asPostgres(source, published));
    expect(
      same || /supabase_realtime/.test(JSON.stringify(restored.result.notVerified)),
      said(restored),
    ).toBe(true);
  });

  it('are large objects: those of postgres come, those it may not read are named', async () => {
    const { target, restored } = await roundTrip(
      `SELECT lo_from_bytea(4711, 'hello'); GRANT SELECT ON LARGE OBJECT 4711 TO authenticated`,
    );
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    expect(await asPostgres(target, `SELECT convert_from(lo_get(4711), 'UTF8')`)).toEqual([['hello']]);
    const source = await from.makeProject();
    await asAdmin(source, `SELECT lo_from_bytea(4712, 'closed')`);
    const end = await engine(['backup', '--kind', 'daily'], engineEnv(await makeBucket(), source));
    expect(end.exitCode, said(end)).not.toBe(0);
    expect(end.result.error.message).toMatch(/large object/);
  });
});
