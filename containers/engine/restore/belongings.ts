import type pg from 'pg';
import { extensionMember, USER_OID, userSchema } from '../database/inventory.ts';

/** What of a database belongs to it as it is delivered, each a condition in SQL that is true of what does not. */
export interface Delivered {
  /** @param alias of pg_namespace */
  notOfSchema(alias: string): string;
  /** @param owner expression for the oid of a role */
  notOwnedBy(owner: string): string;
  /** Extensions that are left out of account. */
  readonly notExtension: string;
  readonly notPublication: string;
}

/** Of a plain database nothing is. */
const NOTHING: Delivered = {
  notOfSchema: () => 'true',
  notOwnedBy: () => 'true',
  notExtension: 'true',
  notPublication: 'true',
};

/** Something a user has put into a database. */
export interface Belonging {
  /** As a person would name it: `relation public.users`. */
  readonly what: string;
  /** Statements that take it away, with what hangs on it. */
  readonly drop: string;
}

/** True for what no extension brought. */
const own = (catalog: string) => `NOT ${extensionMember(catalog, 'o.oid')}`;

/** Objects that lie in no schema, one query for each kind. */
const ofNoSchema = (kind: string, catalog: string, name: string, condition: string, drop?: string) =>
  `SELECT pg_catalog.format('${kind.toLowerCase()} %I', ${name}) AS what,
     pg_catalog.format('${drop ?? `DROP ${kind} IF EXISTS %I CASCADE`}', ${name}) AS drop
   FROM pg_catalog.${catalog} o WHERE ${condition} AND ${own(catalog)}`;

/** A subscription goes without its slot: the server at the other end may be gone, and is nobody's to change here. */
const SUBSCRIPTIONS = [
  'ALTER SUBSCRIPTION %I DISABLE',
  'ALTER SUBSCRIPTION %I SET (slot_name = NONE)',
  'DROP SUBSCRIPTION %I',
].map((drop) =>
  ofNoSchema(
    'SUBSCRIPTION',
    'pg_subscription',
    'subname',
    'subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())',
    drop,
  ),
);

/**
 * Queries for everything a user or a restore can put into a database, in the order in which it can be taken away: what
 * watches or hangs on others first; tables before extensions and schemas, for a schema that holds both an extension and
 * tables with indexes of its operator classes cannot always be dropped in one go; partitions and children before their
 * parents, for whatever one statement takes away is locked until its end, and the lock table has one. Grants and default
 * privileges are not here: they belong to what is here, or to the surroundings (see privileges.ts).
 */
const queries = (delivered: Delivered): readonly string[] => [
  ofNoSchema('EVENT TRIGGER', 'pg_event_trigger', 'evtname', delivered.notOwnedBy('evtowner')),
  ...SUBSCRIPTIONS,
  ofNoSchema(
    'PUBLICATION',
    'pg_publication',
    'pubname',
    `${delivered.notOwnedBy('pubowner')} AND ${delivered.notPublication}`,
  ),
  `SELECT pg_catalog.format('relation %I.%I', n.nspname, o.relname) AS what,
     pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
       CASE o.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, o.relname) AS drop
   FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
   WHERE o.relkind IN ('r', 'p', 'm', 'f') AND ${userSchema('n')} AND ${delivered.notOfSchema('n')} AND ${own('pg_class')}
   ORDER BY (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(o.oid)) DESC, o.oid DESC`,
  ofNoSchema('EXTENSION', 'pg_extension', 'extname', `extname <> 'plpgsql' AND ${delivered.notExtension}`),
  // schema public is there in a new database; what lies in it is not. Others may have default privileges in it, so it stays
  `SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS what,
     pg_catalog.format('DROP %s IF EXISTS %s CASCADE', CASE i.type WHEN 'function' THEN 'ROUTINE' WHEN 'procedure' THEN 'ROUTINE'
       WHEN 'aggregate' THEN 'ROUTINE' WHEN 'composite type' THEN 'TYPE' WHEN 'statistics object' THEN 'STATISTICS' ELSE i.type END, i.identity) AS drop
   FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid,
     LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS i
   WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = 'public' AND d.deptype = 'n'
     AND d.classid <> 'pg_catalog.pg_default_acl'::pg_catalog.regclass AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype IN ('e', 'i'))
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND c.oid = d.objid AND c.relkind IN ('r', 'p', 'm', 'f'))`,
  `SELECT pg_catalog.format('schema %I', o.nspname) AS what, pg_catalog.format('DROP SCHEMA IF EXISTS %I CASCADE', o.nspname) AS drop
   FROM pg_catalog.pg_namespace o WHERE ${userSchema('o')} AND o.nspname <> 'public' AND ${delivered.notOfSchema('o')} AND ${own('pg_namespace')}`,
  ofNoSchema('FOREIGN DATA WRAPPER', 'pg_foreign_data_wrapper', 'fdwname', delivered.notOwnedBy('fdwowner')),
  ofNoSchema('SERVER', 'pg_foreign_server', 'srvname', delivered.notOwnedBy('srvowner')),
  ofNoSchema('ACCESS METHOD', 'pg_am', 'amname', `oid >= ${USER_OID}`),
  `SELECT pg_catalog.pg_describe_object('pg_catalog.pg_cast'::pg_catalog.regclass, o.oid, 0) AS what,
     pg_catalog.format('DROP CAST IF EXISTS (%s AS %s)', castsource::pg_catalog.regtype, casttarget::pg_catalog.regtype) AS drop
   FROM pg_catalog.pg_cast o WHERE o.oid >= ${USER_OID} AND ${own('pg_cast')}`,
  `SELECT pg_catalog.pg_describe_object('pg_catalog.pg_transform'::pg_catalog.regclass, o.oid, 0) AS what,
     pg_catalog.format('DROP TRANSFORM IF EXISTS FOR %s LANGUAGE %I', trftype::pg_catalog.regtype, l.lanname) AS drop
   FROM pg_catalog.pg_transform o JOIN pg_catalog.pg_language l ON l.oid = o.trflang WHERE o.oid >= ${USER_OID} AND ${own('pg_transform')}`,
  ofNoSchema('LANGUAGE', 'pg_language', 'lanname', `oid >= ${USER_OID}`),
];

/** More are never named in a message. */
const NAMED = 50;

const LARGE_OBJECTS = `SELECT pg_catalog.format('large object %s', oid) AS what FROM pg_catalog.pg_largeobject_metadata LIMIT ${NAMED}`;

/** What a database holds, by name, the first fifty; empty for a new database, whatever its extensions' own objects. */
export async function nameBelongings(client: pg.Client, delivered = NOTHING): Promise<string[]> {
  const names = new Set<string>();
  for (const query of [...queries(delivered), LARGE_OBJECTS]) {
    const { rows } = await client.query<Belonging>(query);
    for (const { what } of rows.slice(0, NAMED - names.size)) names.add(what);
  }
  return [...names];
}

/** Each takes a lock until the end of its transaction, and the server's lock table has an end. */
const LARGE_OBJECTS_PER_STATEMENT = 1000;

/** Takes everything away that `nameBelongings` names. Each drop is a transaction of its own, for the same reason. */
export async function dropBelongings(client: pg.Client, delivered = NOTHING): Promise<void> {
  for (const query of queries(delivered)) {
    const { rows } = await client.query<Belonging>(query);
    for (const drop of new Set(rows.map((row) => row.drop))) await client.query(drop);
  }
  for (;;) {
    const { rowCount } = await client.query(
      `SELECT pg_catalog.lo_unlink(l.oid) FROM (SELECT oid FROM pg_catalog.pg_largeobject_metadata LIMIT ${LARGE_OBJECTS_PER_STATEMENT}) AS l`,
    );
    if (rowCount === 0) return;
  }
}
