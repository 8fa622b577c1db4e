import type pg from 'pg';
import { USER_OID } from '../database/inventory.ts';
import { deliveredWith, type Project } from '../supabase/project.ts';

/** Privileges that differ from the built-in ones, in the parts of the statement that sets them. */
interface Privileges {
  readonly prefix: string;
  readonly target: string;
  readonly suffix: string;
  /** As the server writes it: `{anon=r/postgres}`. */
  readonly acl: string;
  readonly builtin: string;
}

/**
 * Default privileges, as far as this role may change them; others have no say over what it creates. Those of one schema
 * add to the built-in ones, those of the database replace them.
 */
const defaults = (project: Project | undefined) => `
  SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s', pg_catalog.pg_get_userbyid(d.defaclrole),
      CASE WHEN n.nspname IS NOT NULL THEN pg_catalog.format('IN SCHEMA %I ', n.nspname) END) AS prefix,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
      WHEN 'L' THEN 'LARGE OBJECTS' ELSE 'SCHEMAS' END AS target, '' AS suffix, d.defaclacl::pg_catalog.text AS acl,
    CASE WHEN d.defaclnamespace <> 0 THEN '{}' ELSE pg_catalog.acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'
      ELSE d.defaclobjtype END, d.defaclrole)::pg_catalog.text END AS builtin
  FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
  WHERE pg_catalog.pg_has_role(d.defaclrole, 'USAGE')${
    // those of the platform's roles, and in its schemas, are not the set's
    project === undefined
      ? ''
      : ` AND pg_catalog.pg_get_userbyid(d.defaclrole) = current_user
      AND coalesce(${deliveredWith(project).notOfSchema('n')}, true)`
  }`;

/** Grants on the server's own objects in this database, which a dump carries where they were changed. */
const SYSTEM = `
  SELECT '' AS prefix, CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::pg_catalog.regprocedure::pg_catalog.text AS target,
    '' AS suffix, p.proacl::pg_catalog.text AS acl, pg_catalog.acldefault('f', p.proowner)::pg_catalog.text AS builtin
  FROM pg_catalog.pg_proc p WHERE p.oid < ${USER_OID} AND p.proacl IS NOT NULL
  UNION ALL SELECT '', 'TABLE ' || c.oid::pg_catalog.regclass::pg_catalog.text, '', c.relacl::pg_catalog.text,
    pg_catalog.acldefault('r', c.relowner)::pg_catalog.text
  FROM pg_catalog.pg_class c WHERE c.oid < ${USER_OID} AND c.relacl IS NOT NULL
  UNION ALL SELECT '', 'TABLE ' || c.oid::pg_catalog.regclass::pg_catalog.text, pg_catalog.format(' (%I)', a.attname), a.attacl::pg_catalog.text, '{}'
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE c.oid < ${USER_OID} AND a.attacl IS NOT NULL
  UNION ALL SELECT '', pg_catalog.format('SCHEMA %I', n.nspname), '', n.nspacl::pg_catalog.text, pg_catalog.acldefault('n', n.nspowner)::pg_catalog.text
  FROM pg_catalog.pg_namespace n WHERE n.oid < ${USER_OID} AND n.nspname <> 'public' AND n.nspacl IS NOT NULL
  UNION ALL SELECT '', 'TYPE ' || t.oid::pg_catalog.regtype::pg_catalog.text, '', t.typacl::pg_catalog.text, pg_catalog.acldefault('T', t.typowner)::pg_catalog.text
  FROM pg_catalog.pg_type t WHERE t.oid < ${USER_OID} AND t.typacl IS NOT NULL
  UNION ALL SELECT '', pg_catalog.format('LANGUAGE %I', l.lanname), '', l.lanacl::pg_catalog.text, pg_catalog.acldefault('l', l.lanowner)::pg_catalog.text
  FROM pg_catalog.pg_language l WHERE l.oid < ${USER_OID} AND l.lanacl IS NOT NULL`;

const surroundings = (project: Project | undefined) =>
  project === undefined ? `${defaults(project)} UNION ALL ${SYSTEM}` : defaults(project);

/** What surrounds a database that is otherwise empty, and that a restore changes. */
export type Surroundings = readonly Privileges[];

export async function rememberSurroundings(client: pg.Client, project?: Project): Promise<Surroundings> {
  return (await client.query<Privileges>(surroundings(project))).rows;
}

/**
 * Takes default privileges away, so that what a restore creates is as open as its source and no more: those of a new
 * Supabase project give every table to anyone with the public key. Those of the set come with the set.
 */
export async function clearDefaultPrivileges(client: pg.Client, project?: Project): Promise<void> {
  await become(client, defaults(project), []);
}

/** Owner of the schema `public` in a new database, and what the owner and everyone may do in it, by the server's version. */
const NEW_PUBLIC = `
  SELECT r.oid, r.rolname AS owner, (pg_catalog.acldefault('n', r.oid) || CASE WHEN v.num < 150000
    THEN ARRAY[pg_catalog.makeaclitem(0, r.oid, 'USAGE', false), pg_catalog.makeaclitem(0, r.oid, 'CREATE', false)]
    ELSE ARRAY[pg_catalog.makeaclitem(0, r.oid, 'USAGE', false)] END)::pg_catalog.text AS acl
  FROM (SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS num) AS v
  JOIN pg_catalog.pg_roles r ON CASE WHEN v.num < 150000 THEN r.oid = 10 ELSE r.rolname = 'pg_database_owner' END`;

/**
 * The schema `public` with the owner, the grants and the comment of a new database, which is what an archive builds on.
 * By what is known of new databases: one that somebody dropped and made again is not told from others by the catalogues.
 */
export async function resetPublic(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ owner: string; lacking: boolean }>(
    `SELECT pg_catalog.quote_ident(owner) AS owner, pg_catalog.to_regnamespace('public') IS NULL AS lacking
     FROM (${NEW_PUBLIC}) AS fresh`,
  );
  const { owner = 'CURRENT_USER', lacking = false } = rows[0] ?? {};
  if (lacking) await client.query(`CREATE SCHEMA public AUTHORIZATION ${owner}`);
  const present = `SELECT '' AS prefix, 'SCHEMA public' AS target, '' AS suffix,
      coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::pg_catalog.text AS acl, fresh.acl AS builtin
    FROM pg_catalog.pg_namespace n JOIN (${NEW_PUBLIC}) AS fresh ON fresh.oid = n.nspowner WHERE n.nspname = 'public'`;
  // where any of it is not ours to do, the comparison says so
  await client.query(`ALTER SCHEMA public OWNER TO ${owner}`).catch(() => undefined);
  await client.query("COMMENT ON SCHEMA public IS 'standard public schema'").catch(() => undefined);
  await become(client, present, []).catch(() => undefined);
}

/** Gives the schema `public` exactly these grants, as `rememberPublic` reads them. */
export async function grantPublic(client: pg.Client, acl: string): Promise<void> {
  const present = `SELECT '' AS prefix, 'SCHEMA public' AS target, '' AS suffix, '{}' AS builtin,
      coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::pg_catalog.text AS acl
    FROM pg_catalog.pg_namespace n WHERE n.nspname = 'public'`;
  await become(client, present, [{ prefix: '', target: 'SCHEMA public', suffix: '', acl, builtin: '{}' }]);
}

/** Puts default privileges and grants on the server's own objects back. */
export async function putSurroundingsBack(
  client: pg.Client,
  before: Surroundings,
  project?: Project,
): Promise<void> {
  await become(client, surroundings(project), before);
}

/** Revokes what is there and was not, grants what was there and is not. An empty list is none to aclexplode. */
export async function become(client: pg.Client, present: string, wanted: Surroundings): Promise<void> {
  const grantee = `CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END`;
  const lacking = (other: string) => `NOT EXISTS (SELECT FROM pg_catalog.aclexplode(${other}) AS b
    WHERE (b.grantee, b.privilege_type, b.is_grantable) = (a.grantee, a.privilege_type, a.is_grantable))`;
  const { rows } = await client.query<{ sql: string }>(
    `WITH pair AS (
       SELECT prefix, target, suffix, nullif(coalesce(p.acl, w.builtin), '{}')::pg_catalog.aclitem[] AS present,
         nullif(coalesce(w.acl, p.builtin), '{}')::pg_catalog.aclitem[] AS wanted
       FROM (${present}) AS p FULL JOIN pg_catalog.json_to_recordset($1)
         AS w(prefix pg_catalog.text, target pg_catalog.text, suffix pg_catalog.text, acl pg_catalog.text, builtin pg_catalog.text)
         USING (prefix, target, suffix)
       WHERE p.acl IS DISTINCT FROM w.acl)
     SELECT 1 AS turn, pg_catalog.format('%sREVOKE %s%s ON %s FROM %s', prefix, a.privilege_type, suffix, target, ${grantee}) AS sql
       FROM pair, LATERAL pg_catalog.aclexplode(present) AS a WHERE ${lacking('wanted')}
     UNION ALL SELECT 2, pg_catalog.format('%sGRANT %s%s ON %s TO %s%s', prefix, a.privilege_type, suffix, target, ${grantee},
         CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
       FROM pair, LATERAL pg_catalog.aclexplode(wanted) AS a WHERE ${lacking('present')}
     ORDER BY 1`,
    [JSON.stringify(wanted)],
  );
  for (const { sql } of rows) await client.query(sql);
}
