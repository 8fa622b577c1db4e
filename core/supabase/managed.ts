import type { TableName } from '../table-names.ts';

/**
 * Schemas that belong to the platform or to an extension: a new project has them, and their structure is not the
 * user's to change (Supabase CLI, pkg/migration; changelog 34270).
 */
const MANAGED = [
  '_analytics',
  '_realtime',
  '_supavisor',
  'auth',
  'cron',
  'dbdev',
  'etl',
  'extensions',
  'graphql',
  'graphql_public',
  'net',
  'pgbouncer',
  'pgmq',
  'pgmq_public',
  'pgsodium',
  'pgsodium_masks',
  'pgtle',
  'realtime',
  'repack',
  'storage',
  'supabase_functions',
  'tiger',
  'tiger_data',
  'topology',
  'vault',
];
const MANAGED_PATTERN = /^_?timescaledb_/;

/** Those whose rows are the user's: accounts, files, webhooks. */
const WITH_ROWS = ['auth', 'storage', 'supabase_functions'];

/** Those that users' functions, views and policies call: a database without the platform needs them to be of use. */
const CALLED = ['auth', 'extensions', 'realtime', 'storage', 'supabase_functions'];

/** Whether the structure of a managed schema goes into a set, for a database that is no project. */
export function isCalledByUsers(schema: string): boolean {
  return CALLED.includes(schema);
}

/** Tables in them whose rows are not: what the platform's services have migrated, what is under way, what nobody may write. */
const WITHOUT_ROWS = [
  'auth.schema_migrations',
  'storage.migrations',
  'storage.buckets_analytics',
  'storage.buckets_vectors',
  'storage.vector_indexes',
  'storage.iceberg_namespaces',
  'storage.iceberg_tables',
  'storage.s3_multipart_uploads',
  'storage.s3_multipart_uploads_parts',
  'supabase_functions.migrations',
];

/** For a search in lists of programs: a regular expression of all of them. */
export const MANAGED_SCHEMAS_PATTERN = `(${MANAGED.join('|')}|_?timescaledb_[a-z_]+)`;

/** What the platform computes from other rows, and has or has not by its version: no loss where it is missing. */
const DERIVED = ['storage.prefixes'];
const DERIVED_COLUMNS = ['storage.objects.level', 'storage.objects.path_tokens'];

/** Whether nothing is lost where a project lacks the table, or the column of it. */
export function isDerived({ schema, name }: TableName, column?: string): boolean {
  const table = `${schema}.${name}`;
  return DERIVED.includes(table) || (column !== undefined && DERIVED_COLUMNS.includes(`${table}.${column}`));
}

/** Who may sign in: rows of users refer to these, so they are as critical as anything (spec P1). */
export const ACCOUNTS: readonly string[] = ['auth.users', 'auth.identities'];

/** Whether the platform made the schema and looks after it. */
export function isManagedSchema(name: string): boolean {
  return MANAGED.includes(name) || MANAGED_PATTERN.test(name);
}

/** Whether rows of a managed schema go into a set. */
export function hasUserRows(schema: string): boolean {
  return WITH_ROWS.includes(schema);
}

/** Whether the rows of a table in a managed schema are the user's. */
export function isUserTable({ schema, name }: TableName): boolean {
  return hasUserRows(schema) && !WITHOUT_ROWS.includes(`${schema}.${name}`);
}

const PLATFORM_ROLES =
  /^(supabase_.*|pgsodium_key(holder|iduser|maker)|pgtle_admin|pgbouncer|dashboard_user|cli_login_.*)$/;
const API_ROLES = ['anon', 'authenticated', 'authenticator', 'service_role', 'postgres'];

/** Roles of the platform's services: no user can become one of them. */
export function isPlatformRole(name: string): boolean {
  return PLATFORM_ROLES.test(name);
}

/** Roles that every project has, with the attributes and memberships the platform gives them. */
export function isRoleOfEveryProject(name: string): boolean {
  return isPlatformRole(name) || API_ROLES.includes(name);
}
