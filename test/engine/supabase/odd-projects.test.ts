import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { loadSupabaseSample } from '../../../local/supabase/sample.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import { type EngineEnd, SLICE_EVERYTHING } from '../../support/engine.ts';
import { asAdmin, asPostgres, backUpProject, describeProject } from '../../support/supabase.ts';

let from: LocalSupabase;
let to: LocalSupabase;
beforeAll(async () => {
  [from, to] = await Promise.all([startSupabase({ major: 17 }), startSupabase({ major: 17 })]);
});
afterAll(() => Promise.all([from.stop(), to.stop()]));

/** Backs up what `make` made, restores it into a new project, and says how that ended. */
async function roundTrip(
  make: (source: Project) => Promise<unknown>,
  { target, ...options }: { target?: Project; defaultGrants?: boolean } = {},
): Promise<{ source: Project; target: Project; restored: EngineEnd; notVerified: string[] }> {
  const source = await from.makeProject(undefined, options);
  await make(source);
  const into = target ?? (await to.makeProject());
  const restored = await (await backUpProject(source)).restoreInto(into);
  return { source, target: into, restored, notVerified: restored.result.notVerified };
}

const said = ({ stderr, stdout }: EngineEnd): string => stderr + stdout;

describe('owners nobody can become', () => {
  it('lose the table to postgres, and the table loses nothing', async () => {
    const { source, target, restored, notVerified } = await roundTrip(async (project) => {
      await asAdmin(
        project,
        `CREATE TABLE public.old (id int PRIMARY KEY, parent int REFERENCES public.old, note text CHECK (note <> ''));
         CREATE INDEX old_note ON public.old (note);
         ALTER TABLE public.old ENABLE ROW LEVEL SECURITY;
         CREATE POLICY "own" ON public.old FOR SELECT TO anon USING (id = 1);
         CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         CREATE TRIGGER stamp BEFORE UPDATE ON public.old FOR EACH ROW EXECUTE FUNCTION public.stamp();
         CREATE VIEW public.old_view AS SELECT * FROM public.old;
         INSERT INTO public.old VALUES (1, NULL, 'a'), (2, 1, 'b')`,
      );
    });
    expect(restored.exitCode, said(restored)).toBe(2);
    for (const sentence of notVerified) expect(sentence).toMatch(/belongs to postgres here/);
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
    const [was, is] = await Promise.all([describeProject(source), describeProject(target)]);
    for (const name of ['rows', 'triggers', 'indexes', 'constraints'])
      expect(is[name], name).toEqual(was[name]);
  });

  it('do not make a failed index the ruin of their tables', async () => {
    const { target, restored, notVerified } = await roundTrip(async (project) => {
      await asAdmin(
        project,
        `CREATE TABLE public.old (id int PRIMARY KEY); ALTER TABLE public.old ENABLE ROW LEVEL SECURITY;
         CREATE POLICY "own" ON public.old FOR SELECT TO anon USING (id = 1); INSERT INTO public.old VALUES (1)`,
      );
      await asPostgres(
        project,
        `CREATE FUNCTION public.inverse(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
         CREATE TABLE public.numbers (n int); INSERT INTO public.numbers VALUES (0);
         CREATE INDEX by_inverse ON public.numbers (public.inverse(n));
         CREATE OR REPLACE FUNCTION public.inverse(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 / $1 $$`,
      );
    });
    expect(restored.exitCode, said(restored)).toBe(2);
    expect(notVerified).toEqual([
      expect.stringMatching(/^INDEX public by_inverse .*left out/),
      expect.stringMatching(/^table public\.old: belongs to postgres here/),
    ]);
    expect(await asPostgres(target, "SELECT policyname FROM pg_policies WHERE tablename = 'old'")).toEqual([
      ['own'],
    ]);
  });

  it('that users made are owners again', async () => {
    const { source, target, restored } = await roundTrip(async (project) => {
      await asPostgres(
        project,
        `CREATE ROLE keeper; GRANT keeper TO postgres; GRANT CREATE ON SCHEMA public TO keeper;
         CREATE TABLE public.kept (id int PRIMARY KEY); ALTER TABLE public.kept ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON public.kept USING (true);
         ALTER TABLE public.kept OWNER TO keeper`,
      );
    });
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    expect((await describeProject(target)).owners).toEqual((await describeProject(source)).owners);
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
  });
});

describe('a project of another age', () => {
  it('takes rows of a table that has more columns by now, and tells what of one with fewer has no place', async () => {
    const target = await to.makeProject();
    await asAdmin(
      target,
      `ALTER TABLE auth.users ADD later text, ADD later_by_default boolean NOT NULL DEFAULT true,
         ADD later_made text GENERATED ALWAYS AS (lower(phone)) STORED;
       ALTER TABLE storage.objects ADD is_versioned boolean NOT NULL DEFAULT false;
       ALTER TABLE auth.sessions DROP user_agent;
       DROP TABLE auth.mfa_amr_claims`,
    );
    const { source, restored, notVerified } = await roundTrip(loadSupabaseSample, { target });
    expect(restored.exitCode, said(restored)).toBe(2);
    expect(notVerified.filter((sentence) => !sentence.includes('made_in_the_dashboard'))).toEqual([
      expect.stringMatching(/^30 rows|^27 rows of auth.mfa_amr_claims: /),
      expect.stringMatching(/^columns user_agent of auth.sessions: /),
    ]);
    const users = `SELECT count(*)::int, md5(string_agg(id || email || raw_user_meta_data::text || created_at, ',' ORDER BY id)) FROM auth.users`;
    expect(await asPostgres(target, users)).toEqual(await asPostgres(source, users));
    expect(await asPostgres(target, 'SELECT DISTINCT later, later_by_default FROM auth.users')).toEqual([
      [null, true],
    ]);
    const sessions = `SELECT id, user_id, ip FROM auth.sessions ORDER BY id`;
    expect(await asPostgres(target, sessions)).toEqual(await asPostgres(source, sessions));
  });

  it('has its columns in another order, and a type grown wider', async () => {
    const target = await to.makeProject();
    await asAdmin(
      target,
      `ALTER TABLE auth.identities ADD was uuid; UPDATE auth.identities SET was = user_id;
       ALTER TABLE auth.refresh_tokens ALTER token TYPE text;
       ALTER TABLE auth.audit_log_entries DROP payload; ALTER TABLE auth.audit_log_entries ADD payload jsonb`,
    );
    const { source, restored } = await roundTrip(loadSupabaseSample, { target });
    expect([0, 2], said(restored)).toContain(restored.exitCode);
    const logs = `SELECT id, payload::jsonb FROM auth.audit_log_entries ORDER BY id`;
    expect(await asPostgres(target, logs)).toEqual(await asPostgres(source, logs));
  });
});

describe('a project that is not ready', () => {
  it('for webhooks is refused before anything is written, and told what to enable', async () => {
    const target = await to.makeProject();
    await asAdmin(target, 'DROP SCHEMA supabase_functions CASCADE');
    const { restored } = await roundTrip(loadSupabaseSample, { target });
    expect(restored.exitCode, said(restored)).toBe(3);
    expect(restored.result.error.message).toMatch(/webhooks/i);
  });

  it('for a moment, as its services hold a table, is waited for', async () => {
    const target = await to.makeProject();
    const busy = new pg.Client(target.urlAs('supabase_auth_admin'));
    await busy.connect();
    await busy.query('BEGIN; SELECT count(*) FROM auth.users');
    const later = setTimeout(() => void busy.query('COMMIT'), 3_000);
    const { source, restored } = await roundTrip(
      (project) => asPostgres(project, 'CREATE POLICY mine ON storage.objects FOR SELECT USING (true)'),
      { target },
    );
    clearTimeout(later);
    await busy.end();
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
  });

  it('for the accounts of the source says which column it is', async () => {
    const target = await to.makeProject();
    await asAdmin(target, 'ALTER TABLE auth.users ADD needed int NOT NULL');
    const { restored } = await roundTrip(loadSupabaseSample, { target });
    expect(restored.exitCode, said(restored)).not.toBe(0);
    expect(restored.result.error.message).toMatch(/auth\.users/);
    expect(restored.result.error.message).toMatch(/needed/);
    expect(
      await asPostgres(target, `SELECT count(*)::int FROM pg_tables WHERE schemaname = 'public'`),
    ).toEqual([[0]]);
  });
});

describe('many accounts', () => {
  it('come in slices, also where a column has no place', async () => {
    const target = await to.makeProject();
    await asAdmin(target, 'ALTER TABLE auth.users DROP phone_change');
    const source = await from.makeProject();
    await asAdmin(
      source,
      `INSERT INTO auth.users (id, email, raw_user_meta_data, phone_change)
         SELECT md5(n::text)::uuid, n || '@example.com', jsonb_build_object('bio', repeat('é"\\ ' || n, 30)), n FROM generate_series(1, 9000) n;
       INSERT INTO auth.identities (provider_id, user_id, identity_data, provider)
         SELECT id::text, id, '{}', 'email' FROM auth.users`,
    );
    const restored = await (await backUpProject(source, SLICE_EVERYTHING)).restoreInto(target);
    expect(restored.exitCode, said(restored)).toBe(2);
    expect(restored.result.notVerified).toEqual([
      expect.stringMatching(/^columns phone_change of auth.users/),
    ]);
    const rows = `SELECT count(*)::int, md5(string_agg(u.id || email || raw_user_meta_data::text, ',' ORDER BY u.id)) FROM auth.users u`;
    expect(await asPostgres(target, rows)).toEqual(await asPostgres(source, rows));
    const both = 'SELECT count(*)::int FROM auth.identities JOIN auth.users u ON u.id = user_id';
    expect(await asPostgres(target, both)).toEqual([[9000]]);
  });
});

describe('default privileges', () => {
  const MAKE =
    'CREATE TABLE public.first (id int); CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$';
  const LATER =
    'CREATE TABLE public.later (id int); CREATE FUNCTION public.g() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$';
  it.each([
    ['closed', 'open', false, true],
    ['open', 'closed', true, false],
  ])('of a project that is %s come with it into one that is %s', async (_was, _is, ofSource, ofTarget) => {
    const target = await to.makeProject(undefined, { defaultGrants: ofTarget });
    const { source, restored } = await roundTrip((project) => asPostgres(project, MAKE), {
      target,
      defaultGrants: ofSource,
    });
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
    await asPostgres(source, LATER);
    await asPostgres(target, LATER);
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
  });
});

describe("what lies in the platform's schemas", () => {
  it('and is used by tables of the user is there when they are made', async () => {
    const { source, target, restored } = await roundTrip((project) =>
      asPostgres(
        project,
        `CREATE FUNCTION extensions.slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) $$;
         CREATE TABLE public.pages (title text, slug text GENERATED ALWAYS AS (extensions.slug(title)) STORED);
         INSERT INTO public.pages VALUES ('A')`,
      ),
    );
    expect(restored.exitCode, said(restored)).toBe(0);
    expect(await visibleTo(target)).toEqual(await visibleTo(source));
  });

  it('is told when nobody can make it again', async () => {
    const { restored, notVerified } = await roundTrip((project) =>
      asAdmin(
        project,
        `CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; ALTER FUNCTION auth.mine OWNER TO postgres;
         CREATE TABLE auth.notes (id int); ALTER TABLE auth.notes OWNER TO postgres;
         ALTER TABLE auth.users ADD mine int;
         INSERT INTO auth.users (id, mine) VALUES (gen_random_uuid(), 1)`,
      ),
    );
    expect(restored.exitCode, said(restored)).toBe(2);
    expect(notVerified).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^function auth.mine/),
        expect.stringMatching(/^table auth.notes/),
        expect.stringMatching(/auth.users/),
      ]),
    );
  });

  it('is a trigger of any kind, in any state', async () => {
    const { source, target, restored } = await roundTrip(async (project) => {
      await asPostgres(
        project,
        `CREATE SCHEMA "My Hooks";
         CREATE FUNCTION "My Hooks"."On User"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
         CREATE TRIGGER "it's" AFTER UPDATE ON auth.users REFERENCING NEW TABLE AS changed
           FOR EACH STATEMENT EXECUTE FUNCTION "My Hooks"."On User"();
         CREATE CONSTRAINT TRIGGER late AFTER INSERT ON auth.identities DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW WHEN (NEW.provider = 'e''mail') EXECUTE FUNCTION "My Hooks"."On User"('a\\b', 'c"d');
         CREATE TRIGGER hook AFTER DELETE ON auth.users FOR EACH ROW
           EXECUTE FUNCTION supabase_functions.http_request('https://example.com', 'POST', '{}', '{}', '1000');
         COMMENT ON FUNCTION "My Hooks"."On User" IS 'called by auth'`,
      );
    });
    expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
    expect((await describeProject(target)).triggers).toEqual((await describeProject(source)).triggers);
  });
});
