import type pg from 'pg';
import { projectRefOf } from '../../../core/supabase/host.ts';
import {
  isCalledByUsers,
  isManagedSchema,
  isPlatformRole,
  isUserTable,
} from '../../../core/supabase/managed.ts';
import type { TableName } from '../../../core/table-names.ts';
import { extensionMember, readTables, type SourceTable } from '../database/inventory.ts';
import type { DatabaseAddress } from '../database/url.ts';

/** What of a database a set holds. */
export interface Scope {
  /** Whether the database is that of a Supabase project, whose schemas are not all the user's. */
  readonly supabase: boolean;
  /** Schemas of which nothing is read. */
  readonly excluded: readonly string[];
  /** Schemas that the platform looks after. */
  readonly managed: readonly string[];
  /** Schemas whose structure no archive holds: those, and the platform's own that have rows of the user. */
  readonly withoutStructure: readonly string[];
  /** Those of them whose structure goes into an archive of its own, and what of it this role may not read. */
  readonly platform: { readonly schemas: readonly string[]; readonly unreadable: readonly TableName[] };
}

/**
 * A project, and no database that somebody has given a schema `auth` of his own: the platform's belongs to a role that is
 * nobody's to use.
 */
const IS_PROJECT = `
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
    WHERE n.nspname = 'auth' AND c.relname = 'users' AND r.rolname IN ('supabase_auth_admin', 'supabase_admin')) AS project`;

/** Whether the session is with the database of a Supabase project. */
export async function isProject(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ project: boolean }>(IS_PROJECT);
  return rows[0]?.project === true;
}

/**
 * What an operator types to confirm what is done to a database: the name of the database, which in every project is
 * `postgres`, so there it is the project's.
 */
export async function nameToConfirm(
  client: pg.Client,
  { keywords }: DatabaseAddress,
  database: string,
): Promise<string> {
  const ref = projectRefOf(keywords);
  return ref !== undefined && (await isProject(client)) ? ref : database;
}

/** With its owner, and whether an extension has its objects there. */
const SCHEMAS = `
  SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner, ${extensionMember('pg_namespace', 'n.oid')}
    OR EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid) AS "ofExtension"
  FROM pg_catalog.pg_namespace n ORDER BY 1`;

/**
 * The schemas of a database that the platform looks after. Not by name alone: users have schemas too that are called like
 * one which not every project has.
 */
export async function managedSchemas(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; owner: string; ofExtension: boolean }>(SCHEMAS);
  return rows
    .filter(
      ({ name, owner, ofExtension }) =>
        isManagedSchema(name) && (isCalledByUsers(name) || isPlatformRole(owner) || ofExtension),
    )
    .map(({ name }) => name);
}

/** @param configured schemas that the configuration leaves out */
export async function readScope(client: pg.Client, configured: readonly string[]): Promise<Scope> {
  if (!(await isProject(client)))
    return {
      supabase: false,
      managed: [],
      excluded: configured,
      withoutStructure: configured,
      platform: { schemas: [], unreadable: [] },
    };
  const managed = await managedSchemas(client);
  const withRows = await schemasWithUserTables(client, managed);
  const leftOut = managed.filter((name) => !withRows.has(name));
  return {
    supabase: true,
    managed,
    excluded: [...new Set([...configured, ...leftOut])],
    withoutStructure: [...new Set([...configured, ...managed])],
    platform: await readablePlatform(
      client,
      managed.filter((name) => isCalledByUsers(name) && !configured.includes(name)),
    ),
  };
}

/** pg_dump wants to read every table whose structure it writes. */
async function readablePlatform(client: pg.Client, schemas: readonly string[]): Promise<Scope['platform']> {
  const { rows: unreadable } = await client.query<TableName>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ($1) AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')`,
    [schemas],
  );
  return { schemas, unreadable };
}

async function schemasWithUserTables(client: pg.Client, managed: readonly string[]): Promise<Set<string>> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = ANY ($1)`,
    [managed],
  );
  return new Set(rows.filter(isUserTable).map(({ schema }) => schema));
}

/** Tables whose rows belong into a set. */
export async function scopedTables(client: pg.Client, scope: Scope): Promise<SourceTable[]> {
  const tables = await readTables(client, scope.excluded);
  return tables.filter((table) => !isManaged(scope, table) || isUserTable(table));
}

/** Whether the table is the platform's: its rows go into slices, for no archive holds it. */
export function isManaged(scope: Scope, { schema }: { readonly schema: string }): boolean {
  return scope.managed.includes(schema) && !scope.excluded.includes(schema);
}
