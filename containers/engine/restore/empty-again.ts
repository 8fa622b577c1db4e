import pg from 'pg';
import { connectPatiently } from '../database/connect.ts';
import { userSchema } from '../database/inventory.ts';
import type { DatabaseAddress } from '../database/url.ts';

/** The schema `public` of an empty database, so that it can be put back as it was. */
export interface PublicSchema {
  readonly owner: string;
  readonly grants: readonly string[];
  readonly comment: string | null;
}

export async function rememberPublic(client: pg.Client): Promise<PublicSchema | undefined> {
  const { rows } = await client.query<{ owner: string; comment: string | null }>(
    `SELECT pg_catalog.pg_get_userbyid(nspowner) AS owner, pg_catalog.obj_description(oid, 'pg_namespace') AS comment
     FROM pg_catalog.pg_namespace WHERE nspname = 'public'`,
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  const grants = await client.query<{ privilege: string; grantee: string | null; grantable: boolean }>(
    `SELECT a.privilege_type AS privilege, r.rolname AS grantee, a.is_grantable AS grantable
     FROM pg_catalog.pg_namespace n, LATERAL pg_catalog.aclexplode(n.nspacl) AS a
     LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee WHERE n.nspname = 'public' AND a.grantee <> n.nspowner`,
  );
  return {
    ...found,
    grants: grants.rows.map(
      ({ privilege, grantee, grantable }) =>
        `GRANT ${privilege} ON SCHEMA public TO ${grantee === null ? 'PUBLIC' : pg.escapeIdentifier(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`,
    ),
  };
}

/** True for what no extension brought. */
const own = (catalog: string) => `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')`;

/** First oid of what users make. */
const USER_OID = 16384;

/**
 * Statements that drop what a restore may have made, found by asking the catalogue; each answers rows of SQL text.
 * Tables go before the schemas: a schema that holds both an extension and tables with indexes of its operator classes
 * cannot always be dropped in one go.
 */
const DROPS: readonly string[] = [
  `SELECT pg_catalog.format('DROP EVENT TRIGGER %I', evtname) AS sql FROM pg_catalog.pg_event_trigger o WHERE ${own('pg_event_trigger')}`,
  `SELECT pg_catalog.format('DROP PUBLICATION %I', pubname) AS sql FROM pg_catalog.pg_publication`,
  `SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
     CASE o.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, o.relname) AS sql
   FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
   WHERE o.relkind IN ('r', 'p', 'm', 'f') AND ${userSchema('n')} AND ${own('pg_class')}`,
  `SELECT pg_catalog.format('DROP EXTENSION IF EXISTS %I CASCADE', extname) AS sql FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql'`,
  `SELECT pg_catalog.format('DROP SCHEMA %I CASCADE', n.nspname) AS sql FROM pg_catalog.pg_namespace n WHERE ${userSchema('n')}`,
  `SELECT pg_catalog.format('DROP FOREIGN DATA WRAPPER %I CASCADE', fdwname) AS sql FROM pg_catalog.pg_foreign_data_wrapper`,
  `SELECT pg_catalog.format('DROP ACCESS METHOD %I CASCADE', amname) AS sql FROM pg_catalog.pg_am WHERE oid >= ${USER_OID}`,
  `SELECT pg_catalog.format('DROP LANGUAGE %I CASCADE', lanname) AS sql FROM pg_catalog.pg_language
   WHERE oid >= ${USER_OID} AND lanname <> 'plpgsql'`,
  `SELECT pg_catalog.format('DROP CAST IF EXISTS (%s AS %s)', castsource::pg_catalog.regtype, casttarget::pg_catalog.regtype) AS sql
   FROM pg_catalog.pg_cast WHERE oid >= ${USER_OID}`,
  // default privileges of the whole database: back to what the server has built in
  ...[
    { verb: 'REVOKE', preposition: 'FROM', from: 'defaclacl', without: 'builtin' },
    { verb: 'GRANT', preposition: 'TO', from: 'builtin', without: 'defaclacl' },
  ].map(
    ({ verb, preposition, from, without }) => `
    SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I ${verb} %s ON %s ${preposition} %s', pg_catalog.pg_get_userbyid(defaclrole),
      a.privilege_type, kind, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END) AS sql
    FROM (SELECT defaclrole, defaclacl, pg_catalog.acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole) AS builtin,
        CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS kind
      FROM pg_catalog.pg_default_acl WHERE defaclnamespace = 0) AS d, LATERAL pg_catalog.aclexplode(${from}) AS a
    WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(${without}) AS b WHERE (b.grantee, b.privilege_type) = (a.grantee, a.privilege_type))`,
  ),
];

/**
 * Rolls a failed restore into an empty database back: everything it may have made is dropped, `public` is put back.
 * Only for a database that was empty when the restore began.
 */
export async function emptyAgain(target: DatabaseAddress, before: PublicSchema | undefined): Promise<void> {
  const client = await connectPatiently(target);
  try {
    // event triggers of the restored schema must not see, or stop, its removal; before version 17 there is no switch
    await client.query("SET event_triggers = 'off'").catch(() => undefined);
    for (const query of DROPS) {
      const { rows } = await client.query<{ sql: string }>(query);
      for (const { sql } of rows) await client.query(sql);
    }
    await client.query('SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata');
    if (before === undefined) return;
    await client.query(`CREATE SCHEMA public AUTHORIZATION ${pg.escapeIdentifier(before.owner)}`);
    for (const grant of before.grants) await client.query(grant);
    if (before.comment !== null)
      await client.query(`COMMENT ON SCHEMA public IS ${pg.escapeLiteral(before.comment)}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
