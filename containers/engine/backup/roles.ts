import type pg from 'pg';
import { DATABASE_PART, type Quoting, quoting, THIS_DATABASE } from '../database/roles-file.ts';

/**
 * roles.sql: the roles of the server without passwords, and the settings, grants and comment of the database itself,
 * which no archive carries. From the catalogues, not by pg_dumpall: its text cannot be taken apart safely, and it asks
 * for more rights than a role that backs up needs.
 * @param client a session of the snapshot, so that roles and structure are of one instant
 * @param encoding of the database
 */
export async function rolesSql(client: pg.Client, encoding: string): Promise<string> {
  const quote = quoting(encoding);
  const lines = [
    '-- Roles of the whole server, without passwords. Each statement is one line.',
    ...(await roleStatements(client, quote)),
    ...(await roleSettings(client, quote)),
    ...(await memberships(client, quote)),
    DATABASE_PART,
    ...(await databaseSettings(client, quote)),
    ...(await databaseGrants(client, quote)),
    ...(await databaseComment(client, quote)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Attributes by what a new role lacks: naming a default only makes a role that may not give it fail. */
async function roleStatements(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows } = await client.query<{
    name: string;
    attributes: string[];
    limit: number;
    until: string | null;
  }>(`
    SELECT rolname AS name, rolconnlimit AS limit, rolvaliduntil::pg_catalog.text AS until, pg_catalog.array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
      CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS attributes
    FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`);
  return rows.map(({ name, attributes, limit, until }) => {
    const all = [
      ...attributes,
      ...(limit === -1 ? [] : [`CONNECTION LIMIT ${limit}`]),
      ...(until === null ? [] : [`VALID UNTIL ${quote.literal(until)}`]),
    ];
    return `CREATE ROLE ${quote.identifier(name)}${all.length === 0 ? '' : ` WITH ${all.join(' ')}`};`;
  });
}

async function roleSettings(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows } = await client.query<{ role: string; config: string }>(`
    SELECT r.rolname AS role, c.config FROM pg_catalog.pg_db_role_setting s
    JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, LATERAL pg_catalog.unnest(s.setconfig) AS c(config)
    WHERE s.setdatabase = 0 AND r.rolname !~ '^pg_' ORDER BY 1, 2`);
  return rows.map(({ role, config }) => `ALTER ROLE ${quote.identifier(role)}${settingSql(config, quote)}`);
}

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly admin: boolean;
  /** `false` and `true` as the server spells them; null before version 16, which has no such options. */
  readonly inherit: string | null;
  readonly set: string | null;
  readonly grantor: string | null;
}

/**
 * Who granted it is told from version 16 on; before, it was a note without effect, which a newer server may refuse.
 * The bootstrap superuser (oid 10) is not told: it is who grants when a superuser restores, under whatever name.
 */
async function memberships(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows } = await client.query<Membership>(`
    SELECT r.rolname AS role, u.rolname AS member, m.admin_option AS admin,
      pg_catalog.to_jsonb(m) ->> 'inherit_option' AS inherit, pg_catalog.to_jsonb(m) ->> 'set_option' AS set,
      CASE WHEN pg_catalog.to_jsonb(m) ? 'set_option' AND m.grantor <> 10 THEN g.rolname END AS grantor
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
    JOIN pg_catalog.pg_roles u ON u.oid = m.member LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
    WHERE NOT (r.rolname ~ '^pg_' AND u.rolname ~ '^pg_') ORDER BY 1, 2, 6 NULLS FIRST`);
  return inGrantableOrder(rows).map(({ role, member, admin, inherit, set, grantor }) => {
    const options = [
      ...(admin ? ['ADMIN OPTION'] : []),
      ...(inherit === null ? [] : [`INHERIT ${inherit.toUpperCase()}`]),
      ...(set === null ? [] : [`SET ${set.toUpperCase()}`]),
    ];
    return (
      `GRANT ${quote.identifier(role)} TO ${quote.identifier(member)}` +
      `${options.length === 0 ? '' : ` WITH ${options.join(', ')}`}` +
      `${grantor === null ? '' : ` GRANTED BY ${quote.identifier(grantor)}`};`
    );
  });
}

/** Whoever grants a role must have got it, with the right to grant it on, before. */
function inGrantableOrder(all: readonly Membership[]): Membership[] {
  const ordered: Membership[] = [];
  let waiting = [...all];
  const may = ({ role, grantor }: Membership) =>
    grantor === null ||
    ordered.some((before) => before.role === role && before.member === grantor && before.admin);
  while (waiting.length > 0) {
    const blocked = waiting.filter((membership) => !may(membership));
    // what waits for a grant that is not there has to be tried all the same
    if (blocked.length === waiting.length) return [...ordered, ...blocked];
    ordered.push(...waiting.filter((membership) => !blocked.includes(membership)));
    waiting = blocked;
  }
  return ordered;
}

async function databaseSettings(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows } = await client.query<{ role: string | null; config: string }>(`
    SELECT r.rolname AS role, c.config FROM pg_catalog.pg_db_role_setting s
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, LATERAL pg_catalog.unnest(s.setconfig) AS c(config)
    WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
      AND (s.setrole = 0 OR r.rolname IS NOT NULL) ORDER BY 1 NULLS FIRST, 2`);
  return rows.map(({ role, config }) => {
    const whose = role === null ? '' : `ROLE ${quote.identifier(role)} IN `;
    return `ALTER ${whose}DATABASE ${THIS_DATABASE}${settingSql(config, quote)}`;
  });
}

/** What the owner may do is left to the target: it is its owner's database. */
async function databaseGrants(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows: databases } = await client.query<{ changed: boolean }>(`
    SELECT datacl IS NOT NULL AS changed FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const { rows } = await client.query<{ grantee: string | null; privilege: string; grantable: boolean }>(`
    SELECT DISTINCT r.rolname AS grantee, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM pg_catalog.pg_database d, LATERAL pg_catalog.aclexplode(d.datacl) AS a
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
    WHERE d.datname = pg_catalog.current_database() AND (a.grantee = 0 OR r.rolname IS NOT NULL) ORDER BY 1, 2`);
  // an ACL that is there and empty means that everything was revoked
  const revoked =
    databases[0]?.changed === true ? [`REVOKE ALL ON DATABASE ${THIS_DATABASE} FROM PUBLIC;`] : [];
  const granted = rows.map(({ grantee, privilege, grantable }) => {
    const to = grantee === null ? 'PUBLIC' : quote.identifier(grantee);
    return `GRANT ${privilege} ON DATABASE ${THIS_DATABASE} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''};`;
  });
  return [...revoked, ...granted];
}

async function databaseComment(client: pg.Client, quote: Quoting): Promise<string[]> {
  const { rows } = await client.query<{ comment: string | null }>(`
    SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment
    FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const text = rows[0]?.comment ?? null;
  return text === null ? [] : [`COMMENT ON DATABASE ${THIS_DATABASE} IS ${quote.literal(text)};`];
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

/** @param config `name=value` as the catalogue keeps it; a setting's name holds no `=` */
function settingSql(config: string, quote: Quoting): string {
  const equals = config.indexOf('=');
  const name = config.slice(0, equals);
  const value = config.slice(equals + 1);
  const items = Array.from(
    value.matchAll(/"((?:[^"]|"")*)"|[^,\s"]+/g),
    (match) => match[1]?.replaceAll('""', '"') ?? match[0],
  );
  // an empty list is one empty name: TO nothing would be no statement
  const texts = LISTS.has(name.toLowerCase()) && items.length > 0 ? items : [value];
  const identifier = name.split('.').map(quote.identifier).join('.');
  return ` SET ${identifier} TO ${texts.map(quote.literal).join(', ')};`;
}
