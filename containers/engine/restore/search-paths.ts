import pg from 'pg';
import type { RestoreRun } from './context.ts';

/**
 * Schemas where nobody can have put a name in another's way: they, and whatever is in them, belong to superusers, to the
 * owner of the database, to who restores, or to the owner of the object ($2 ends with that name), and no other may create
 * in them. Two roles that fit leave it open whose the object is; then neither counts.
 */
const CLOSED = `
  WITH named AS (SELECT oid FROM pg_catalog.pg_roles
      WHERE pg_catalog.right($2, pg_catalog.length(rolname::pg_catalog.text) + 1) = ' ' || rolname::pg_catalog.text),
    trusted AS (
      SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname IN ('pg_database_owner', current_user)
      UNION SELECT datdba FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
      UNION SELECT oid FROM named WHERE (SELECT pg_catalog.count(*) FROM named) = 1),
    others AS (
      SELECT oid AS schema, nspowner AS role FROM pg_catalog.pg_namespace
      UNION ALL SELECT n.oid, a.grantee FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) AS a WHERE a.privilege_type = 'CREATE'
      UNION ALL SELECT pronamespace, proowner FROM pg_catalog.pg_proc
      UNION ALL SELECT oprnamespace, oprowner FROM pg_catalog.pg_operator
      UNION ALL SELECT relnamespace, relowner FROM pg_catalog.pg_class
      UNION ALL SELECT typnamespace, typowner FROM pg_catalog.pg_type)
  SELECT nspname AS name FROM pg_catalog.pg_namespace
  WHERE nspname = ANY ($1) AND oid NOT IN (SELECT schema FROM others WHERE role NOT IN (SELECT oid FROM trusted))
  ORDER BY nspname <> 'public', nspname`;

/**
 * Search paths in which functions of the source may find what they name, in the order of likelihood: the empty one, in
 * which archives are restored; the usual one; all schemas of the set. Of closed schemas alone: a function runs with the
 * rights of the object's owner, and must not find what a stranger has put there for it to find.
 * @param owner of the object, or a text that ends with a blank and that name
 */
export async function searchPathsOf(
  { manifest }: Pick<RestoreRun, 'manifest'>,
  client: pg.Client,
  owner: string,
): Promise<string[]> {
  // the session may be in one of these paths still, and operators below go by it
  await client.query("SELECT pg_catalog.set_config('search_path', '', false)");
  const { rows } = await client.query<{ name: string }>(CLOSED, [manifest.schemas, ` ${owner}`]);
  const closed = rows.map(({ name }) => name);
  const usual = closed.filter((name) => name === 'public' || ` ${owner}`.endsWith(` ${name}`));
  return [...new Set(['', listed(usual), listed(closed)])];
}

function listed(schemas: readonly string[]): string {
  return schemas.map((name) => pg.escapeIdentifier(name)).join(', ');
}
