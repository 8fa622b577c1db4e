import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../../local/supabase/projects.ts';
import { visibleTo } from '../../../local/supabase/visible.ts';
import type { EngineEnd } from '../../support/engine.ts';
import {
  asAdmin,
  asPostgres,
  backUpProject,
  describeProject,
  type ProjectSet,
} from '../../support/supabase.ts';

let from: LocalSupabase;
let to: LocalSupabase;
beforeAll(async () => {
  [from, to] = await Promise.all([startSupabase({ major: 17 }), startSupabase({ major: 17 })]);
});
afterAll(() => Promise.all([from.stop(), to.stop()]));

const said = ({ stderr, stdout }: EngineEnd): string => stderr + stdout;

async function made(sql: string, admin = ''): Promise<{ source: Project; target: Project; set: ProjectSet }> {
  const source = await from.makeProject();
  await asPostgres(source, sql);
  if (admin !== '') await asAdmin(source, admin);
  return { source, target: await to.makeProject(), set: await backUpProject(source) };
}

/** Restores, expects all to be well, and the same to be there. */
async function comesBack(sql: string, what: readonly string[]): Promise<Project> {
  const { source, target, set } = await made(sql);
  const restored = await set.restoreInto(target);
  expect(restored.result, said(restored)).toMatchObject({ outcome: 'verified', notVerified: [] });
  expect(await visibleTo(target)).toEqual(await visibleTo(source));
  const [was, is] = await Promise.all([describeProject(source), describeProject(target)]);
  for (const name of what) expect.soft(is[name], name).toEqual(was[name]);
  return target;
}

describe('what a user may have and few have', () => {
  it("is a schema that is called like one of the platform's", async () => {
    const target = await comesBack(
      'CREATE SCHEMA etl; CREATE TABLE etl.runs (id int PRIMARY KEY); INSERT INTO etl.runs VALUES (1)',
      ['rows', 'owners'],
    );
    expect(await asPostgres(target, 'SELECT * FROM etl.runs')).toEqual([[1]]);
  });

  it("is a column, function or view made of the platform's types", async () => {
    await comesBack(
      `CREATE TABLE public.levels (level auth.aal_level DEFAULT 'aal2', kind storage.buckettype, bucket text REFERENCES storage.buckets);
       CREATE FUNCTION public.people() RETURNS SETOF auth.users LANGUAGE sql SECURITY DEFINER AS $$ SELECT * FROM auth.users $$;
       CREATE VIEW public.accounts AS SELECT u.*, auth.uid() = id AS me FROM auth.users u;
       CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) FROM auth.users;
       INSERT INTO public.levels (level) VALUES ('aal1')`,
      ['rows', 'owners', 'constraints'],
    );
  });

  it('is an extension in a schema of its own', async () => {
    await comesBack(
      `CREATE SCHEMA "my ext"; CREATE EXTENSION pg_trgm SCHEMA "my ext"; CREATE EXTENSION hstore;
       CREATE TABLE public.tagged (tags public.hstore, name text);
       CREATE INDEX ON public.tagged USING gin (name "my ext".gin_trgm_ops); INSERT INTO public.tagged VALUES ('a=>1', 'x')`,
      ['rows', 'indexes', 'extensions'],
    );
  });

  it('is a name that has to be quoted, in every place', async () => {
    await comesBack(
      `CREATE TABLE public."a""b'c \\d %s" ("%I" int PRIMARY KEY);
       CREATE POLICY "p""q'r \\s %L $$" ON storage.objects FOR SELECT TO authenticated USING (name LIKE 'a\\_%' AND name <> '$1 "');
       COMMENT ON POLICY "p""q'r \\s %L $$" ON storage.objects IS E'it''s\\n\\\\ $$ 김';
       CREATE SCHEMA "S 1"; CREATE FUNCTION "S 1"."f %s"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
       CREATE TRIGGER "t""u'v \\w" AFTER INSERT ON storage.objects FOR EACH ROW WHEN (NEW.name ~ '\\d+') EXECUTE FUNCTION "S 1"."f %s"('\\', '''');
       SELECT cron.schedule(E'j"\\'\\\\ %s\\n$1', '1 2 3 4 5', E'SELECT $1, $$\\'\\\\$$;\\r\\n-- 끝');
       SELECT vault.create_secret(E'$1 ''\\\\ \\n "', E'n"\\'\\\\ %s', 'd''\\')`,
      ['rows', 'triggers', 'comments', 'jobs', 'secrets'],
    );
  });

  it("is a right on what the platform's schemas hold, given on to a role", async () => {
    const target = await comesBack(
      `CREATE ROLE viewer; GRANT USAGE ON SCHEMA cron, vault, storage TO viewer; GRANT SELECT ON cron.job, cron.job_run_details TO viewer;
       GRANT EXECUTE ON FUNCTION vault.create_secret TO viewer; GRANT SELECT ON auth.users TO viewer WITH GRANT OPTION;
       GRANT SELECT (id, email) ON auth.identities TO viewer; GRANT UPDATE (name) ON storage.objects TO viewer`,
      [],
    );
    const rights = `SELECT has_table_privilege('viewer', 'cron.job', 'SELECT'), has_schema_privilege('viewer', 'cron', 'USAGE'),
      has_schema_privilege('viewer', 'vault', 'USAGE'), has_table_privilege('viewer', 'auth.users', 'SELECT WITH GRANT OPTION'),
      has_column_privilege('viewer', 'auth.identities', 'email', 'SELECT'), has_column_privilege('viewer', 'storage.objects', 'name', 'UPDATE')`;
    expect(await asPostgres(target, rights)).toEqual([[true, true, true, true, true, true]]);
  });

  it('is a setting of a role that every project has', async () => {
    await comesBack(
      `ALTER ROLE anon SET statement_timeout = '11s'; ALTER ROLE authenticator SET pgrst.db_max_rows = '500';
       ALTER ROLE authenticated SET statement_timeout = '12s'`,
      ['settings'],
    );
  });
});

describe('what cannot come back', () => {
  /** @returns what the restore says of it; all else must have come */
  async function told(sql: string, admin: string): Promise<{ sentences: string[]; target: Project }> {
    const { target, set } = await made(
      `CREATE TABLE public.rest (id int); INSERT INTO public.rest VALUES (1); ${sql}`,
      admin,
    );
    const restored = await set.restoreInto(target);
    expect(restored.exitCode, said(restored)).toBe(2);
    expect(await asPostgres(target, 'SELECT * FROM public.rest')).toEqual([[1]]);
    return { sentences: restored.result.notVerified, target };
  }

  it('is a publication of all tables: told by name', async () => {
    const { sentences } = await told(
      '',
      `CREATE PUBLICATION everything FOR ALL TABLES; CREATE PUBLICATION whole FOR TABLES IN SCHEMA public;
       UPDATE pg_publication SET pubowner = 'postgres'::regrole WHERE pubname IN ('everything', 'whole')`,
    );
    expect(sentences.join('\n')).toMatch(/everything/);
    expect(sentences.join('\n')).toMatch(/whole/);
  });

  it('is an event trigger: told by name', async () => {
    const { sentences } = await told(
      'CREATE FUNCTION public.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$',
      `CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION public.watch();
       UPDATE pg_event_trigger SET evtowner = 'postgres'::regrole WHERE evtname = 'mine'`,
    );
    expect(sentences).toEqual([expect.stringMatching(/^EVENT TRIGGER - mine/)]);
  });

  it('is the job of another: told, and not run as postgres', async () => {
    const { sentences, target } = await told(
      `CREATE ROLE worker LOGIN; SELECT cron.schedule('mine', '* * * * *', 'SELECT 1')`,
      `SELECT cron.schedule_in_database('of worker', '* * * * *', 'SELECT 2', current_database(), 'worker');
       SELECT cron.schedule_in_database('elsewhere', '* * * * *', 'SELECT 3', 'postgres', 'postgres')`,
    );
    expect(sentences.join('\n')).toMatch(/of worker/);
    const jobs = await asPostgres(target, 'SELECT jobname, username FROM cron.job ORDER BY 1');
    expect(jobs).not.toContainEqual(['of worker', 'postgres']);
    expect(jobs).toContainEqual(['mine', 'postgres']);
  });

  it('is a secret that the vault cannot decrypt any more: told, and no reason to have no backup', async () => {
    const { sentences, target } = await told(
      "SELECT vault.create_secret('good', 'good')",
      "INSERT INTO vault.secrets (name, secret) VALUES ('broken', 'ww0EBwMC')",
    );
    expect(sentences.join('\n')).toMatch(/broken/);
    expect(await asPostgres(target, 'SELECT name, decrypted_secret FROM vault.decrypted_secrets')).toEqual([
      ['good', 'good'],
    ]);
  });
});

describe('a project that is not quite new', () => {
  let set: ProjectSet;
  beforeAll(async () => {
    ({ set } = await made("SELECT vault.create_secret('mine', 'key')"));
  });

  it.each([
    ['a policy on files', 'CREATE POLICY open ON storage.objects USING (true)', /open/],
    [
      'a trigger on accounts',
      'CREATE SCHEMA mine; CREATE FUNCTION mine.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER mine BEFORE INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION mine.f()',
      /mine/,
    ],
    ['a job that runs', "SELECT cron.schedule('runs', '* * * * *', 'SELECT 1')", /runs/],
    ['a right on accounts', 'GRANT SELECT ON auth.users TO anon', /auth\.users/],
    ['a secret', "SELECT vault.create_secret('other', 'key')", /key|vault/],
  ])('with %s is refused, or that is told by name', async (_, sql, named) => {
    const target = await to.makeProject();
    await asPostgres(target, sql);
    const restored = await set.restoreInto(target);
    expect(restored.exitCode, said(restored)).not.toBe(0);
    expect(JSON.stringify(restored.result)).toMatch(named);
  });
});
