import pg from 'pg';
import { UnsuitableTargetError } from '../../../core/errors/index.ts';
import type { Manifest } from '../../../core/manifest.ts';
import { isUserTable } from '../../../core/supabase/managed.ts';
import type { TableName } from '../../../core/table-names.ts';
import { qualify } from '../database/session.ts';
import { type Delivered, nameBelongings } from '../restore/belongings.ts';
import { readAddedBySql, readCronJobs } from './additions.ts';
import { isProject, managedSchemas } from './scope.ts';

/** A Supabase project that a set of one is restored into. */
export interface Project {
  readonly managed: readonly string[];
  /** Columns of the platform's tables that hold rows of users, by `schema.name`: generated ones are not among them. */
  readonly columns: ReadonlyMap<string, readonly ProjectColumn[]>;
  readonly extensions: readonly string[];
  /** Extensions of the source that no project of this version has. */
  readonly unavailable: readonly string[];
  readonly publications: readonly string[];
}

export interface ProjectColumn {
  readonly name: string;
  /** As the server writes it, qualified. */
  readonly type: string;
}

/** A database without the platform that a set of a project is restored into: the set brings what of the platform it needs. */
export interface Sandbox {
  /** Schemas of the source's platform that the set does not bring. */
  readonly left: readonly string[];
  readonly unavailable: readonly string[];
}

/** What a set of a project goes into; neither where the set is of a plain database. */
export interface Destination {
  readonly project?: Project;
  readonly sandbox?: Sandbox;
}

/**
 * Finds out what a set goes into; only reads.
 * @param known whether that is a project, where somebody knows: a database that a project was restored into looks like one
 * @throws UnsuitableTargetError when the target is a project and the set is not of one
 */
export async function lookAtDestination(
  client: pg.Client,
  manifest: Manifest,
  known?: boolean,
): Promise<Destination> {
  const into = known ?? (await isProject(client));
  if (into && manifest.platform === undefined)
    throw new UnsuitableTargetError(
      'the target is a Supabase project, and the set is of a plain database; restore it into a database of a PostgreSQL ' +
        'server, or name tables with --mode table',
    );
  if (manifest.platform === undefined) return {};
  const unavailable = await unavailableExtensions(client, manifest);
  if (!into) return { sandbox: { left: manifest.platform.left, unavailable } };
  const managed = await managedSchemas(client);
  if (manifest.platform.schemas.includes('supabase_functions') && !managed.includes('supabase_functions'))
    throw new UnsuitableTargetError(
      'the source uses Database Webhooks, and the project has none; enable them in its dashboard (Integrations, Database ' +
        'Webhooks), then repeat the restore',
    );
  return {
    project: {
      managed,
      columns: await readColumns(client, managed),
      extensions: await namesIn(client, 'SELECT extname AS name FROM pg_catalog.pg_extension'),
      unavailable,
      publications: await namesIn(client, 'SELECT pubname AS name FROM pg_catalog.pg_publication'),
    },
  };
}

async function namesIn(client: pg.Client, query: string, values: unknown[] = []): Promise<string[]> {
  return (await client.query<{ name: string }>(query, values)).rows.map(({ name }) => name);
}

/** Newer projects lack some that older ones had from the start; whatever needs one of them fails by its own name. */
function unavailableExtensions(client: pg.Client, { extensions }: Manifest): Promise<string[]> {
  return namesIn(
    client,
    `SELECT name FROM pg_catalog.unnest($1::pg_catalog.text[]) AS wanted(name)
     WHERE name NOT IN (SELECT name FROM pg_catalog.pg_available_extensions)
       AND name NOT IN (SELECT extname FROM pg_catalog.pg_extension) ORDER BY 1`,
    [extensions.map(({ name }) => name)],
  );
}

async function readColumns(
  client: pg.Client,
  managed: readonly string[],
): Promise<Map<string, ProjectColumn[]>> {
  const { rows } = await client.query<TableName & { columns: ProjectColumn[] }>(
    `SELECT n.nspname AS schema, c.relname AS name, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', a.attname,
       'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) AS columns
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND n.nspname = ANY ($1) GROUP BY 1, 2`,
    [managed],
  );
  return new Map(rows.filter(isUserTable).map(({ schema, name, columns }) => [`${schema}.${name}`, columns]));
}

/** What a project has before anybody has put anything into it. */
export function deliveredWith({ managed, extensions }: Project): Delivered {
  const list = (names: readonly string[]) =>
    `ARRAY[${names.map((name) => pg.escapeLiteral(name)).join(', ')}]::pg_catalog.name[]`;
  return {
    notOfSchema: (alias) => `NOT (${alias}.nspname = ANY (${list(managed)}))`,
    notOwnedBy: (owner) =>
      `pg_catalog.pg_get_userbyid(${owner}) !~ '^(supabase_|pgsodium_key|pgtle_admin|dashboard_user)'`,
    notExtension: `NOT (extname = ANY (${list(extensions)}))`,
    notPublication: `pubname !~ '^supabase_realtime'`,
  };
}

/** What users have in a project, by name: rows of the platform's tables are theirs too. */
export async function nameUsersBelongings(client: pg.Client, project: Project): Promise<string[]> {
  const names = await nameBelongings(client, deliveredWith(project));
  for (const table of project.columns.keys()) {
    const [schema = '', name = ''] = table.split('.');
    const { rows } = await client.query<{ any: boolean }>(
      `SELECT EXISTS (SELECT FROM ${qualify(schema, name)}) AS any`,
    );
    if (rows[0]?.any === true) names.push(`rows of ${table}`);
  }
  // rights are told, after the restore: some of a new project's are given as postgres
  for (const { kind, what } of [...(await readAddedBySql(client)), ...(await readCronJobs(client))])
    if (['policy', 'trigger', 'cron'].includes(kind)) names.push(what);
  return names;
}
