import pg from 'pg';
import type { Project } from './projects.ts';

/** What one of the API's callers may do with a table or view, and what it sees of it. */
export interface VisibleRelation {
  /** Columns it may read. */
  readonly select: readonly string[];
  readonly insert: readonly string[];
  readonly update: readonly string[];
  readonly delete: boolean;
  readonly truncate: boolean;
  /** The rows it gets, or the SQLSTATE it gets instead; undefined where it may read nothing. */
  readonly rows: number | string | undefined;
  /** Of the readable columns of those rows, in no order. */
  readonly hash: string | undefined;
}

/** By `caller schema.relation`; and as lists of lines by `caller functions`, `caller sequences` and `policies`. */
export type Visible = Readonly<Record<string, VisibleRelation | readonly string[]>>;

export interface VisibleOptions {
  /** Ids of auth.users to be, each as the role authenticated. Default: the first three by id. */
  readonly users?: readonly string[];
  /** Roles to be besides those of the API. */
  readonly roles?: readonly string[];
}

interface Caller {
  readonly name: string;
  readonly role: string;
  readonly sub?: string;
}

interface Rights extends Omit<VisibleRelation, 'rows' | 'hash'> {
  readonly relation: string;
  readonly name: string;
  readonly schema: string;
}

const API_ROLES = ['anon', 'authenticated', 'service_role'];
const DEFAULT_USERS = 3;
/** Of these only the platform has a say, and jobs, requests and secrets get new numbers and keys in another project. */
const LEFT_OUT = [
  ...['pg_catalog', 'information_schema', 'pg_toast', 'extensions', 'graphql', 'graphql_public', 'pgbouncer'],
  ...['cron', 'net', 'vault', '_realtime', 'supabase_functions', 'pgsodium'],
];
/** Messages live for three days and are in no backup: of this schema only the rights. */
const RIGHTS_ONLY = 'realtime';

const columns = (privilege: string): string =>
  `ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
     AND has_column_privilege($1, c.oid, attnum, '${privilege}') AND usage ORDER BY attname)`;
const RIGHTS = `
  SELECT format('%I.%I', n.nspname, relname) AS name, c.oid::regclass::text AS relation, n.nspname AS schema,
    ${columns('SELECT')} AS select, ${columns('INSERT')} AS insert, ${columns('UPDATE')} AS update,
    usage AND has_table_privilege($1, c.oid, 'DELETE') AS delete,
    usage AND has_table_privilege($1, c.oid, 'TRUNCATE') AS truncate
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
    has_schema_privilege($1, n.oid, 'USAGE') AS usage
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> ALL ($2) AND n.nspname !~ '^pg_'
    AND NOT (n.nspname = '${RIGHTS_ONLY}' AND relispartition)
  ORDER BY 1`;
const FUNCTIONS = `
  SELECT format('%I.%I(%s)%s', nspname, proname, pg_get_function_identity_arguments(p.oid),
    CASE WHEN prosecdef THEN ' SECURITY DEFINER' END) AS line
  FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
  WHERE nspname <> ALL ($2) AND nspname !~ '^pg_'
    AND has_schema_privilege($1, n.oid, 'USAGE') AND has_function_privilege($1, p.oid, 'EXECUTE')
  ORDER BY 1`;
const SEQUENCES = `
  SELECT format('%I.%I', nspname, relname) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname <> ALL ($2) AND nspname !~ '^pg_' AND has_schema_privilege($1, n.oid, 'USAGE')
    -- CASE: of other kinds the function must not even be asked
    AND CASE WHEN relkind = 'S' THEN has_sequence_privilege($1, c.oid, 'USAGE') ELSE false END
  ORDER BY 1`;
const POLICIES = `
  SELECT format('%I.%I %I %s %s TO %s USING (%s) CHECK (%s)', schemaname, tablename, policyname, permissive, cmd,
    array_to_string(roles, ','), qual, with_check) AS line
  FROM pg_policies WHERE schemaname <> ALL ($1)
  UNION ALL
  SELECT format('%s row security %s%s', oid::regclass, relrowsecurity, CASE WHEN relforcerowsecurity THEN ', forced' END)
  FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text <> ALL ($1)
    AND NOT (relnamespace::regnamespace::text = '${RIGHTS_ONLY}' AND relispartition)
  ORDER BY 1`;

/**
 * What the API's callers see of a project and may do in it: anon, some of the users who signed in, the server's key. Two
 * projects of the same rows and rights have equal answers, so it proves that a restore opened and closed nothing.
 */
export async function visibleTo(project: Project, options: VisibleOptions = {}): Promise<Visible> {
  const client = new pg.Client(project.adminUrl);
  await client.connect();
  try {
    await client.query(
      "BEGIN; SET LOCAL timezone = 'UTC'; SET LOCAL search_path = ''; SET LOCAL statement_timeout = 0",
    );
    const seen: Record<string, VisibleRelation | readonly string[]> = {};
    for (const caller of await callersOf(client, options)) await look(client, caller, seen);
    seen.policies = await lines(client, POLICIES, [LEFT_OUT]);
    return seen;
  } finally {
    await client.end();
  }
}

async function callersOf(client: pg.Client, { users, roles = [] }: VisibleOptions): Promise<Caller[]> {
  const ids =
    users ??
    (await lines(client, 'SELECT id::text AS line FROM auth.users ORDER BY id LIMIT $1', [DEFAULT_USERS]));
  return [
    ...[...API_ROLES, ...roles].map((role) => ({ name: role, role })),
    ...ids.map((sub) => ({ name: `authenticated(${sub})`, role: 'authenticated', sub })),
  ];
}

async function look(
  client: pg.Client,
  caller: Caller,
  seen: Record<string, VisibleRelation | readonly string[]>,
): Promise<void> {
  const { rows } = await client.query<Rights>(RIGHTS, [caller.role, LEFT_OUT]);
  await become(client, caller);
  for (const { relation, name, schema, ...rights } of rows) {
    const readable = rights.select.length > 0 && schema !== RIGHTS_ONLY;
    const found = readable ? await rowsOf(client, relation, rights.select) : undefined;
    seen[`${caller.name} ${name}`] = { ...rights, rows: found?.rows, hash: found?.hash };
  }
  await client.query('RESET ROLE');
  // Claims change which rows there are, not which objects.
  if (caller.sub !== undefined) return;
  seen[`${caller.name} functions`] = await lines(client, FUNCTIONS, [caller.role, LEFT_OUT]);
  seen[`${caller.name} sequences`] = await lines(client, SEQUENCES, [caller.role, LEFT_OUT]);
}

/** As PostgREST does it for a request. */
async function become(client: pg.Client, { role, sub }: Caller): Promise<void> {
  const claims = JSON.stringify({ role, ...(sub === undefined ? {} : { sub }) });
  await client.query(
    `SELECT set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true),
       set_config('request.jwt.claim.role', $3, true), set_config('role', $3, true)`,
    [claims, sub ?? '', role],
  );
}

async function rowsOf(
  client: pg.Client,
  relation: string,
  select: readonly string[],
): Promise<{ rows: number | string; hash: string | undefined }> {
  const list = select.map((column) => pg.escapeIdentifier(column)).join(', ');
  const sql = `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")) AS hash
    FROM (SELECT ${list} FROM ${relation}) t`;
  await client.query('SAVEPOINT reading');
  try {
    const { rows } = await client.query<{ rows: number; hash: string | null }>(sql);
    await client.query('RELEASE reading');
    return { rows: rows[0]?.rows ?? 0, hash: rows[0]?.hash ?? undefined };
  } catch (error) {
    await client.query('ROLLBACK TO reading');
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { rows: error.code ?? error.message, hash: undefined };
  }
}

async function lines(client: pg.Client, sql: string, values: readonly unknown[]): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(sql, [...values]);
  return rows.map(({ line }) => line);
}
