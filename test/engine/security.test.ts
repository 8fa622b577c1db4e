import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { loadSampleData } from '../../local/sample/load.ts';
import { engineEnv, makeBucket, withClient } from '../support/engine.ts';
import { backUp, restore } from '../support/runs.ts';

const ROLES = ['anon', 'authenticated', 'service_role'];
const IN_LIST = `('${ROLES.join("','")}')`;
const SCHEMAS = "('public', 'auth', 'storage')";

const ATTRIBUTES = `SELECT rolname AS role, rolinherit, rolbypassrls, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb
  FROM pg_roles WHERE rolname IN ${IN_LIST} ORDER BY 1`;

/** Every privilege of every role on every schema, relation, column and function: `role privilege thing`. */
const PRIVILEGES = `
  WITH role AS (SELECT oid, rolname FROM pg_roles WHERE rolname IN ${IN_LIST}),
  space AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ${SCHEMAS}),
  relation AS (SELECT c.oid, nspname, relname FROM pg_class c JOIN space ON relnamespace = space.oid WHERE relkind IN ('r', 'v', 'm'))
  SELECT concat_ws(' ', rolname, p, thing) AS may FROM (
    SELECT rolname, p, nspname AS thing, has_schema_privilege(role.oid, space.oid, p) AS has
      FROM role, space, unnest(ARRAY['USAGE', 'CREATE']) p
    UNION ALL SELECT rolname, p, nspname || '.' || relname, has_table_privilege(role.oid, relation.oid, p)
      FROM role, relation, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
    UNION ALL SELECT rolname, p, nspname || '.' || relname || '.' || attname, has_column_privilege(role.oid, relation.oid, attnum, p)
      FROM role, relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p
    UNION ALL SELECT rolname, 'EXECUTE', nspname || '.' || proname, has_function_privilege(role.oid, f.oid, 'EXECUTE')
      FROM role, pg_proc f JOIN space ON pronamespace = space.oid
  ) AS asked WHERE has ORDER BY 1`;

const POLICIES = `SELECT schemaname, tablename, policyname, permissive, roles::text[], cmd, qual, with_check
  FROM pg_policies ORDER BY 1, 2, 3`;

/** What callers try; `$user` is one who owns projects, `$other` another such. */
const DEEDS = {
  'a guest leaves an event': "anon|INSERT INTO analytics_events (name) VALUES ('seen')",
  'a guest leaves one for a user':
    "anon|INSERT INTO analytics_events (name, user_id) VALUES ('seen', '$user')",
  'a guest reads feedback': 'anon|SELECT rating, body FROM feedbacks',
  'a guest reads who wrote feedback': 'anon|SELECT author_id FROM feedbacks',
  'a guest reads public files': 'anon|SELECT name FROM storage.objects',
  'a user reads own projects': 'authenticated|SELECT * FROM projects',
  'a user reads the scenarios of own stories': 'authenticated|SELECT * FROM scenarios',
  'a user reads passwords': 'authenticated|SELECT encrypted_password FROM auth.users',
  'a user renames projects': "authenticated|UPDATE projects SET title = 'mine'",
  'a user gives a project away': "authenticated|UPDATE projects SET owner_id = '$other'",
  'a user takes a project': "authenticated|UPDATE projects SET owner_id = '$user' WHERE owner_id = '$other'",
  'a user removes assets': 'authenticated|DELETE FROM assets',
  'a user becomes admin': "authenticated|UPDATE users SET role = 'admin'",
  'a user changes the address': "authenticated|UPDATE users SET email = 'new@videoplanet.example'",
  'a user starts a project': "authenticated|INSERT INTO projects (owner_id, title) VALUES ('$user', 'new')",
  'a user starts one for another':
    "authenticated|INSERT INTO projects (owner_id, title) VALUES ('$other', 'new')",
  'a user speaks for another':
    "authenticated|INSERT INTO feedbacks (story_id, author_id, body) SELECT id, '$other', 'x' FROM stories LIMIT 1",
  'the service reads all projects': 'service_role|SELECT * FROM projects',
  'the service changes all scenarios': "service_role|UPDATE scenarios SET title = 'x'",
} as const;

type Deed = keyof typeof DEEDS;

/** What comes of each deed; nothing of it stays. */
async function outcomes(client: pg.Client): Promise<Map<Deed, string>> {
  const { rows } = await client.query<{ id: string }>(
    'SELECT owner_id AS id FROM projects JOIN stories ON project_id = projects.id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2',
  );
  const [user = '', other = ''] = rows.map(({ id }) => id);
  const found = new Map<Deed, string>();
  for (const [deed, text] of Object.entries(DEEDS) as [Deed, string][]) {
    const [role = '', sql = ''] = text.replace('$user', user).replace('$other', other).split('|');
    await client.query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL "request.jwt.claim.sub" = '${user}'`);
    found.set(
      deed,
      await client.query(sql).then(
        ({ command, rowCount }) => `${command} ${rowCount}`,
        (error: Error) => error.message,
      ),
    );
    await client.query('ROLLBACK');
  }
  return found;
}

/** What a table and a function made from now on may be used for. */
async function privilegesOfNew(client: pg.Client): Promise<string[]> {
  await client.query(
    'BEGIN; CREATE TABLE public.made_later (n int); CREATE FUNCTION public.done_later() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
  );
  const { rows } = await client.query<{ may: string }>(PRIVILEGES);
  await client.query('ROLLBACK');
  return rows.map(({ may }) => may).filter((may) => may.endsWith('_later'));
}

describe.each([15, 17] as const)(
  'on a server that knew none of the roles, PostgreSQL %i, a copy has',
  (major) => {
    let servers: readonly [LocalPostgres, LocalPostgres];

    beforeAll(async () => {
      servers = await Promise.all([startPostgres({ major }), startPostgres({ major })]);
      const [from, to] = servers;
      await Promise.all([from.createDatabase('sample'), to.createDatabase('sample')]);
      await loadSampleData(from.url('sample'), { megabytes: 1 });
      await from.psql(
        'sample',
        'CREATE ROLE gate LOGIN NOINHERIT; GRANT anon, authenticated TO gate; ALTER TABLE public.versions OWNER TO gate',
      );
      expect(await to.psql('postgres', ATTRIBUTES)).toBe('');
      const env = engineEnv(await makeBucket(), { url: from.url('sample') }, { url: to.url('sample') });
      await restore(env, (await backUp(env)).id);
    });
    afterAll(async () => {
      await Promise.all(servers.map((server) => server.stop()));
    });

    /** The same look at the source and at the copy. */
    async function both<T>(look: (client: pg.Client) => Promise<T>): Promise<[source: T, copy: T]> {
      const [from, to] = servers;
      return [await withClient(from.url('sample'), look), await withClient(to.url('sample'), look)];
    }

    const rowsOf = (sql: string) => both(async (client) => (await client.query(sql)).rows);

    it('the roles with their attributes and memberships', async () => {
      const [source, copy] = await rowsOf(ATTRIBUTES);
      expect(copy).toEqual(source);
      expect(copy).toMatchObject([
        { role: 'anon', rolinherit: false, rolbypassrls: false, rolcanlogin: false },
        { role: 'authenticated', rolinherit: false, rolbypassrls: false, rolcanlogin: false },
        { role: 'service_role', rolinherit: false, rolbypassrls: true, rolcanlogin: false },
      ]);
      const [, seen] = await both(async (client) => {
        await client.query('SET SESSION AUTHORIZATION gate; SET ROLE authenticated');
        return (await client.query('SELECT current_user, session_user')).rows;
      });
      expect(seen).toEqual([{ current_user: 'authenticated', session_user: 'gate' }]);
      const refused = await both((client) =>
        client.query('SET SESSION AUTHORIZATION gate; SET ROLE service_role').then(
          () => 'allowed',
          (error: Error) => error.message,
        ),
      );
      expect(refused).toEqual(Array(2).fill('permission denied to set role "service_role"'));
    });

    it('every privilege of every role, and no other', async () => {
      const [source, copy] = await rowsOf(PRIVILEGES);
      expect(copy).toEqual(source);
      const all = new Set(copy.map(({ may }) => may));
      expect(all).toContain('authenticated SELECT public.users.email');
      expect(all).not.toContain('authenticated SELECT public.users');
      expect(all).not.toContain('anon SELECT public.feedbacks.author_id');
      expect(all).toContain('service_role TRUNCATE storage.objects');
    });

    it('every policy, on tables that enforce them', async () => {
      const [source, copy] = await rowsOf(POLICIES);
      expect(copy).toEqual(source);
      expect(copy.length).toBeGreaterThan(15);
      const [before, after] = await rowsOf(
        'SELECT oid::regclass::text AS name, relforcerowsecurity FROM pg_class WHERE relrowsecurity ORDER BY 1',
      );
      expect(after).toEqual(before);
      expect(after).toHaveLength(16);
    });

    it('the same answer to whatever a guest, a user and the service try', async () => {
      const [source, copy] = await both(outcomes);
      expect(Object.fromEntries(copy)).toEqual(Object.fromEntries(source));
      expect(Object.fromEntries(copy)).toMatchObject({
        'a guest leaves an event': 'INSERT 1',
        'a guest reads who wrote feedback': 'permission denied for table feedbacks',
        'a user reads own projects': expect.stringMatching(/^SELECT [1-9]/),
        'a user reads the scenarios of own stories': expect.stringMatching(/^SELECT [1-9]/),
        'a user reads passwords': 'permission denied for table users',
        'a user gives a project away': expect.stringContaining('violates row-level security policy'),
        'a user takes a project': 'UPDATE 0',
        'a user becomes admin': 'permission denied for table users',
        'a user changes the address': 'UPDATE 1',
        'a user starts one for another': expect.stringContaining('violates row-level security policy'),
        'a user speaks for another': expect.stringContaining('violates row-level security policy'),
      });
      expect(copy.get('the service reads all projects')).not.toBe(copy.get('a user reads own projects'));
    });

    it('the default privileges, for what is made in it later', async () => {
      const [source, copy] = await both(privilegesOfNew);
      expect(copy).toEqual(source);
      expect(copy).toContain('authenticated SELECT public.made_later');
      expect(copy).not.toContain('authenticated INSERT public.made_later');
      expect(copy).toContain('service_role DELETE public.made_later');
    });

    it('each object in the hands of its owner', async () => {
      const [source, copy] =
        await rowsOf(`SELECT c.oid::regclass::text AS name, relowner::regrole::text AS owner
      FROM pg_class c WHERE relnamespace::regnamespace::text IN ${SCHEMAS} AND relkind <> 'i' ORDER BY 1`);
      expect(copy).toEqual(source);
      expect(copy).toContainEqual({ name: 'versions', owner: 'gate' });
      expect(copy).toContainEqual({ name: 'projects', owner: 'postgres' });
    });
  },
);
