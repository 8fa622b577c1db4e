import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalSupabase, type Project, startSupabase } from '../../local/supabase/projects.ts';
import {
  engine,
  engineEnv,
  makeBucket,
  makeDatabase,
  type TestBucket,
  withClient,
} from '../support/engine.ts';
import { backUp, readObject, said } from '../support/runs.ts';

const CONTENT = `
  CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO anon;
  CREATE TABLE app.notes (id int PRIMARY KEY, author uuid REFERENCES auth.users);
  CREATE FUNCTION public.noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER noop AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.noop();
  CREATE POLICY own ON storage.objects FOR SELECT TO authenticated USING (owner = auth.uid());
  ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon;
  ALTER PUBLICATION supabase_realtime ADD TABLE app.notes;
  SELECT cron.schedule('nightly', '0 3 * * *', 'SELECT 1');
  INSERT INTO storage.buckets (id, name) VALUES ('files', 'files');`;

/** What a project has: users' objects, grants, default privileges, and rows of the platform's tables. */
const STATE = `
  SELECT (SELECT json_agg(nspname || coalesce(nspacl::text, '') ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp') AS schemas,
    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS relations,
    (SELECT json_agg(polname ORDER BY 1) FROM pg_policy) AS policies,
    (SELECT json_agg(tgname ORDER BY 1) FROM pg_trigger WHERE NOT tgisinternal) AS triggers,
    (SELECT json_agg(t ORDER BY t) FROM (SELECT concat_ws(' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl) AS t FROM pg_default_acl) AS d) AS defaults,
    (SELECT json_agg(tablename) FROM pg_publication_tables WHERE pubname = 'supabase_realtime') AS published,
    (SELECT json_agg(jobname) FROM cron.job) AS jobs,
    (SELECT count(*) FROM auth.users) AS users, (SELECT count(*) FROM storage.buckets) AS buckets`;

describe('a restore into a Supabase project', () => {
  let supabase: LocalSupabase;
  let source: Project;
  let bucket: TestBucket;
  beforeAll(async () => {
    supabase = await startSupabase({ major: 17 });
    source = await supabase.makeProject();
    await withClient(source.url, (client) => client.query(CONTENT));
    await withClient(source.adminUrl, (client) =>
      client.query(`INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'a@example.com')`),
    );
    bucket = await makeBucket();
    await backUp(engineEnv(bucket, source));
  });
  afterAll(() => supabase.stop());

  const restoreInto = (target: { url: string }, ...args: string[]) =>
    engine(['restore', 'latest', '--mode', 'full', ...args], engineEnv(bucket, source, target));
  const stateOf = (project: Project) =>
    withClient(project.adminUrl, async (client) => (await client.query(STATE)).rows[0]);
  const ask = (url: string, sql: string) => withClient(url, (client) => client.query(sql));

  it('that fails late leaves the project as it was', async () => {
    const target = await supabase.makeProject();
    const before = await stateOf(target);
    const key = (await bucket.keys()).find((name) => name.endsWith('/supabase.jsonl.zst.gpg')) ?? '';
    const whole = await readObject(bucket, key);
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 30) ^ 1, damaged.length - 30);
    const put = (Body: Buffer) =>
      bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body }));
    await put(damaged);
    const end = await restoreInto(target).finally(() => put(whole));
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { error: { name: 'ObjectDamagedError' } } });
    expect(await stateOf(target)).toEqual(before);
    const again = await restoreInto(target);
    expect(again, said(again)).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  });

  it.each([
    ['a table', 'CREATE TABLE public.mine (a int)', 'relation public.mine'],
    ['a file', `INSERT INTO storage.buckets (id, name) VALUES ('b', 'b')`, 'rows of storage.buckets'],
  ])('with %s in it is refused by name, and told what to do instead', async (_, sql, named) => {
    const target = await supabase.makeProject();
    await ask(target.url, sql);
    const end = await restoreInto(target, '--confirm', target.ref);
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnsuitableTargetError' } },
    });
    expect(end.result.error.message).toContain(named);
    expect(end.result.error.message).toContain('restore into a new project');
    const plan = await restoreInto(target, '--plan');
    expect(plan.exitCode).toBe(3);
  });

  it('takes no set of a plain database', async () => {
    const plain = await makeDatabase(17);
    const other = await makeBucket();
    await backUp(engineEnv(other, plain));
    const target = await supabase.makeProject();
    const end = await engine(['restore', 'latest', '--mode', 'full'], engineEnv(other, plain, target));
    expect(end, said(end)).toMatchObject({
      exitCode: 3,
      result: { error: { name: 'UnsuitableTargetError' } },
    });
    expect(end.result.error.message).toContain('plain database');
  });

  it('is planned with the rows it would bring, and nothing is written', async () => {
    const target = await supabase.makeProject();
    const before = await stateOf(target);
    const plan = await restoreInto(target, '--plan');
    expect(plan, said(plan)).toMatchObject({
      exitCode: 0,
      result: { plan: { target: { holds: 'empty', way: 'into-empty' }, confirmNeeded: null } },
    });
    const tables = plan.result.plan.tables.map(
      ({ schema, name }: { schema: string; name: string }) => `${schema}.${name}`,
    );
    expect(tables).toContain('auth.users');
    expect(tables).not.toContain('auth.schema_migrations');
    expect(await stateOf(target)).toEqual(before);
  });

  it('that is stopped half way leaves the project as it was', async () => {
    const target = await supabase.makeProject();
    const before = await stateOf(target);
    // a trigger of the platform's that is always on stands for whatever may refuse a row
    await ask(
      target.adminUrl,
      `CREATE FUNCTION auth.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not here'; END $$;
       CREATE TRIGGER refuse BEFORE INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION auth.refuse();
       ALTER TABLE auth.users ENABLE ALWAYS TRIGGER refuse`,
    );
    const end = await restoreInto(target);
    expect(end, said(end)).toMatchObject({ exitCode: 1, result: { outcome: 'failed' } });
    expect(end.result.error.message).toContain('auth.users');
    await ask(target.adminUrl, 'DROP FUNCTION auth.refuse CASCADE');
    expect(await stateOf(target)).toEqual(before);
  });
});

describe('a backup of a Supabase project', () => {
  it('names what it may not read, and says nothing of what is nobody’s to read', async () => {
    const supabase = await startSupabase({ major: 15 });
    try {
      const source = await supabase.makeProject();
      await ask(source.adminUrl, 'REVOKE ALL ON auth.identities FROM postgres, pg_read_all_data');
      await ask(source.adminUrl, 'REVOKE pg_read_all_data FROM postgres');
      const bucket = await makeBucket();
      const end = await engine(['backup', '--kind', 'daily'], engineEnv(bucket, source));
      expect(end, said(end)).toMatchObject({
        exitCode: 3,
        result: { error: { name: 'UnreadableTablesError' } },
      });
      expect(end.result.error.message).toContain('auth.identities');
      expect(end.result.error.message).not.toContain('vault');
      expect(await bucket.keys()).toEqual([]);
    } finally {
      await supabase.stop();
    }
  });
  const ask = (url: string, sql: string) => withClient(url, (client) => client.query(sql));
});
