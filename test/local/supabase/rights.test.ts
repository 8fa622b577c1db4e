import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LocalSupabase,
  NoProjectRef,
  type Project,
  startSupabase,
} from '../../../local/supabase/projects.ts';

/** What `postgres` may not do: the statement, and the SQLSTATE it gets. */
const REFUSED: readonly (readonly [sql: string, code: string])[] = [
  // the schemas of the services
  ['CREATE TABLE auth.mine ()', '42501'],
  ['CREATE TABLE storage.mine ()', '42501'],
  ['CREATE TABLE realtime.mine ()', '42501'],
  ['CREATE FUNCTION auth.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', '42501'],
  ['CREATE TYPE storage.mine AS ENUM ()', '42501'],
  ['CREATE VIEW auth.mine AS SELECT 1 AS one', '42501'],
  ['CREATE SEQUENCE auth.mine', '42501'],
  ['CREATE SCHEMA auth', '42P06'],
  ['CREATE INDEX ON auth.users (email)', '42501'],
  ['ALTER TABLE auth.users ADD mine int', '42501'],
  ['ALTER TABLE auth.users DISABLE ROW LEVEL SECURITY', '42501'],
  ['ALTER TABLE auth.users DISABLE TRIGGER ALL', '42501'],
  ['ALTER TABLE auth.users OWNER TO postgres', '42501'],
  ['ALTER FUNCTION auth.uid() STABLE', '42501'],
  ["ALTER TYPE auth.aal_level ADD VALUE 'aal4'", '42501'],
  ['CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$', '42501'],
  ['DROP TABLE auth.users CASCADE', '42501'],
  ['DROP TABLE storage.objects', '42501'],
  ['DROP FUNCTION auth.uid()', '42501'],
  ['DROP SCHEMA auth CASCADE', '42501'],
  ['DROP SCHEMA storage CASCADE', '42501'],
  ["COMMENT ON TABLE auth.users IS 'mine'", '42501'],
  ["COMMENT ON SCHEMA auth IS 'mine'", '42501'],
  ["COMMENT ON COLUMN storage.objects.name IS 'mine'", '42501'],
  ['CREATE POLICY mine ON auth.schema_migrations USING (true)', '42501'],
  ['CREATE POLICY mine ON vault.secrets USING (true)', '42501'],
  ['DROP POLICY cron_job_policy ON cron.job', '42501'],
  // rows the services keep for themselves
  ["INSERT INTO auth.schema_migrations VALUES ('1')", '42501'],
  ['DELETE FROM auth.schema_migrations', '42501'],
  ['TRUNCATE storage.migrations', '42501'],
  ['DELETE FROM realtime.schema_migrations', '42501'],
  ["INSERT INTO supabase_functions.migrations VALUES ('1')", '42501'],
  ["INSERT INTO storage.buckets_vectors (id) VALUES ('v')", '42501'],
  ['DELETE FROM storage.vector_indexes', '42501'],
  ["DELETE FROM storage.objects WHERE name = 'none'", '42501'],
  ["INSERT INTO vault.secrets (secret) VALUES ('plain')", '42501'],
  ["UPDATE vault.secrets SET secret = 'plain'", '42501'],
  ['SELECT vault._root_key()', '42501'],
  ["INSERT INTO cron.job (schedule, command) VALUES ('* * * * *', 'SELECT 1')", '42501'],
  ['UPDATE cron.job SET active = false', '42501'],
  ['DELETE FROM cron.job', '42501'],
  ["SELECT setval('cron.jobid_seq', 1000)", '42501'],
  // what only a superuser may
  ['CREATE ROLE mine SUPERUSER', '42501'],
  ['ALTER ROLE postgres SUPERUSER', '42501'],
  ['ALTER ROLE supabase_admin PASSWORD NULL', '42501'],
  ['CREATE EVENT TRIGGER mine ON sql_drop EXECUTE FUNCTION extensions.pgrst_drop_watch()', '42501'],
  ['DROP EVENT TRIGGER pgrst_ddl_watch', '42501'],
  ['CREATE EXTENSION pg_buffercache', '42501'],
  ['DROP EXTENSION pg_cron', '42501'],
  ['ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO anon', '42501'],
  ['ALTER PUBLICATION supabase_realtime_messages_publication SET (publish = insert)', '42501'],
  ['ALTER PUBLICATION supabase_realtime_messages_publication OWNER TO postgres', '42501'],
  ['SET log_statement = none', '42501'],
  ["COPY (SELECT 1) TO PROGRAM 'true'", '42501'],
  ['SET ROLE supabase_admin', '42501'],
  ['SET ROLE supabase_auth_admin', '42501'],
  ['CREATE TABLE mine (); ALTER TABLE mine OWNER TO supabase_admin', '42501'],
  ['CREATE TABLE mine (); ALTER TABLE mine OWNER TO supabase_auth_admin', '42501'],
];

/** What `postgres` may do though the tables are not its own, and what its own are; each is rolled back. */
const ALLOWED: readonly string[] = [
  'SELECT count(*) FROM auth.users, auth.schema_migrations, storage.migrations, vault.secrets, cron.job',
  "INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'a@example.com')",
  'DELETE FROM auth.users',
  'TRUNCATE auth.users CASCADE',
  "SELECT setval('auth.refresh_tokens_id_seq', 1000)",
  'CREATE POLICY mine ON auth.users USING (true)',
  'CREATE POLICY mine ON storage.objects FOR SELECT TO authenticated USING (owner = auth.uid())',
  'CREATE POLICY mine ON realtime.messages FOR SELECT TO authenticated USING (realtime.topic() = topic)',
  'CREATE POLICY mine ON storage.objects USING (true); ALTER POLICY mine ON storage.objects USING (false)',
  'CREATE POLICY mine ON storage.buckets USING (true); DROP POLICY mine ON storage.buckets',
  "CREATE POLICY mine ON storage.buckets USING (true); COMMENT ON POLICY mine ON storage.buckets IS 'mine'",
  'SET session_replication_role = replica; CREATE POLICY mine ON storage.objects USING (true)',
  'CREATE TRIGGER mine AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION mine(); DROP TRIGGER mine ON auth.users',
  'CREATE TRIGGER mine AFTER INSERT ON storage.objects FOR EACH ROW EXECUTE FUNCTION mine()',
  'CREATE TABLE mine (id uuid REFERENCES auth.users); DROP TABLE mine',
  'CREATE TABLE mine (); COMMENT ON TABLE mine IS $$mine$$; CREATE POLICY mine ON mine USING (true); DROP POLICY mine ON mine',
  "SET session_replication_role = replica; DELETE FROM storage.objects WHERE name = 'none'",
  "SET storage.allow_delete_query = 'true'; DELETE FROM storage.objects WHERE name = 'none'",
  "SELECT vault.create_secret('secret', 'name', 'description')",
  "SELECT cron.schedule('nightly', '0 3 * * *', 'SELECT 1')",
  "SELECT cron.alter_job(cron.schedule('nightly', '0 3 * * *', 'SELECT 1'), active := false)",
  'CREATE ROLE mine_role LOGIN; GRANT SELECT ON auth.users TO mine_role; GRANT USAGE ON SCHEMA storage TO mine_role; GRANT ALL ON storage.objects TO mine_role',
  'CREATE ROLE mine_role; GRANT mine_role TO authenticator; GRANT anon TO mine_role; ALTER ROLE mine_role SET statement_timeout = 5',
  "ALTER ROLE authenticator SET pgrst.db_schemas = 'public, api'",
  'CREATE TABLE mine (); ALTER PUBLICATION supabase_realtime ADD TABLE mine',
  'CREATE EXTENSION citext; CREATE EXTENSION IF NOT EXISTS pg_cron; CREATE EXTENSION IF NOT EXISTS pg_stat_statements',
  'CREATE SCHEMA mine; CREATE TABLE mine.mine ()',
  'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon',
  'SET track_io_timing = on',
];

const MINE = 'CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$';

describe.each([15, 17] as const)('a stand-in project, PostgreSQL %i', (major) => {
  let supabase: LocalSupabase;
  let project: Project;
  let client: pg.Client;
  beforeAll(async () => {
    supabase = await startSupabase({ major });
    project = await supabase.makeProject();
    client = new pg.Client(project.url);
    await client.connect();
    await client.query(MINE);
  });
  afterAll(async () => {
    await client.end();
    await supabase.stop();
  });

  /** Runs statements and rolls them back. @returns the SQLSTATE; 00000 when all is well */
  async function attempt(sql: string, as = client): Promise<string> {
    await as.query('BEGIN');
    try {
      await as.query(sql);
      return '00000';
    } catch (error) {
      return error instanceof pg.DatabaseError ? `${error.code}` : String(error);
    } finally {
      await as.query('ROLLBACK');
    }
  }

  it('refuses postgres what the platform refuses', async () => {
    const answers: (readonly [string, string])[] = [];
    for (const [sql] of REFUSED) answers.push([sql, await attempt(sql)]);
    expect(answers).toEqual(REFUSED);
  });

  it('lets postgres do what the platform lets it do', async () => {
    const refused: string[] = [];
    for (const sql of ALLOWED) {
      const code = await attempt(sql);
      if (code !== '00000') refused.push(`${code} ${sql}`);
    }
    expect(refused).toEqual([]);
  });

  it('has refs of one form', async () => {
    expect(project.ref).toMatch(/^[a-z]{20}$/);
    await expect(supabase.makeProject('Production')).rejects.toThrow(NoProjectRef);
  });

  it('opens new tables to the API, or not', async () => {
    const closed = await supabase.makeProject('abcdefghijklmnopqrst', { defaultGrants: false });
    for (const [url, grantees] of [
      [project.url, 4],
      [closed.url, 0],
    ] as const) {
      const other = new pg.Client(url);
      await other.connect();
      await other.query('CREATE TABLE opened ()');
      const sql = `SELECT count(DISTINCT grantee)::int AS n FROM pg_class, aclexplode(relacl) WHERE oid = 'opened'::regclass`;
      expect((await other.query(sql)).rows).toEqual([{ n: grantees }]);
      await other.end();
    }
    await supabase.dropProject(closed.ref);
  });

  it("keeps a project's secrets from another", async () => {
    await client.query("SELECT vault.create_secret('secret', 'name')");
    const read = 'SELECT decrypted_secret FROM vault.decrypted_secrets';
    expect((await client.query(read)).rows).toEqual([{ decrypted_secret: 'secret' }]);
    const other = await supabase.makeProject();
    const { rows } = await client.query<{ secret: string }>('SELECT secret FROM vault.secrets');
    const admin = new pg.Client(other.adminUrl);
    await admin.connect();
    await admin.query('INSERT INTO vault.secrets (secret) VALUES ($1)', [rows[0]?.secret]);
    await expect(admin.query(read)).rejects.toThrow(/wrong key/i);
    await admin.end();
  });

  it('does not make postgres a member of the services for longer than a statement', async () => {
    const members = `SELECT count(*)::int AS n FROM pg_auth_members
      WHERE member = 'postgres'::regrole AND roleid::regrole::text LIKE 'supabase_%'`;
    await client.query('CREATE POLICY lasting ON storage.objects USING (true)');
    expect((await client.query(members)).rows).toEqual([{ n: 0 }]);
    expect(
      await attempt('CREATE POLICY a ON auth.users USING (true); ALTER TABLE auth.users ADD b int'),
    ).toBe('42501');
    await client.query('DROP POLICY lasting ON storage.objects');
  });
});
