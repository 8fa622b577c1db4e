import type pg from 'pg';
import { DATABASE_PART, type Quoting, quoting, THIS_DATABASE } from '../database/roles-file.ts';
import {
  hexOf,
  isServersOwn,
  queryShared,
  type RoleNames,
  readerOf,
  readRoleNames,
} from '../database/shared-text.ts';

/** What a server says about its roles, as SQL, and what of it could not be read, one sentence each. */
export interface RolesText {
  readonly text: string;
  readonly leftOut: readonly string[];
  /** False where a pg_dump that is to write UTF-8 would end at the name of a role. */
  readonly convertible: boolean;
}

/** What every part is written with. */
interface Writing {
  readonly client: pg.Client;
  readonly quote: Quoting;
  readonly names: RoleNames;
  readonly leftOut: string[];
}

/**
 * roles.sql: the roles of the server without passwords, and the settings, grants and comment of the database itself,
 * which no archive carries. From the catalogues, not by pg_dumpall: its text cannot be taken apart safely, and it asks
 * for more rights than a role that backs up needs. What concerns a role whose name cannot be read is left out with it.
 * @param client a session of the snapshot, so that roles and structure are of one instant
 * @param encoding of the database
 */
export async function rolesSql(client: pg.Client, encoding: string): Promise<RolesText> {
  const names = await readRoleNames(client, 'with-own');
  const leftOut = names.unreadable.map(
    (hex) => `the role whose name has the bytes ${hex}, which are neither ${encoding} nor UTF-8`,
  );
  const writing = { client, quote: quoting(encoding), names, leftOut };
  const ofRoles = [
    ...(await roleStatements(writing)),
    ...(await roleSettings(writing)),
    ...(await memberships(writing)),
  ];
  const ofDatabase = [
    ...(await databaseSettings(writing)),
    ...(await databaseGrants(writing)),
    ...(await databaseComment(writing)),
  ];
  const lines = [
    '-- Roles of the whole server, without passwords. Each statement is one line.',
    ...leftOut.map((what) => `-- Left out: ${what}`),
    ...ofRoles,
    DATABASE_PART,
    ...ofDatabase,
  ];
  return { text: `${lines.join('\n')}\n`, leftOut, convertible: names.convertible };
}

/** Attributes by what a new role lacks: naming a default only makes a role that may not give it fail. */
async function roleStatements({ client, quote, names }: Writing): Promise<string[]> {
  const { rows } = await client.query<{
    oid: string;
    attributes: string[];
    limit: number;
    until: string | null;
  }>(`
    SELECT oid::pg_catalog.text AS oid, rolconnlimit AS limit, rolvaliduntil::pg_catalog.text AS until, pg_catalog.array_remove(ARRAY[
      CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END,
      CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
      CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
      CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL) AS attributes
    FROM pg_catalog.pg_roles`);
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  return Array.from(names.byOid).flatMap(([oid, name]) => {
    const role = byOid.get(oid);
    if (role === undefined || isServersOwn(name)) return [];
    const { attributes, limit, until } = role;
    const all = [
      ...attributes,
      ...(limit === -1 ? [] : [`CONNECTION LIMIT ${limit}`]),
      ...(until === null ? [] : [`VALID UNTIL ${quote.literal(until)}`]),
    ];
    return `CREATE ROLE ${quote.identifier(name)}${all.length === 0 ? '' : ` WITH ${all.join(' ')}`};`;
  });
}

/** Settings of each role in every database, and those of all roles, which the catalogue gives to role 0. */
async function roleSettings(writing: Writing): Promise<string[]> {
  const settings = await readSettings(writing, '0');
  return settings
    .filter(({ role }) => role === null || !isServersOwn(role))
    .map(({ role, sql }) => `ALTER ROLE ${role === null ? 'ALL' : writing.quote.identifier(role)}${sql}`);
}

/** @param database SQL for the oid of a database, 0 for settings that hold in every one */
async function readSettings(
  { client, quote, names, leftOut }: Writing,
  database: string,
): Promise<{ role: string | null; sql: string }[]> {
  const rows = await queryShared<{ oid: string; hex: string }>(
    client,
    `SELECT s.setrole::pg_catalog.text AS oid, ${hexOf('c.config')} AS hex FROM pg_catalog.pg_db_role_setting s,
      LATERAL pg_catalog.unnest(s.setconfig) AS c(config) WHERE s.setdatabase = ${database}`,
  );
  const texts = await readerOf(
    client,
    rows.map(({ hex }) => hex),
  );
  const settings = rows.flatMap(({ oid, hex }) => {
    const role = oid === '0' ? null : names.byOid.get(oid);
    if (role === undefined) return [];
    const config = texts.read(hex);
    if (config !== undefined) return { role, config, sql: settingSql(config, quote) };
    leftOut.push(
      `a setting of ${role === null ? 'all roles' : `role ${quote.identifier(role)}`}, in another encoding`,
    );
    return [];
  });
  return settings.sort((a, b) => order([a.role, a.config], [b.role, b.config]));
}

/** Nothing comes before anything. */
function order(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  for (const [i, mine] of a.entries()) {
    const other = b[i] ?? null;
    if (mine === other) continue;
    if (mine === null || other === null) return mine === null ? -1 : 1;
    return mine < other ? -1 : 1;
  }
  return 0;
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
async function memberships({ client, quote, names }: Writing): Promise<string[]> {
  const { rows } = await client.query<Membership>(`
    SELECT m.roleid::pg_catalog.text AS role, m.member::pg_catalog.text AS member, m.admin_option AS admin,
      pg_catalog.to_jsonb(m) ->> 'inherit_option' AS inherit, pg_catalog.to_jsonb(m) ->> 'set_option' AS set,
      CASE WHEN pg_catalog.to_jsonb(m) ? 'set_option' AND m.grantor <> 10 THEN m.grantor::pg_catalog.text END AS grantor
    FROM pg_catalog.pg_auth_members m`);
  const named = rows.flatMap((row) => {
    const [role, member] = [names.byOid.get(row.role), names.byOid.get(row.member)];
    if (role === undefined || member === undefined || (isServersOwn(role) && isServersOwn(member))) return [];
    return { ...row, role, member, grantor: names.byOid.get(row.grantor ?? '') ?? null };
  });
  named.sort((a, b) => order([a.role, a.member, a.grantor], [b.role, b.member, b.grantor]));
  return inGrantableOrder(named).map(({ role, member, admin, inherit, set, grantor }) => {
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

const THIS_OID = '(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())';

async function databaseSettings(writing: Writing): Promise<string[]> {
  const settings = await readSettings(writing, THIS_OID);
  return settings.map(({ role, sql }) => {
    const whose = role === null ? '' : `ROLE ${writing.quote.identifier(role)} IN `;
    return `ALTER ${whose}DATABASE ${THIS_DATABASE}${sql}`;
  });
}

/** What the owner may do is left to the target: it is its owner's database. */
async function databaseGrants({ client, quote, names }: Writing): Promise<string[]> {
  const { rows: databases } = await client.query<{ changed: boolean }>(`
    SELECT datacl IS NOT NULL AS changed FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`);
  const { rows } = await client.query<{ oid: string; privilege: string; grantable: boolean }>(`
    SELECT DISTINCT a.grantee::pg_catalog.text AS oid, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM pg_catalog.pg_database d, LATERAL pg_catalog.aclexplode(d.datacl) AS a
    WHERE d.datname = pg_catalog.current_database()`);
  // an ACL that is there and empty means that everything was revoked
  const revoked =
    databases[0]?.changed === true ? [`REVOKE ALL ON DATABASE ${THIS_DATABASE} FROM PUBLIC;`] : [];
  const granted = rows.flatMap(({ oid, privilege, grantable }) => {
    const grantee = oid === '0' ? null : names.byOid.get(oid);
    return grantee === undefined ? [] : { grantee, privilege, grantable };
  });
  granted.sort((a, b) => order([a.grantee, a.privilege], [b.grantee, b.privilege]));
  const grants = granted.map(({ grantee, privilege, grantable }) => {
    const to = grantee === null ? 'PUBLIC' : quote.identifier(grantee);
    return `GRANT ${privilege} ON DATABASE ${THIS_DATABASE} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''};`;
  });
  return [...revoked, ...grants];
}

async function databaseComment({ client, quote, leftOut }: Writing): Promise<string[]> {
  const rows = await queryShared<{ hex: string | null }>(
    client,
    `SELECT ${hexOf(`pg_catalog.shobj_description(${THIS_OID}, 'pg_database')`)} AS hex`,
  );
  const hex = rows[0]?.hex ?? null;
  if (hex === null) return [];
  const text = (await readerOf(client, [hex])).read(hex);
  if (text !== undefined) return [`COMMENT ON DATABASE ${THIS_DATABASE} IS ${quote.literal(text)};`];
  leftOut.push('the comment of the database, in another encoding');
  return [];
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
