import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import pg from 'pg';

/** psql puts the name of the database it is connected to here, so the text fits a target of any name. */
const THIS_DATABASE = ':"DBNAME"';

/** What pg_dumpall says of roles, less what only its own way of restoring needs. */
export async function* filterRoles(output: Readable, settings: readonly string[]): AsyncGenerator<Buffer> {
  yield Buffer.from(
    '-- Roles of the whole server, without passwords. A role that exists already keeps its attributes.\n',
  );
  for await (const line of createInterface({ input: output })) {
    if (/^(CREATE|ALTER) ROLE |^GRANT /.test(line)) yield Buffer.from(`${line}\n`);
  }
  yield Buffer.from('-- Settings of the database itself.\n');
  for (const statement of settings) yield Buffer.from(`${statement}\n`);
}

/** Settings, grants and comment of the current database as statements about `:"DBNAME"`. */
export async function databaseSettingsSql(client: pg.Client): Promise<string[]> {
  const settings = await client.query<{ role: string | null; config: string }>(`
    SELECT r.rolname AS role, c.config FROM pg_catalog.pg_db_role_setting s
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, LATERAL pg_catalog.unnest(s.setconfig) AS c(config)
    WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    ORDER BY 1 NULLS FIRST, 2`);
  const grants = await client.query<{ grantee: string | null; privilege: string; grantable: boolean }>(`
    SELECT r.rolname AS grantee, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM pg_catalog.pg_database d, LATERAL pg_catalog.aclexplode(d.datacl) AS a
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
    WHERE d.datname = pg_catalog.current_database() AND (a.grantee = 0 OR r.rolname IS NOT NULL) ORDER BY 1, 2`);
  const comment = await client.query<{ comment: string | null }>(`
    SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment
    FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const text = comment.rows[0]?.comment ?? null;
  return [
    ...settings.rows.map(({ role, config }) => settingSql(role, config)),
    ...(grants.rows.length > 0 ? [`REVOKE ALL ON DATABASE ${THIS_DATABASE} FROM PUBLIC;`] : []),
    ...grants.rows.map(
      ({ grantee, privilege, grantable }) =>
        `GRANT ${privilege} ON DATABASE ${THIS_DATABASE} TO ${grantee === null ? 'PUBLIC' : pg.escapeIdentifier(grantee)}` +
        `${grantable ? ' WITH GRANT OPTION' : ''};`,
    ),
    ...(text === null
      ? []
      : [`COMMENT ON DATABASE ${THIS_DATABASE} IS ${singleLine(pg.escapeLiteral(text))};`]),
  ];
}

/** Settings that are lists of names: one literal each, as pg_dump writes them (fe_utils, variable_is_guc_list_quote). */
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

function settingSql(role: string | null, config: string): string {
  const equals = config.indexOf('=');
  const name = config.slice(0, equals);
  const value = config.slice(equals + 1);
  const items = Array.from(
    value.matchAll(/"((?:[^"]|"")*)"|[^,\s"]+/g),
    (match) => match[1]?.replaceAll('""', '"') ?? match[0],
  );
  const literal = LISTS.has(name.toLowerCase())
    ? items.map((item) => pg.escapeLiteral(item)).join(', ')
    : pg.escapeLiteral(value);
  const whose =
    role === null
      ? `DATABASE ${THIS_DATABASE}`
      : `ROLE ${pg.escapeIdentifier(role)} IN DATABASE ${THIS_DATABASE}`;
  const identifier = name
    .split('.')
    .map((part) => pg.escapeIdentifier(part))
    .join('.');
  return `ALTER ${whose} SET ${identifier} TO ${singleLine(literal)};`;
}

/** One statement, one line: that is how the file is read back. */
function singleLine(literal: string): string {
  if (!/[\n\r]/.test(literal)) return literal;
  // escapeLiteral writes a text with backslashes as ` E'…'` already
  return `E${literal.replace(/^ E/, '').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}`;
}
