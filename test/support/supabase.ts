import pg from 'pg';
import { expect } from 'vitest';
import type { Project } from '../../local/supabase/projects.ts';
import { configEnv, type EngineEnd, engine, engineEnv, makeBucket, type TestBucket } from './engine.ts';

/** A set of a project, and what it takes to restore it. */
export interface ProjectSet {
  readonly id: string;
  readonly bucket: TestBucket;
  /** Restores it as postgres. */
  restoreInto(target: Project, ...args: string[]): Promise<EngineEnd>;
}

/** Backs a project up as postgres, with the secrets of its vault. */
export async function backUpProject(
  source: Project,
  { backup = {} }: { readonly backup?: object } = {},
): Promise<ProjectSet> {
  const bucket = await makeBucket();
  const config = await configEnv({ backup: { vaultSecrets: true, ...backup } });
  const made = await engine(['backup', '--kind', 'daily'], { ...engineEnv(bucket, source), ...config });
  expect(made, made.stderr + made.stdout).toMatchObject({ exitCode: 0, result: { outcome: 'verified' } });
  const { id } = made.result;
  return {
    id,
    bucket,
    restoreInto: (target, ...args) =>
      engine(['restore', id, '--mode', 'full', ...args], { ...engineEnv(bucket, source, target), ...config }),
  };
}

/** Statements as the platform's superuser, who can make in a source what the platform's own programs made. */
export async function asAdmin(project: Project, sql: string): Promise<unknown[][]> {
  return rowsOf(project.adminUrl, sql);
}

export async function asPostgres(project: Project, sql: string): Promise<unknown[][]> {
  return rowsOf(project.url, sql);
}

async function rowsOf(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const result = await client.query({ text: sql, rowMode: 'array' });
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last.rows;
  } finally {
    await client.end();
  }
}

/**
 * What a project has besides what its callers see: rows of every table of the user, to the column; jobs, publications,
 * roles with settings and members, secrets, triggers, sequences. As sorted lines.
 */
export async function describeProject(project: Project): Promise<Record<string, unknown[]>> {
  const described: Record<string, unknown[]> = {};
  for (const [name, sql] of Object.entries(DESCRIPTIONS))
    described[name] = (await asAdmin(project, `SET timezone = 'UTC'; SET search_path = ''; ${sql}`)).flat();
  return described;
}

const USERS_SCHEMAS = `nspname IN ('auth', 'storage', 'supabase_functions')
  OR nspname NOT IN ('cron', 'net', 'vault', 'realtime', '_realtime', 'extensions', 'graphql', 'graphql_public', 'pgbouncer',
    'information_schema') AND nspname !~ '^pg_'`;

const DESCRIPTIONS = {
  rows: `SELECT format('%s %s', c.oid::regclass, (xpath('/row/h/text()', query_to_xml(format(
      'SELECT count(*) || '' '' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text COLLATE "C")), '''') AS h FROM %s t',
      c.oid::regclass), false, true, '')))[1])
    FROM pg_class c JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind IN ('r', 'm') AND (${USERS_SCHEMAS})
      AND c.oid::regclass::text NOT IN ('supabase_functions.hooks') ORDER BY 1`,
  sequences: `SELECT format('%I.%I %s', schemaname, sequencename, last_value) FROM pg_sequences
    JOIN pg_namespace ON nspname = schemaname WHERE (${USERS_SCHEMAS}) ORDER BY 1`,
  jobs: `SELECT format('%s %s %s %s', jobname, schedule, command, username) FROM cron.job ORDER BY jobid`,
  publications: `SELECT format('%s %s %s', pubname, pubowner::regrole, CASE WHEN puballtables THEN 'all' END) FROM pg_publication
    UNION ALL SELECT format('%s %s.%s %s %s', pubname, schemaname, tablename, attnames, rowfilter) FROM pg_publication_tables
    WHERE schemaname <> 'realtime' ORDER BY 1`,
  secrets:
    "SELECT format('%s %s %s', name, description, decrypted_secret) FROM vault.decrypted_secrets ORDER BY 1",
  triggers: `SELECT format('%s %s %s', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
  roles: `SELECT format('%s %s %s %s %s %s', rolname, rolcanlogin, rolinherit, rolcreaterole, rolbypassrls, rolconnlimit) FROM pg_roles ORDER BY 1`,
  members: `SELECT DISTINCT format('%s in %s %s', member::regrole, roleid::regrole, admin_option) FROM pg_auth_members ORDER BY 1`,
  settings: `SELECT format('%s %s %s', CASE WHEN setdatabase <> 0 THEN 'here' END, CASE WHEN setrole <> 0 THEN setrole::regrole END,
      (SELECT array_agg(s ORDER BY s) FROM unnest(setconfig) s)) FROM pg_db_role_setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY 1`,
  defaults: `SELECT format('%s %s %s %s', defaclrole::regrole, CASE WHEN defaclnamespace <> 0 THEN defaclnamespace::regnamespace END,
      defaclobjtype, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) a)) FROM pg_default_acl ORDER BY 1`,
  owners: `SELECT format('%s %s %s', c.oid::regclass, relkind, relowner::regrole) FROM pg_class c
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND (${USERS_SCHEMAS})
    ORDER BY 1`,
  constraints: `SELECT format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE conrelid <> 0 AND connamespace::regnamespace::text !~ '^(pg_|realtime$)' ORDER BY 1`,
  indexes: `SELECT indexdef FROM pg_indexes WHERE schemaname <> 'realtime' AND schemaname !~ '^pg_' ORDER BY 1`,
  comments: `SELECT format('%s %s %s', (pg_identify_object(classoid, objoid, objsubid)).identity, objsubid, description)
    FROM pg_description d WHERE classoid <> 'pg_proc'::regclass AND objoid >= 16384 ORDER BY 1`,
  extensions: 'SELECT extname FROM pg_extension ORDER BY 1',
} as const;
