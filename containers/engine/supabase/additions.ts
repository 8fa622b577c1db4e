import type pg from 'pg';
import type { Addition, CronJob, MadeBySql } from '../../../core/supabase/additions.ts';
import { isPlatformRole, isRoleOfEveryProject } from '../../../core/supabase/managed.ts';
import { extensionMember } from '../database/inventory.ts';
import { managedSchemas } from './scope.ts';

const POLICIES = `
  SELECT n.nspname AS schema, pg_catalog.format('policy %I on %I.%I', p.polname, n.nspname, c.relname) AS what,
    pg_catalog.array_remove(ARRAY[
      pg_catalog.format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, n.nspname, c.relname,
        CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        (SELECT pg_catalog.string_agg(CASE r.oid WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.oid)) END,
           ', ' ORDER BY r.oid) FROM pg_catalog.unnest(p.polroles) AS r(oid)))
        || coalesce(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
        || coalesce(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),
      pg_catalog.format('COMMENT ON POLICY %I ON %I.%I IS ', p.polname, n.nspname, c.relname)
        || pg_catalog.quote_literal(pg_catalog.obj_description(p.oid, 'pg_policy'))], NULL) AS sql,
    pg_catalog.format('DROP POLICY IF EXISTS %I ON %I.%I', p.polname, n.nspname, c.relname) AS undo
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  ORDER BY 2`;

/** Functions by which users have triggers on the platform's tables: their own, and those made for it. */
const FOR_USERS = ['extensions', 'net', 'pgmq', 'supabase_functions'];

const TRIGGERS = `
  SELECT n.nspname AS schema, fn.nspname AS "functionSchema",
    pg_catalog.format('trigger %I on %I.%I', t.tgname, n.nspname, c.relname) AS what,
    pg_catalog.array_remove(ARRAY[pg_catalog.pg_get_triggerdef(t.oid), CASE WHEN t.tgenabled <> 'O' THEN
      pg_catalog.format('ALTER TABLE %I.%I %s TRIGGER %I', n.nspname, c.relname,
        CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) END], NULL) AS sql,
    pg_catalog.format('DROP TRIGGER IF EXISTS %I ON %I.%I', t.tgname, n.nspname, c.relname) AS undo
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace
  WHERE NOT t.tgisinternal AND t.tgparentid = 0
  ORDER BY 3`;

/** Functions of users in the one schema of the platform in which they may make some. Older images gave its own to postgres. */
const FUNCTIONS = `
  SELECT n.nspname AS schema, pg_catalog.pg_get_userbyid(p.proowner) AS owner,
    'function ' || p.oid::pg_catalog.regprocedure::pg_catalog.text AS what,
    ARRAY[pg_catalog.pg_get_functiondef(p.oid)] AS sql, 'DROP ROUTINE IF EXISTS ' || p.oid::pg_catalog.regprocedure AS undo
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'extensions' AND p.prokind IN ('f', 'p') AND NOT ${extensionMember('pg_proc', 'p.oid')}
    AND p.proname !~ '^(grant_pg_(cron|graphql|net)_access|pgrst_d(dl|rop)_watch|set_graphql_placeholder)$'
  ORDER BY 3`;

/** What of the publications that every project has users can change. */
const PUBLICATIONS = `
  SELECT '' AS schema, pg_catalog.pg_get_userbyid(pubowner) AS owner, pg_catalog.format('publication %I', pubname) AS what,
    ARRAY[pg_catalog.format('ALTER PUBLICATION %I SET (publish = %L, publish_via_partition_root = %s)', pubname,
      pg_catalog.concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
        CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END), pubviaroot)] AS sql, '' AS undo
  FROM pg_catalog.pg_publication WHERE pubname = 'supabase_realtime'`;

/** Everything in a schema that carries grants. */
const GRANTS = `
  WITH granted (schema, target, suffix, acl, member) AS (
    SELECT nspname, pg_catalog.format('SCHEMA %I', nspname), '', nspacl, false FROM pg_catalog.pg_namespace
    UNION ALL SELECT n.nspname, pg_catalog.format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname),
      '', c.relacl, ${extensionMember('pg_class', 'c.oid')} FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    UNION ALL SELECT n.nspname, pg_catalog.format('TABLE %I.%I', n.nspname, c.relname), pg_catalog.format(' (%I)', a.attname), a.attacl, ${extensionMember('pg_class', 'c.oid')}
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    UNION ALL SELECT n.nspname, 'ROUTINE ' || p.oid::pg_catalog.regprocedure::pg_catalog.text, '', p.proacl, ${extensionMember('pg_proc', 'p.oid')}
      FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace)
  SELECT schema, member, pg_catalog.pg_get_userbyid(a.grantor) AS grantor, pg_catalog.pg_get_userbyid(a.grantee) AS grantee, a.grantee = 0 AS everyone,
    pg_catalog.format('GRANT %s%s ON %s TO %s%s', a.privilege_type, suffix, target,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END) AS sql,
    pg_catalog.format('REVOKE %s%s ON %s FROM %s', a.privilege_type, suffix, target,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END) AS undo
  FROM granted, LATERAL pg_catalog.aclexplode(acl) AS a WHERE acl IS NOT NULL ORDER BY 5`;

/** Tables and views that somebody other than the platform has put into its schemas. */
const STRANGERS = `
  SELECT n.nspname AS schema, pg_catalog.pg_get_userbyid(o.relowner) AS owner,
    CASE o.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END
      || pg_catalog.format(' %I.%I', n.nspname, o.relname) AS what
  FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
  WHERE o.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT o.relispartition AND NOT ${extensionMember('pg_class', 'o.oid')}
  UNION ALL SELECT n.nspname, pg_catalog.pg_get_userbyid(o.proowner), 'function ' || o.oid::pg_catalog.regprocedure::pg_catalog.text
  FROM pg_catalog.pg_proc o JOIN pg_catalog.pg_namespace n ON n.oid = o.pronamespace
  WHERE n.nspname IN ('auth', 'storage', 'realtime') AND NOT ${extensionMember('pg_proc', 'o.oid')}
  ORDER BY 3`;

interface Found {
  readonly schema: string;
  readonly what: string;
  readonly sql: string[];
  readonly undo: string;
}

interface GrantFound {
  readonly schema: string;
  /** Of an extension. */
  readonly member: boolean;
  readonly grantor: string;
  readonly grantee: string;
  readonly everyone: boolean;
  readonly sql: string;
  readonly undo: string;
}

/** An addition, and the statement that takes it away. */
export type AddedBySql = MadeBySql & { readonly undo: string };

/** What users have added to the schemas of the platform. */
export async function readAddedBySql(client: pg.Client): Promise<MadeBySql[]> {
  return (await readAddedWithUndo(client)).map(({ kind, what, sql }) => ({ kind, what, sql }));
}

/** The same; grants are those that the platform did not give. */
export async function readAddedWithUndo(client: pg.Client): Promise<AddedBySql[]> {
  const managed = new Set(await managedSchemas(client));
  const within = ({ schema }: { schema: string }) => managed.has(schema);
  const policies = await client.query<Found>(POLICIES);
  const triggers = await client.query<Found & { functionSchema: string }>(TRIGGERS);
  const ofUser = ({ functionSchema }: { functionSchema: string }) =>
    !managed.has(functionSchema) || FOR_USERS.includes(functionSchema);
  const functions = await client.query<Found & { owner: string }>(FUNCTIONS);
  const publications = await client.query<Found & { owner: string }>(PUBLICATIONS);
  const grants = await client.query<GrantFound>(GRANTS);
  return [
    ...functions.rows.filter(({ owner }) => !isPlatformRole(owner)).map(made('function')),
    // pg_cron looks after its own policies
    ...policies.rows.filter((row) => within(row) && row.schema !== 'cron').map(made('policy')),
    ...triggers.rows.filter((row) => within(row) && ofUser(row)).map(made('trigger')),
    ...publications.rows.filter(({ owner }) => !isPlatformRole(owner)).map(made('publication')),
    ...grants.rows
      .filter((row) => within(row) && isUsersGrant(row))
      .map(({ sql, undo }) => ({ kind: 'grant' as const, what: sql, sql: [sql], undo })),
  ];
}

/** Who makes an extension opens it to everyone and to the API's roles, here as in every other project. */
function isUsersGrant({ member, grantor, grantee, everyone }: GrantFound): boolean {
  if (isPlatformRole(grantor) || grantee === grantor) return false;
  if (everyone) return !member;
  return member ? !isRoleOfEveryProject(grantee) : !isPlatformRole(grantee);
}

/** Every grant in the platform's schemas, whoever gave it, as statements. */
export async function readGranted(client: pg.Client): Promise<ReadonlySet<string>> {
  const managed = new Set(await managedSchemas(client));
  const { rows } = await client.query<GrantFound>(GRANTS);
  return new Set(rows.filter(({ schema }) => managed.has(schema)).map(({ sql }) => sql));
}

const made =
  (kind: 'policy' | 'trigger' | 'function' | 'publication') =>
  ({ what, sql, undo }: Found): AddedBySql => ({ kind, what, sql, undo });

/** Everything of that kind, and what no restore can bring back. */
export async function readAllAdditions(client: pg.Client): Promise<Addition[]> {
  const managed = new Set(await managedSchemas(client));
  const strangers = await client.query<{ schema: string; owner: string; what: string }>(STRANGERS);
  const lost = strangers.rows.filter(({ schema, owner }) => managed.has(schema) && !isPlatformRole(owner));
  return [
    ...(await readAddedBySql(client)),
    ...(await readCronJobs(client)),
    ...lost.map(({ what }): Addition => ({ kind: 'lost', what })),
  ];
}

/** Jobs of pg_cron that this role may see; none where it is not installed. */
export async function readCronJobs(client: pg.Client): Promise<CronJob[]> {
  if (!(await isReadable(client, 'cron.job'))) return [];
  const { rows } = await client.query<Omit<CronJob, 'kind' | 'what'>>(
    `SELECT jobname::pg_catalog.text AS name, schedule, command, database, username, active FROM cron.job ORDER BY jobid`,
  );
  return rows.map((job) => ({ kind: 'cron', what: nameOfJob(job), ...job }));
}

export function nameOfJob({ name, schedule }: Pick<CronJob, 'name' | 'schedule'>): string {
  return `cron job ${name === null ? 'without a name' : JSON.stringify(name)} at ${JSON.stringify(schedule)}`;
}

/** Whether a table or view is there, and this role may read it. */
export async function isReadable(client: pg.Client, relation: string): Promise<boolean> {
  const { rows } = await client.query<{ readable: boolean }>(
    `SELECT coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), false) AS readable
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass($1)`,
    [relation],
  );
  return rows[0]?.readable === true;
}
